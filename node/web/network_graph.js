// The network as a figure for plotly: links as lines, nodes by role as markers, whoever proposes with a halo.

import { faint, plain } from "./chart.js";
import { ago, short } from "./format.js";
import { places } from "./topology.js";

//: How far from its node a name stands, as a part of the outermost ring's radius.
const AWAY = 0.17;
//: A letter's width, and the least that a graph has, in pixels: names at the sides need room.
const LETTER = 7.5, WIDTH = { wide: 540, narrow: 335 };

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
  const named = nodes.length <= 40, away = named ? awayOf(at) : 0;
  const proposing = nodes.filter((node) => turn && node.key === turn);
  return {
    data: [
      lines(links.filter((link) => !cut(link)), at, { color: theme.edge, width: nodes.length > 24 ? 0.7 : 1.4 }),
      lines(links.filter(cut), at, { color: theme.bad, width: 1.4, dash: "dot" }),
      { ...dots(proposing, at), hoverinfo: "skip", marker: { size: size * 1.8, color: faint(theme.warn, 0.3), line: { width: 2, color: theme.warn } } },
      ...Object.entries(LOOKS).map(([role, look]) => marks(nodes.filter((node) => node.role === role), at, look, theme, size)),
      ...(named ? [names(nodes, at, away, theme)] : []),
    ],
    layout: {
      xaxis: { visible: false, fixedrange: true, range: sides(nodes, at, away, narrow ? WIDTH.narrow : WIDTH.wide) },
      yaxis: { visible: false, fixedrange: true, range: span([...at.values()].map((place) => place.y), away + 0.2) },
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

const awayOf = (at) => AWAY * Math.max(1, ...[...at.values()].map((place) => Math.hypot(place.x, place.y)));

const called = (node) => clipped(node.name || short(node.peer, 4));

/** Across, so far that the longest name still fits beside the outermost node. */
function sides(nodes, at, away, width) {
  const xs = [...at.values()].map((place) => place.x), most = Math.max(0.4, ...xs.map(Math.abs));
  const part = away && (2 * LETTER * (1 + Math.max(...nodes.map((node) => called(node).length)))) / width;
  return span(xs, Math.max(0.5, (away + part * most) / (1 - part)));
}

/** Names stand away from the middle, where the links are. */
function names(nodes, at, away, theme) {
  const out = nodes.map((node) => {
    const { x, y } = at.get(node.peer), far = Math.hypot(x, y);
    return far ? { x: x * (1 + away / far), y: y * (1 + away / far) } : { x: 0, y: -away };
  });
  return {
    type: "scatter", mode: "text", x: out.map((place) => place.x), y: out.map((place) => place.y),
    text: nodes.map((node) => plain(called(node))),
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
