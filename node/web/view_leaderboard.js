// The leaderboard: who wins how often, with the interval that the number of auctions allows to claim.

import { get, knownAssets } from "./api.js";
import { axis, plain } from "./chart.js";
import { card, h, nothing, table } from "./dom.js";
import { absent, amount, number, percent, plural, whole } from "./format.js";

const SPANS = [["", "all that are kept"], ["20", "the last 20"], ["100", "the last 100"], ["1000", "the last 1,000"]];

export function leaderboard(main, frame) {
  frame.title("Leaderboard");
  const choice = h("select", { id: "span", testid: "leaderboard-span", on: { change: () => found.again() } }, SPANS.map(([value, name]) => h("option", { value }, name)));
  const found = frame.region({
    testid: "leaderboard-table-region",
    topics: ["auctions"],
    load: async (signal) => {
      const [assets, board, network] = await Promise.all([knownAssets(), get("leaderboard", { auctions: choice.value || null }, signal), get("network", {}, signal)]);
      return { assets, rows: board.standings, damaged: board.damaged, absent: absent(network.solvers, board.standings) };
    },
    draw: (data, tools) => draw(data, tools),
  });
  main.append(
    h("h1", {}, "Leaderboard"),
    h("p", { class: "lead" }, "A win is an auction of which a solver settled a part. Where two intervals overlap, the auctions so far do not tell who is better."),
    h("form", { class: "ask", on: { submit: (event) => event.preventDefault() } }, h("label", { for: "span", class: "small" }, "Auctions", choice)),
    found.node);
}

function draw({ assets, rows, damaged, absent: others }, tools) {
  const lost = damaged > 0 && h("p", { class: "trouble", testid: "leaderboard-damaged" }, `Damaged on this node's disk and in no sum: ${plural(damaged, "part")} that solvers had in auctions. Other nodes have their own copies.`);
  if (!rows.length) return lost || nothing("leaderboard-none", "No solver has taken part in a settled auction yet.");
  const unit = assets.name(assets.numeraire), decimals = assets.decimals(assets.numeraire);
  const label = "Win rate of each solver with its 95% interval; the table below has the figures.";
  const place = tools.chart("leaderboard-chart", rows.length > 5 ? "middle" : "low", label, (theme, narrow) => figure(rows, theme, narrow));
  return [
    card("leaderboard-rates", "Win rate", h("p", { class: "hint" }, "Share of its auctions that each solver won, with the 95% interval."), place),
    card("leaderboard-standings", "Standings", table("leaderboard-table", plural(rows.length, "solver"), [
      ["Solver", (row) => `${row.rank}. ${row.solver}`, "name"],
      ["Win rate", (row) => [percent(row.win_rate, 1), h("span", { class: "under" }, `${percent(row.low, 1)} to ${percent(row.high, 1)}`)], "num"],
      ["Wins", (row) => [whole(row.wins), h("span", { class: "under" }, `of ${plural(row.auctions, "auction")}`)], "num"],
      ["Mean rank", (row) => number(row.mean_rank, 3), "num"],
      [`Score, ${unit}`, (row) => amount(row.score, decimals), "num"],
      [`Rewards, ${unit}`, (row) => amount(row.rewards, decimals), "num"],
      [`Slashed, ${unit}`, (row) => h("span", { class: row.slashed !== "0" ? "worse" : null }, amount(row.slashed, decimals)), "num"],
    ], rows, { key: (row) => row.solver }),
    lost,
    others.length > 0 && h("p", { class: "hint", testid: "leaderboard-absent" }, `Bonded, but with no bid in these auctions: ${others.join(", ")}. The log of such a solver's node says why: out of time, late, or nothing to offer.`)),
  ];
}

function figure(rows, theme, narrow) {
  const names = rows.map((row) => `${row.rank}. ${plain(row.solver.length > 18 ? `${row.solver.slice(0, narrow ? 10 : 17)}…` : row.solver)}`);
  return {
    data: [{
      type: "scatter", mode: "markers", x: rows.map((row) => row.win_rate), y: names,
      error_x: { type: "data", symmetric: false, array: rows.map((row) => row.high - row.win_rate), arrayminus: rows.map((row) => row.win_rate - row.low), color: theme.tones[0], thickness: 2.5, width: 7 },
      marker: { size: 13, color: theme.tones[0], line: { width: 2, color: theme.paper } },
      hovertext: rows.map((row) => `<b>${plain(row.solver)}</b><br>${percent(row.win_rate, 1)}, ${percent(row.low, 1)} to ${percent(row.high, 1)}<br>${row.wins} of ${row.auctions}`),
      hoverinfo: "text",
    }],
    layout: {
      xaxis: axis(theme, { range: [-0.03, 1.03], tickformat: ".0%", nticks: narrow ? 5 : 11 }),
      yaxis: axis(theme, { autorange: "reversed", type: "category", ticks: "", ticklabelstandoff: 8 }),
    },
  };
}
