// An intent's life for readers: where it stands, what it got, what happened when, and what keeps it from filling.

import { ownerLink } from "./batch_intents.js";
import { bar, card, facts, h, nothing, pill, table, tile, tiles } from "./dom.js";
import { amount, bps, day, number, percent, plural, whole } from "./format.js";

/** How good a state is for the owner. */
export const TONES = { settled: "good", part_filled: "good", won: "good", denied: "bad", expired: "warn", cancelled: "warn" };
const DONE = new Set(["settled", "denied", "expired", "cancelled"]);
const STEP_TONES = { settled: 2, part_filled: 2, won: 2, denied: 4, expired: 1, cancelled: 1 };
const WORDS = {
  received: "Received", checked: "Checked: it rests until a batch", batched: "In every batch until it trades", won: "In a winning solution",
  part_filled: "Filled in part", settled: "Filled", expired: "Expired", cancelled: "Cancelled", denied: "Denied",
};
/** What each of the law's reasons means, for whom it has kept waiting. */
export const MEANS = {
  lost: "A solver would have filled it; a better solution won the batch.",
  not_yet_valid: "It asked to wait until a later auction.",
  expired: "The last auction that it allows is over.",
  nothing_left: "All that it offered has been traded, or is held by something else.",
  no_balance: "Its owner has none of what it gives.",
  reserved: "It was kept for one solver, who did not bid for it.",
  no_price: "Nobody has told a price of what it wants, so no bid for it can be scored.",
  capacity: "The batch's price suited it; all that could be had at that price went to others.",
  too_large: "A part of it could have traded; it asks to be filled whole.",
  cost: "What it would gain over its limit is less than what settling it costs.",
  no_bid: "A path over the venues would have met its limit, and no solver took it.",
  out_of_the_money: "Its limit asks for more than the batch or any path over the venues gave.",
  no_market: "No venue, and no path over several, takes what it gives for what it wants in its size.",
};

export function life({ assets, intent, why, status }) {
  const share = part(intent.gave, intent.give_max), over = against(intent);
  const give = (units) => `${amount(units, assets.decimals(intent.give))} ${assets.name(intent.give)}`;
  const want = (units) => `${amount(units, assets.decimals(intent.want))} ${assets.name(intent.want)}`;
  return [
    tiles(
      tile("intent-state", "State", pill(intent.state.replace("_", " "), TONES[intent.state] ?? ""), DONE.has(intent.state) ? "final" : until(intent, status)),
      tile("intent-filled", "Filled", percent(share), [bar(share), `${give(intent.gave)} of ${give(intent.give_max)}`]),
      tile("intent-got", "Got", want(intent.got), `at least ${want(intent.want_min)} wanted for all of it`),
      tile("intent-over", "Better than its limit", over === null ? "–" : bps(over), "over all trades so far")),
    explanation(intent, why),
    card("intent-trades", "Trades", trades(intent, give, want)),
    h("div", { class: "two" },
      card("intent-life", "Life", steps(intent.steps)),
      card("intent-terms", "What was signed", facts([
        ["Intent", h("code", { testid: "intent-number" }, intent.intent)],
        ["Owner", ownerLink(intent.owner)],
        ["Gives at most", give(intent.give_max)],
        ["Wants at least", want(intent.want_min)],
        ["Limit", limitWords(intent, assets)],
        ["Valid", `in auctions ${whole(intent.valid_from)} to ${whole(intent.valid_to)}`],
      ]))),
  ];
}

function until(intent, status) {
  if (!status) return `until auction ${whole(intent.valid_to)}`;
  const left = intent.valid_to - status.auction;
  return left < 0 ? "its last auction is over" : `${plural(left + 1, "more auction")} to go`;
}

const part = (units, all) => (BigInt(all) > 0n ? Number((BigInt(units) * 1_000_000n) / BigInt(all)) / 1_000_000 : 0);

/** got · give_max over want_min · gave, above one, in basis points. */
function against(intent) {
  const paid = BigInt(intent.want_min) * BigInt(intent.gave);
  return paid > 0n ? Number((BigInt(intent.got) * BigInt(intent.give_max) * 1_000_000n) / paid - 1_000_000n) / 100 : null;
}

const limit = (intent, assets) => (Number(intent.want_min) / Number(intent.give_max)) * 10 ** (assets.decimals(intent.give) - assets.decimals(intent.want));

function limitWords(intent, assets) {
  const [give, want, rate] = [assets.name(intent.give), assets.name(intent.want), limit(intent, assets)];
  return `${number(rate, 7)} ${want} for one ${give}, or ${number(1 / rate, 7)} ${give} for one ${want}`;
}

function explanation(intent, why) {
  if (intent.state === "settled") return null;
  const distance = why.distance_bps;
  return card("intent-why", title(intent),
    h("p", { testid: "intent-why-words" }, h("b", {}, sentence(why.why)), " ", why.code && h("code", { class: "soft" }, why.code)),
    MEANS[why.code] && h("p", { testid: "intent-why-means" }, MEANS[why.code]),
    why.auction !== null && h("p", { class: "soft" }, "Said of ", h("a", { href: `#/batches/${why.auction}`, testid: "intent-why-batch" }, `batch ${whole(why.auction)}`), ", the last it was in without a fill."),
    distance !== null && h("p", { testid: "intent-distance" }, distance > 0
      ? `Its limit would have to give way by ${bps(distance, false)} to trade at the best price found.`
      : "Its limit was within the best price found: something other than the price stood in the way."),
    why.now.code && why.now.code !== why.code && h("p", { testid: "intent-why-now" }, h("b", {}, "Now: "), sentence(why.now.why), " ", h("code", { class: "soft" }, why.now.code)));
}

function title({ gave, state }) {
  const verb = DONE.has(state) ? "was" : "is";
  return gave === "0" ? `Why it ${verb} not filled` : `Why the rest ${verb} not filled`;
}

const sentence = (text) => (text ? text.charAt(0).toUpperCase() + text.slice(1).replace(/\.?$/, ".") : "No reason is known.");

function trades(intent, give, want) {
  if (!intent.trades.length) return nothing("intent-no-trades", "It has not traded.");
  return table("intent-trade", "One line per batch it traded in", [
    ["Batch", (row) => h("a", { href: `#/batches/${row.auction}` }, `Batch ${whole(row.auction)}`)],
    ["Gave", (row) => give(row.trade.gave), "num"],
    ["Got", (row) => want(row.trade.got), "num"],
    ["Over limit", (row) => bps(row.trade.over_limit_bps), "num"],
    ["Over alone", (row) => bps(row.trade.over_route_bps), "num"],
    ["Solver", (row) => row.trade.solver, "name"],
    ["Receipt", (row) => h("a", { href: `/v1/auctions/${row.auction}/receipt`, download: `walras-auction-${row.auction}.json` }, "file")],
  ], intent.trades, { key: (row) => row.auction });
}

function steps(found) {
  if (!found.length) return nothing("intent-no-steps", "No block has it yet.");
  return h("ol", { class: "life", testid: "intent-steps" }, found.map((step) =>
    h("li", { class: `tone${STEP_TONES[step.state] ?? 0}`, testid: `step-${step.state}` },
      h("b", {}, WORDS[step.state] ?? step.state), step.note && ` · ${step.note}`,
      h("span", { class: "under" }, `auction ${whole(step.auction)}, block ${whole(step.height)}, ${day(step.at_ms)}`))));
}
