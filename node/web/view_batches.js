// The timeline of settled auctions, growing as they settle.

import { get, knownAssets } from "./api.js";
import { axis, plain } from "./chart.js";
import { bar, card, damage, h, nothing, table, tile, tiles } from "./dom.js";
import { amount, bps, clock, day, float, number, percent, plural, whole } from "./format.js";
import { joined, olderButton } from "./paging.js";
import { toneOf } from "./tones.js";

const PAGE = 40;

export function batches(main, frame) {
  frame.title("Batches");
  const found = frame.region({
    testid: "batches-list",
    topics: ["auctions"],
    load: async (signal, old) => {
      const [assets, page] = await Promise.all([knownAssets(), ask(null, signal)]);
      return { assets, ...joined(page, old, "number") };
    },
    draw: (data, tools) => draw(data, tools),
  });
  main.append(
    h("h1", {}, "Batches"),
    h("p", { class: "lead" }, "Every settled auction, newest first: how many of its intents were filled, what the settlement is worth beyond their limits, and who won."),
    found.node);
}

async function ask(before, signal) {
  const { auctions: rows, damaged, next } = await get("auctions", { limit: PAGE, before }, signal);
  return { rows, damaged, next };
}

function draw({ assets, rows, damaged }, tools) {
  const lost = damage("batches-damaged", damaged.length > 1 ? "batches" : "batch", damaged);
  const older = olderButton("batches-older", "Load older batches", tools, ask);
  if (!rows.length) return [lost ?? nothing("batches-none", "No auction is settled yet. The first appears here by itself, as soon as intents came in and were settled."), older];
  const unit = assets.name(assets.numeraire), decimals = assets.decimals(assets.numeraire);
  const offered = sum(rows, "intents"), filled = sum(rows, "filled");
  return [
    tiles(
      tile("batches-latest", "Latest", `batch ${whole(rows[0].number)}`, clock(rows[0].at_ms)),
      tile("batches-filled", "Filled", offered ? percent(filled / offered) : "–", `${whole(filled)} of ${plural(offered, "intent")}`),
      tile("batches-score", "Score", amount(String(rows.reduce((all, row) => all + BigInt(row.score), 0n)), decimals), `${unit} in ${plural(rows.length, "batch", "batches")}`),
      tile("batches-improvement", "Better than limit", bps(mean(rows)), "mean over filled intents")),
    card("batches-timeline", "Timeline", offered ? chart(rows, unit, decimals, tools) : nothing("batches-empty", "Nobody had an intent in any of these batches.")),
    card("batches-table-card", "One by one", table("batches-table", `${plural(rows.length, "batch", "batches")}, newest first`, [
      ["Batch", (row) => h("a", { href: `#/batches/${row.number}`, class: "unbroken", testid: `batch-link-${row.number}` }, `Batch ${whole(row.number)}`)],
      ["Settled", (row) => h("span", { title: day(row.at_ms) }, clock(row.at_ms))],
      ["Filled", (row) => `${whole(row.filled)} / ${whole(row.intents)}`, "num"],
      ["Share", (row) => bar(row.intents ? row.filled / row.intents : 0)],
      [`Score, ${unit}`, (row) => amount(row.score, decimals, 5), "num"],
      ["Over limit", (row) => bps(row.improvement_bps), "num"],
      ["Winner", (row) => row.winners.length ? row.winners.map((name, at) => [at > 0 && ", ", h("span", { class: "clip" }, h("span", { class: `dot ${toneOf(rows, name)}`, "aria-hidden": "true" }), name)]) : h("span", { class: "soft" }, "nobody")],
      ["Solvers", (row) => whole(row.solvers), "num"],
      ["Solutions", (row) => whole(row.solutions), "num"],
    ], rows, { key: (row) => row.number }), lost, older),
  ];
}

function chart(rows, unit, decimals, tools) {
  const label = "Score and share of filled intents per batch; the table below has the same figures.";
  return [
    h("p", { class: "hint" }, `Bars: score in ${unit}, in the winner's colour. Line: share of the intents that were filled.`),
    tools.chart("batches-chart", "middle", label, (theme, narrow) => timeline(rows, unit, decimals, theme, narrow)),
    winners(rows),
  ];
}

const sum = (rows, field) => rows.reduce((all, row) => all + row[field], 0);

/** Over intents, not over batches. */
function mean(rows) {
  const counted = rows.filter((row) => row.improvement_bps !== null);
  const weight = sum(counted, "filled");
  return weight ? counted.reduce((all, row) => all + row.improvement_bps * row.filled, 0) / weight : null;
}

function winners(rows) {
  const names = [...new Set(rows.flatMap((row) => row.winners))].slice(0, 8);
  return h("ul", { class: "legend", testid: "batches-legend" }, names.map((name) => h("li", {}, h("span", { class: `dot square ${toneOf(rows, name)}`, "aria-hidden": "true" }), name)));
}

function timeline(rows, unit, decimals, theme, narrow) {
  const shown = rows.slice(0, narrow ? 40 : 120).reverse();
  const x = shown.map((row) => row.number);
  const tone = (row) => theme.tones[row.winners.length ? Number(toneOf(rows, row.winners[0]).slice(-1)) : 7];
  const hover = shown.map((row) => `<b>Batch ${row.number}</b>, ${clock(row.at_ms)}<br>score ${number(float(row.score, decimals))} ${plain(unit)}<br>${row.filled} of ${row.intents} intents filled<br>${row.winners.map(plain).join(", ") || "no winner"}`);
  return {
    data: [
      { type: "bar", x, y: shown.map((row) => float(row.score, decimals)), marker: { color: shown.map(tone) }, hovertext: hover, hoverinfo: "text" },
      { type: "scatter", mode: "lines+markers", x, y: shown.map((row) => (row.intents ? row.filled / row.intents : null)), yaxis: "y2", line: { color: theme.soft, width: 1.5, shape: "linear" }, marker: { size: 5 }, hoverinfo: "skip", connectgaps: true },
    ],
    layout: {
      bargap: 0.25,
      margin: { l: 8, r: 8, t: 6, b: 8 },
      xaxis: axis(theme, { title: { text: "batch" }, showgrid: false, tickformat: "d", nticks: narrow ? 6 : 14, ...(shown.length < 8 && { dtick: 1, range: [x[0] - 0.6, x[0] + 8] }) }),
      yaxis: axis(theme, { title: { text: narrow ? "" : `score, ${plain(unit)}` }, domain: [0, 0.68], rangemode: "tozero", nticks: 5 }),
      yaxis2: axis(theme, { title: { text: narrow ? "" : "filled" }, domain: [0.76, 1], range: [-0.06, 1.06], tickformat: ".0%", tickvals: [0, 0.5, 1] }),
    },
    clicked: (point) => (location.hash = `#/batches/${point.x}`),
  };
}

