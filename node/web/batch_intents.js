// Tables of a batch's trades and of the intents that it left out.

import { h, nothing } from "./dom.js";
import { amount, bps, plural, short } from "./format.js";
import { longTable } from "./long_table.js";

export const intentLink = (id) => h("a", { href: `#/intents/${encodeURIComponent(id)}`, title: id, class: "mono", testid: `intent-link-${id}` }, short(id));
export const ownerLink = (owner) => h("a", { href: `#/intents/${encodeURIComponent(owner)}`, title: owner, class: "mono" }, short(owner));
const better = (value) => h("span", { class: value < 0 ? "worse" : value > 0 ? "better" : null }, bps(value));

export function tradeTable(trades, assets) {
  if (!trades.length) return nothing("batch-trades-none", "No intent was filled.");
  return longTable("batch-trades", `${plural(trades.length, "trade")}; "alone" is the best single path of the snapshot`, [
    ["Intent", (row) => intentLink(row.intent)],
    ["Owner", (row) => ownerLink(row.owner)],
    ["Gave", (row) => `${amount(row.gave, assets.decimals(row.give))} ${assets.name(row.give)}`, "num"],
    ["Got", (row) => `${amount(row.got, assets.decimals(row.want))} ${assets.name(row.want)}`, "num"],
    ["Over limit", (row) => better(row.over_limit_bps), "num"],
    ["Over alone", (row) => better(row.over_route_bps), "num"],
    ["Solver", (row) => row.solver, "name"],
  ], trades, (row) => `${row.intent} ${row.owner} ${row.solver} ${assets.name(row.give)} ${assets.name(row.want)}`, { key: (row) => row.intent });
}

export function missedTable(missed) {
  if (!missed.length) return nothing("batch-missed-none", "Every intent of the batch was filled.");
  return longTable("batch-missed", `${plural(missed.length, "intent")} did not trade: the first rule that stood in the way, and how far the limit is from a fill`, [
    ["Intent", (row) => intentLink(row.intent)],
    ["Owner", (row) => ownerLink(row.owner)],
    ["Why", (row) => [row.why, h("span", { class: "under mono" }, row.code)], "wide"],
    ["Distance", (row) => (row.distance_bps === null ? "–" : bps(row.distance_bps, false)), "num"],
  ], missed, (row) => `${row.intent} ${row.owner} ${row.code} ${row.why}`, { key: (row) => row.intent });
}
