// The network as this node knows it: who is there, who talks to whom, who proposes, who fell behind.

import { get } from "./api.js";
import { card, damage, h, nothing, pill, swap, table, tile, tiles } from "./dom.js";
import { ago, clock, plural, short, whole } from "./format.js";
import { graph, lastWord, LOOKS } from "./network_graph.js";
import { now } from "./node_clock.js";
import { proposer, understand } from "./topology.js";

//: So long without a block is worth saying: five times the longest that one usually takes.
const HALT_MS = 20_000;
const EVERY_MS = 4000, KEPT_EVENTS = 12, GOSSIP_WINDOW_MS = 60_000, BLOCKS = 18;
const WORDS = { well: ["in step", "good"], behind: ["behind", "warn"], silent: ["silent", "bad"] };

export function network(main, frame) {
  frame.title("Network");
  const events = [], items = [], opened_ms = now();
  frame.page.lagging = false; // until that shows again
  frame.ending(frame.page.stream.follow("intents"));
  const seen = h("div", { testid: "network-gossip-count" });
  const list = h("ul", { class: "log", testid: "network-events" });
  const blocks = h("div", { testid: "network-blocks" });
  let parts = 1;

  const nodes = frame.region({
    testid: "network-now",
    topics: ["peers", "status"],
    every_ms: EVERY_MS,
    load: async (signal) => {
      const [peers, agreed, page] = await Promise.all([get("peers", {}, signal), get("network", {}, signal), get("blocks", { limit: BLOCKS }, signal)]);
      const found = understand(peers.peers, now(), agreed.validators, frame.page.memory);
      return { agreed, blocks: page.blocks, damaged: page.damaged, found, status: frame.page.status ?? await get("status", {}, signal) };
    },
    draw: (data, tools) => {
      tell(data);
      swap(blocks, drawBlocks(data.blocks, [...data.agreed.validators, ...frame.page.memory.values()]), damage("network-damaged", data.damaged.length > 1 ? "blocks" : "block", data.damaged));
      if (data.found.parts.length > Math.max(1, parts)) frame.page.say(splitWords(data.found));
      parts = data.found.parts.length;
      return drawNodes(data, tools);
    },
  });
  /** Names are known later than some events: all are told again. */
  const tell = (data) => swap(list, events.length === 0 && h("li", { class: "soft" }, "No peer came or went since this view was opened."), events.map((event) => h("li", {}, h("span", { class: "soft" }, clock(event.at_ms)), " ", nameOf(data, event.peer), ` ${event.kind}`, event.reason && `: ${event.reason}`)));

  frame.listen((topic, data, at_ms) => {
    if (topic === "intents") items.push({ at_ms, gossiped: data.gossiped, count: data.count });
    if (topic === "peers") {
      events.unshift({ ...data, at_ms });
      events.splice(KEPT_EVENTS);
      tell(nodes.data());
    }
  });
  const count = () => {
    const at = now();
    while (items.length && at - items[0].at_ms > GOSSIP_WINDOW_MS) items.shift();
    const sum = (found) => found.reduce((all, item) => all + item.count, 0);
    const far = sum(items.filter((item) => item.gossiped)), near = sum(items) - far;
    if (frame.page.lagging) return swap(seen, "More comes in than this page can count.");
    const since = at - opened_ms < GOSSIP_WINDOW_MS ? "since this view was opened" : "in the last minute";
    return swap(seen, items.length ? `${plural(far, "item")} from peers and ${whole(near)} from users of this node ${since}.` : `No intent or transaction came in ${since}.`);
  };
  count();
  const timer = setInterval(count, 1000);
  frame.ending(() => clearInterval(timer));

  main.append(
    h("h1", {}, "Network"),
    h("p", { class: "lead" }, "Everything here is what this node saw or was told by its neighbours."),
    nodes.node,
    h("div", { class: "two even" },
      card("network-recent", "Latest blocks", h("p", { class: "hint" }, "Each auction is three blocks, each proposed by whose turn it is; a later round means that one did not get through."), blocks),
      card("network-talk", "Gossip and peers", seen, list)));
}

