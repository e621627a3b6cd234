// The network as a figure for plotly: links as lines, nodes by role as markers, whoever proposes with a halo.

import { faint, plain } from "./chart.js";
import { ago, short } from "./format.js";
import { places } from "./topology.js";

//: How far from its node a name stands, as a part of the outermost ring's radius.
const AWAY = 0.17;

/** How each role looks, in the graph and in legends. */
export const LOOKS = {
  validator: { symbol: "circle", dot: "", tone: 0, one: "validator", many: "validators" },
  solver: { symbol: "diamond", dot: "diamond", tone: 1, one: "solver", many: "solvers" },
  full: { symbol: "square", dot: "square", tone: 2, one: "full node", many: "full nodes" },
  light: { symbol: "circle-open", dot: "ring", tone: 3, one: "light client", many: "light clients" },
};

export function graph({ nodes, links }, turn, theme, narrow) {
  const at = places(nodes, links);
  const by = new Map(nodes.map((node) => [node.peer, node]));
  const cut = ([a, b]) => by.get(a).state === "silent" || by.get(b).state === "silent";
  const size = nodes.length > 24 ? 14 : narrow ? 20 : 26;
  const proposing = nodes.filter((node) => turn && node.key === turn);
  return {
    data: [
      lines(links.filter((link) => !cut(link)), at, { color: theme.edge, width: nodes.length > 24 ? 0.7 : 1.4 }),
      lines(links.filter(cut), at, { color: theme.bad, width: 1.4, dash: "dot" }),
      { ...dots(proposing, at), hoverinfo: "skip", marker: { size: size * 1.8, color: faint(theme.warn, 0.3), line: { width: 2, color: theme.warn } } },
      ...Object.entries(LOOKS).map(([role, look]) => marks(nodes.filter((node) => node.role === role), at, look, theme, size)),
      ...(nodes.length <= 40 ? [names(nodes, at, theme)] : []),
    ],
    layout: {
      xaxis: { visible: false, fixedrange: true, range: span([...at.values()].map((place) => place.x), narrow ? 1.15 : 0.8) },
      yaxis: { visible: false, fixedrange: true, range: span([...at.values()].map((place) => place.y), 0.5) },
      margin: { l: 4, r: 4, t: 4, b: 4 },
    },
  };
}

function lines(links, at, line) {
  const through = (axis) => links.flatMap(([a, b]) => [at.get(a)[axis], at.get(b)[axis], null]);
  return { type: "scatter", mode: "lines", x: through("x"), y: through("y"), line, hoverinfo: "skip" };
}

const dots = (nodes, at) => ({ type: "scatter", mode: "markers", x: nodes.map((node) => at.get(node.peer).x), y: nodes.map((node) => at.get(node.peer).y) });

const span = (values, room) => [Math.min(-0.4, ...values) - room, Math.max(0.4, ...values) + room];

/** Names stand away from the middle, where the links are. */
function names(nodes, at, theme) {
  const away = AWAY * Math.max(1, ...nodes.map((node) => Math.hypot(at.get(node.peer).x, at.get(node.peer).y)));
  const out = nodes.map((node) => {
    const { x, y } = at.get(node.peer), far = Math.hypot(x, y);
    return far ? { x: x * (1 + away / far), y: y * (1 + away / far) } : { x: 0, y: -away };
  });
  return {
    type: "scatter", mode: "text", x: out.map((place) => place.x), y: out.map((place) => place.y),
    text: nodes.map((node) => plain(clipped(node.name || short(node.peer, 4)))),
    textposition: out.map(beside), textfont: { color: theme.ink, size: 12.5, shadow: `0 0 2px ${theme.paper}, 0 0 3px ${theme.paper}, 0 0 4px ${theme.paper}` }, hoverinfo: "skip", cliponaxis: false,
  };
}

const beside = ({ x, y }) => (Math.abs(y) > 1.2 * Math.abs(x) ? "middle center" : x < 0 ? "middle left" : "middle right");

function marks(nodes, at, look, theme, size) {
  const tone = theme.tones[look.tone];
  return {
    ...dots(nodes, at),
    hovertext: nodes.map((node) => hover(node)),
    hoverinfo: "text",
    cliponaxis: false,
    marker: {
      symbol: look.symbol,
      size,
      color: nodes.map((node) => (node.state === "silent" ? theme.paper : tone)),
      line: { width: nodes.map((node) => (node.state !== "well" ? 4 : node.self ? 3 : 0)), color: nodes.map((node) => (node.state === "silent" ? theme.bad : node.state === "behind" ? theme.warn : theme.ink)) },
    },
  };
}

/** When a node was last heard; of one that has a name and was not while this page looked, all that is known. */
export const lastWord = (node) => (node.name && !node.seen_ms ? "not lately" : ago(node.seen_ms));

const clipped = (name) => (name.length > 18 ? `${name.slice(0, 16)}…` : name);

function hover(node) {
  const state = node.state === "well" ? "" : `<br>${node.state}`;
  const word = node.self ? "this node" : `last word ${lastWord(node)}`;
  return `<b>${plain(node.name || short(node.peer))}</b><br>${LOOKS[node.role].one}${node.height === null ? "" : `, block ${node.height}`}${state}<br>${word}, ${node.neighbours.length} links`;
}
