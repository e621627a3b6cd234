// Clearing prices: of each asset against its agreed price, and of each pair against the venues it was traded on.

import { axis, plain } from "./chart.js";
import { card, h, nothing, table } from "./dom.js";
import { amount, bps, number, ratio } from "./format.js";

const SCALE_DECIMALS = 18, FAR_BPS = 2000;

export function prices(detail, assets, tools) {
  if (!detail.prices.length) return null;
  const uses = detail.venues.map((use) => compare(use, detail.prices, assets)).filter((use) => use.off !== null);
  return h("div", { class: "two flip" },
    card("batch-prices", "Clearing prices", assetTable(detail.prices, assets)),
    card("batch-venues", "Against the venues", venues(uses, assets, tools)));
}

/** Whole numeraire units per whole unit of the asset, from numeraire base units per 10^18 base units. */
function priceOf(asset, price, assets) {
  return (Number(price) / 10 ** SCALE_DECIMALS) * 10 ** (assets.decimals(asset) - assets.decimals(assets.numeraire));
}

function assetTable(found, assets) {
  const unit = assets.name(assets.numeraire);
  const agreed = (asset) => assets.of(asset).price;
  return table("batch-price", `${unit} for one of each, the same for everybody in the batch`, [
    ["Asset", (row) => h("span", { title: row.asset }, assets.name(row.asset))],
    ["Clearing price", (row) => number(priceOf(row.asset, row.price, assets), 7), "num"],
    ["Against agreed", (row) => (agreed(row.asset) > 0 ? [bps((Number(row.price) / Number(agreed(row.asset)) - 1) * 10_000), h("span", { class: "under" }, `now ${number(priceOf(row.asset, agreed(row.asset), assets), 7)}`)] : "no agreed price"), "num"],
  ], found, { key: (row) => row.asset, tight: true });
}

/** `off`: by how many basis points the batch's price is better for traders than the venue's was, fee included. */
function compare(use, found, assets) {
  const price = new Map(found.map((row) => [row.asset, Number(row.price)]));
  const batch = price.get(use.sold) / price.get(use.bought), before = ratio(use.price_before);
  const scale = 10 ** (assets.decimals(use.sold) - assets.decimals(use.bought));
  const known = Number.isFinite(batch) && batch > 0 && before;
  return { ...use, pair: `${assets.name(use.sold)} → ${assets.name(use.bought)}`, batch: batch * scale, before: before === null ? null : before * scale, off: known ? (batch / before - 1) * 10_000 : null };
}

function venues(uses, assets, tools) {
  if (!uses.length) return nothing("batch-venues-none", "No venue with a price took part.");
  const label = "How far the clearing price of each pair lies from the venue's marginal price before; the table below has the figures.";
  return [
    h("p", { class: "hint" }, "How much more a unit sold brought in the batch than the venue's first unit would have, fee included. Below zero: the venue was moved by what it took."),
    uses.length <= 24 && tools.chart("batch-venue-chart", "low", label, (theme, narrow) => figure(uses, theme, narrow)),
    table("batch-venue", "What went through venues", [
      ["Venue", (use) => [use.venue, h("span", { class: "under" }, use.kind, ", by ", use.solver)], "name"],
      ["Took in", (use) => `${amount(use.amount_in, assets.decimals(use.sold))} ${assets.name(use.sold)}`, "num"],
      ["Gave out", (use) => `${amount(use.amount_out, assets.decimals(use.bought))} ${assets.name(use.bought)}`, "num"],
      ["Batch's price", (use) => [number(use.batch), h("span", { class: "under" }, `venue ${number(use.before)}`)], "num"],
      ["Difference", (use) => h("span", { class: use.off < 0 ? "worse" : "better" }, bps(use.off)), "num"],
    ], uses),
  ];
}

function figure(uses, theme, narrow) {
  const short = (text) => plain(text.length > 22 ? `${text.slice(0, 20)}…` : text);
  const names = uses.map((use, at) => `${short(use.venue)}${narrow ? "<br>" : " "}${short(use.pair)}${"\u200b".repeat(at)}`);
  const clipped = (use) => Math.max(-FAR_BPS, Math.min(FAR_BPS, use.off));
  return {
    data: [{
      type: "bar", orientation: "h", y: names, x: uses.map(clipped),
      marker: { color: uses.map((use) => (use.off < 0 ? theme.tones[4] : theme.tones[2])) },
      hovertext: uses.map((use) => `${plain(use.pair)} on ${plain(use.venue)}<br>batch ${number(use.batch)}, venue ${number(use.before)}<br><b>${bps(use.off)}</b>`),
      hoverinfo: "text",
    }],
    layout: {
      bargap: 0.45,
      xaxis: axis(theme, { title: { text: "bps better than the venue" }, zeroline: true, zerolinewidth: 2, nticks: 5 }),
      yaxis: axis(theme, { autorange: "reversed", type: "category", showgrid: false, tickfont: { size: narrow ? 10.5 : 12 } }),
    },
  };
}
