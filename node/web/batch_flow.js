// The trade graph: what traders gave, through assets and venues, to what traders got, each flow at the batch's prices.

import { faint, plain } from "./chart.js";
import { card, h, nothing } from "./dom.js";
import { amount, number, plural } from "./format.js";

const SCALE = 10 ** 18;

export function flow(detail, assets, tools) {
  if (!detail.trades.length) return card("batch-flow", "Trade graph", nothing("batch-flow-none", "Nothing traded in this batch."));
  const { nodes, links } = edges(detail, assets);
  const direct = detail.venues.length ? `${plural(new Set(detail.venues.map((use) => use.venue)).size, "venue")} took part.` : "No venue was needed: the intents met each other.";
  const place = tools.chart("batch-flow-chart", "tall", `Flows of ${plural(detail.trades.length, "trade")} between traders, assets and venues; the tables below have the figures.`, (theme, narrow) => figure(nodes, links, theme, narrow));
  return card("batch-flow", "Trade graph",
    h("p", { class: "hint" }, `Left: what traders gave. Right: what they got. Between: assets, and the venues that changed one into another. Widths are worth at the batch's prices. ${direct}`),
    place);
}

/** Nodes and links by value in numeraire units; flows of one kind between two nodes are added up. */
function edges(detail, assets) {
  const worth = new Map(detail.prices.map((found) => [found.asset, Number(found.price)]));
  const decimals = assets.decimals(assets.numeraire);
  const value = (asset, units) => (Number(units) * (worth.get(asset) ?? Number(assets.of(asset).price ?? 0))) / SCALE / 10 ** decimals;
  const nodes = new Map(), links = new Map();
  const node = (key, name, kind) => nodes.has(key) || nodes.set(key, { at: nodes.size, name, kind });
  const asset = (id) => (node(`a ${id}`, assets.name(id), "asset"), `a ${id}`);
  const add = (from, to, id, units, tone) => {
    const key = `${from}\n${to}\n${id}`, old = links.get(key);
    links.set(key, { from, to, asset: id, units: (old?.units ?? 0n) + BigInt(units), value: (old?.value ?? 0) + value(id, units), tone });
  };
  node("in", "given", "people");
  for (const trade of detail.trades) {
    add("in", asset(trade.give), trade.give, trade.gave, 0);
    node("out", "got", "people");
    add(asset(trade.want), "out", trade.want, trade.got, 2);
  }
  for (const use of detail.venues) {
    node(`v ${use.venue}`, use.venue, "venue");
    add(asset(use.sold), `v ${use.venue}`, use.sold, use.amount_in, 1);
    add(`v ${use.venue}`, asset(use.bought), use.bought, use.amount_out, 1);
  }
  const text = (link) => `${amount(String(link.units), assets.decimals(link.asset))} ${assets.name(link.asset)}`;
  return {
    nodes: [...nodes.values()],
    links: [...links.values()].map((link) => ({ ...link, source: nodes.get(link.from).at, target: nodes.get(link.to).at, text: text(link), unit: assets.name(assets.numeraire) })),
  };
}

function figure(nodes, links, theme, narrow) {
  const tone = { people: theme.edge, asset: theme.tones[0], venue: theme.tones[1] };
  const name = (text) => plain(text.length > (narrow ? 12 : 22) ? `${text.slice(0, narrow ? 11 : 20)}…` : text);
  const label = (node) => (narrow && node.kind === "people" ? "" : name(node.name)); // they would cover their neighbours' names
  return {
    data: [{
      type: "sankey",
      arrangement: "snap",
      textfont: { color: theme.ink, size: 12.5, shadow: "none" },
      node: { label: nodes.map(label), color: nodes.map((node) => tone[node.kind]), pad: narrow ? 14 : 20, thickness: narrow ? 10 : 14, line: { width: 0 }, hoverinfo: "none" },
      link: {
        source: links.map((link) => link.source),
        target: links.map((link) => link.target),
        value: links.map((link) => Math.max(link.value, 1e-12)),
        color: links.map((link) => faint(theme.tones[link.tone], 0.35)),
        customdata: links.map((link) => `${plain(link.text)}<br>worth ${number(link.value)} ${plain(link.unit)}`),
        hovertemplate: "%{customdata}<extra></extra>",
      },
    }],
    layout: { margin: { l: 4, r: 4, t: 12, b: 12 } },
  };
}