function drawNodes(data, tools) {
  const { agreed, status, found, blocks } = data;
  const turn = proposer(agreed.validators, status.height + 1, status.round);
  const turning = found.nodes.find((node) => node.key === turn && node.name);
  const behind = found.nodes.filter((node) => node.state === "behind").length;
  const silent = found.nodes.filter((node) => node.state === "silent").length;
  const label = `Graph of ${plural(found.nodes.length, "node")} and ${plural(found.links.length, "link")}; the table beside it lists them.`;
  const place = tools.chart("network-graph", "tall", label, (theme, narrow) => graph(found, turn, theme, narrow));
  return [
    tiles(
      head(status, found.head, blocks[0]?.at_ms ?? 0),
      tile("network-proposer", "Proposes now", turning?.name ?? (turn ? short(turn) : "–"), status.round ? `round ${status.round + 1}: the first did not get through` : `block ${whole(status.height + 1)}`),
      tile("network-count", "Nodes", whole(found.nodes.length), roleCounts(found.nodes)),
      tile("network-trouble", "Out of step", whole(behind + silent), [behind && `${behind} behind`, silent && `${silent} silent`].filter(Boolean).join(", ") || "all keep up", behind + silent ? "warn" : ""),
      tile("network-waiting", "Waiting here", plural(status.waiting, "item"), `trading ${agreed.trading}`)),
    split(found),
    h("div", { class: "two even" },
      card("network-map", "Who talks to whom", found.nodes.length === 1 && h("p", { class: "hint", testid: "network-alone" }, "This node knows of no other."), place, legend()),
      card("network-nodes", "Nodes", nodeTable(found, turn))),
  ];
}

/** The head, and since when it has not moved if that is unusual: a network that halts says nothing else. */
function head(status, height, last_ms) {
  const halted = last_ms > 0 && now() - last_ms > HALT_MS;
  return tile("network-head", "Head", `block ${whole(height)}`, halted ? `no block since ${clock(last_ms)}, ${ago(last_ms)}` : `auction ${whole(status.auction)}, now ${status.phase}`, halted ? "warn" : "");
}

function roleCounts(nodes) {
  const count = (role) => nodes.filter((node) => node.role === role).length;
  return Object.entries(LOOKS).filter(([role]) => count(role)).map(([role, look]) => plural(count(role), look.one, look.many)).join(", ");
}

function split(found) {
  return found.parts.length < 2 ? null : h("p", { class: "banner bad", testid: "network-split" }, splitWords(found));
}

function splitWords({ nodes, parts }) {
  const names = new Map(nodes.map((node) => [node.peer, node.name || short(node.peer)]));
  return `The network looks split into ${parts.length} parts: ${parts.map((part) => part.map((peer) => names.get(peer)).join(", ")).join(" — ")}.`;
}

/** This node first, then by role and name: rows stay where they are while nodes come and go. */
function inOrder(nodes) {
  const roles = Object.keys(LOOKS), name = (node) => node.name || node.peer;
  return [...nodes].sort((a, b) => b.self - a.self || roles.indexOf(a.role) - roles.indexOf(b.role) || name(a).localeCompare(name(b), "en", { numeric: true }));
}

const legend = () => h("ul", { class: "legend", testid: "network-legend" },
  Object.values(LOOKS).map((look) => h("li", {}, h("span", { class: `dot ${look.dot} tone${look.tone}`, "aria-hidden": "true" }), look.one)),
  h("li", {}, "halo: proposes now"), h("li", {}, "bold rim: this node"), h("li", {}, "amber rim: behind"), h("li", {}, "hollow, red: silent"));

function nodeTable(found, turn) {
  return table("network-node", "This node first; heights are the last each told.", [
    ["Node", (node) => [h("span", { class: `dot ${LOOKS[node.role].dot} tone${LOOKS[node.role].tone}`, "aria-hidden": "true" }), node.name || short(node.peer), h("span", { class: "under", title: node.peer }, node.role, node.self ? ", this node" : node.direct ? ", neighbour" : node.gone ? "" : ", heard of")], "name"],
    ["Height", (node) => [node.height === null ? "–" : whole(node.height), node.behind > 0 && h("span", { class: "under" }, `−${whole(node.behind)}`)], "num"],
    ["State", (node) => [pill(...WORDS[node.state]), turn === node.key && node.key !== "0x" && h("span", { class: "under" }, "proposes now")]],
    ["Last word", (node) => (node.self ? "–" : lastWord(node)), "num"],
  ], inOrder(found.nodes), { key: (node) => node.name || node.peer, mark: (node) => node.self, tight: true });
}

function drawBlocks(rows, known) {
  if (!rows.length) return nothing("network-no-blocks", "No block is decided yet.");
  const tone = { batch: 0, seal: 1, settle: 2 };
  const auctions = [...new Set(rows.map((row) => row.auction))];
  const of = (number) => rows.filter((row) => row.auction === number).sort((a, b) => a.height - b.height);
  return h("ol", { class: "rounds", testid: "network-block-list" }, auctions.map((number) =>
    h("li", {}, h("span", {}, `Batch ${whole(number)}`), h("ol", { class: "blocks" }, of(number).map((row) =>
      h("li", { class: `tone${tone[row.phase]}${row.round > 0 ? " late" : ""}`, title: `block ${row.height}, ${row.block}, decided ${clock(row.at_ms)}` },
        row.phase, h("span", {}, proposerName(known, row.proposer), row.round > 0 && `, round ${row.round + 1}`)))))));
}

const proposerName = (known, key) => known.find((one) => one.key === key && one.name)?.name || short(key, 4);

const nameOf = (known, peer) => known?.found.nodes.find((node) => node.peer === peer)?.name || short(peer, 6);
