// The network as a figure for plotly: links as lines, nodes by role as markers, whoever proposes with a halo.

import { faint, plain } from "./chart.js";
import { ago, short } from "./format.js";
import { places } from "./topology.js";

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
  const reach = Math.max(1.2, ...[...at.values()].map((place) => Math.hypot(place.x, place.y) + 0.35));
  return {
    data: [
      lines(links.filter((link) => !cut(link)), at, { color: theme.edge, width: nodes.length > 24 ? 0.7 : 1.4 }),
      lines(links.filter(cut), at, { color: theme.bad, width: 1.4, dash: "dot" }),
      { ...dots(proposing, at), hoverinfo: "skip", marker: { size: size * 2, color: faint(theme.warn, 0.3), line: { width: 2, color: theme.warn } } },
      ...Object.entries(LOOKS).map(([role, look]) => marks(nodes.filter((node) => node.role === role), at, look, theme, size, nodes.length <= 40)),
    ],
    layout: {
      xaxis: { visible: false, fixedrange: true, range: [-reach * 1.15, reach * 1.15] },
      yaxis: { visible: false, fixedrange: true, range: [-reach, reach] },
      margin: { l: 4, r: 4, t: 4, b: 4 },
    },
  };
}

function lines(links, at, line) {
  const through = (axis) => links.flatMap(([a, b]) => [at.get(a)[axis], at.get(b)[axis], null]);
  return { type: "scatter", mode: "lines", x: through("x"), y: through("y"), line, hoverinfo: "skip" };
}

const dots = (nodes, at) => ({ type: "scatter", mode: "markers", x: nodes.map((node) => at.get(node.peer).x), y: nodes.map((node) => at.get(node.peer).y) });

function marks(nodes, at, look, theme, size, named) {
  const tone = theme.tones[look.tone];
  return {
    ...dots(nodes, at),
    mode: named ? "markers+text" : "markers",
    text: nodes.map((node) => plain(clipped(node.name || short(node.peer, 4)))),
    textposition: nodes.map((node) => (at.get(node.peer).y < -0.01 ? "bottom center" : "top center")),
    textfont: { color: theme.ink, size: 12.5 },
    hovertext: nodes.map((node) => hover(node)),
    hoverinfo: "text",
    cliponaxis: false,
    marker: {
      symbol: look.symbol,
      size,
      color: nodes.map((node) => (node.state === "silent" ? theme.paper : node.state === "behind" ? faint(tone, 0.35) : tone)),
      line: { width: nodes.map((node) => (node.self || node.state !== "well" ? 3 : 0)), color: nodes.map((node) => (node.state === "silent" ? theme.bad : node.state === "behind" ? theme.warn : theme.ink)) },
    },
  };
}

const clipped = (name) => (name.length > 18 ? `${name.slice(0, 16)}…` : name);

function hover(node) {
  const state = node.state === "well" ? "" : `<br>${node.state}`;
  const word = node.self ? "this node" : `last word ${ago(node.seen_ms)}`;
  return `<b>${plain(node.name || short(node.peer))}</b><br>${LOOKS[node.role].one}, block ${node.height}${state}<br>${word}, ${node.neighbours.length} links`;
}
