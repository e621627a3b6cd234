// One settled auction whole: what flowed, at which prices, who competed and why the others lost, who missed and why.

import { get, knownAssets } from "./api.js";
import { contest } from "./batch_contest.js";
import { flow } from "./batch_flow.js";
import { missedTable, tradeTable } from "./batch_intents.js";
import { prices } from "./batch_prices.js";
import { card, facts, h, tile, tiles } from "./dom.js";
import { amount, bps, day, number, percent, plural, whole } from "./format.js";

export function batch(main, frame) {
  const wanted = frame.rest[0];
  frame.title(`Batch ${wanted}`);
  const found = frame.region({
    testid: "batch",
    load: async (signal, old) => {
      const [assets, detail, network] = await Promise.all([knownAssets(), get(`auctions/${encodeURIComponent(wanted)}`, {}, signal), get("network", {}, signal)]);
      const same = old && JSON.stringify([old.detail, old.network.solvers]) === JSON.stringify([detail, network.solvers]);
      return same ? old : { assets, detail, network };
    },
    draw: (data, tools) => draw(data, tools),
    missing: (error) => [h("p", { class: "nothing", testid: "batch-missing" }, `${sentence(error.message)} It may not be settled yet, or be older than what this node keeps.`), h("p", {}, h("a", { href: "#/batches" }, "All batches"))],
  });
  frame.listen((topic, data) => topic === "auctions" && String(data.number) === wanted && found.again());
  const number_ = Number(wanted);
  main.append(
    h("div", { class: "head" },
      h("h1", {}, `Batch ${wanted}`),
      h("nav", { class: "steps", "aria-label": "Neighbouring batches" },
        number_ > 0 && h("a", { href: `#/batches/${number_ - 1}`, testid: "batch-before" }, "← earlier"),
        h("a", { href: "#/batches", testid: "batch-all" }, "all batches"),
        Number.isInteger(number_) && h("a", { href: `#/batches/${number_ + 1}`, testid: "batch-after" }, "later →"))),
    found.node);
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1).replace(/\.?$/, ".");

function draw({ assets, detail, network }, tools) {
  const { row } = detail;
  const unit = assets.name(assets.numeraire), decimals = assets.decimals(assets.numeraire);
  return [
    h("p", { class: "lead", testid: "batch-summary" }, summary(row, unit, decimals)),
    tiles(
      tile("batch-filled", "Filled", `${whole(row.filled)} of ${whole(row.intents)}`, row.intents ? percent(row.filled / row.intents) : "no intents"),
      tile("batch-score", "Score", amount(row.score, decimals), gap(row, detail.bound, unit, decimals)),
      tile("batch-improvement", "Better than limit", bps(row.improvement_bps), "mean over filled intents"),
      tile("batch-competition", "Competition", plural(row.solvers, "solver"), plural(row.solutions, "solution")),
      tile("batch-time", "Settled", day(row.at_ms).split(" ")[1] ?? "–", `block ${whole(row.height)}`)),
    h("div", { class: "two" },
      flow(detail, assets, tools),
      contest(detail, network.solvers, unit, decimals)),
    prices(detail, assets, tools),
    fairness(detail.fairness, detail.trades),
    card("batch-trades-card", "Trades", tradeTable(detail.trades, assets)),
    card("batch-missed-card", "Missed", missedTable(detail.missed)),
    record(detail, network, unit, decimals),
  ];
}

function summary(row, unit, decimals) {
  if (!row.intents) return "Nobody had an intent in this batch.";
  if (!row.winners.length) return `No solution won, so none of its ${plural(row.intents, "intent")} traded.`;
  const who = row.winners.length === 1 ? row.winners[0] : `${row.winners.slice(0, -1).join(", ")} and ${row.winners.at(-1)}`;
  return `${who} won with a score of ${amount(row.score, decimals)} ${unit}: so much more than their limits the traders got in all, after costs.`;
}

function gap(row, bound, unit, decimals) {
  if (bound === null || BigInt(bound) <= 0n) return unit;
  const missing = BigInt(bound) - BigInt(row.score);
  const share = Number((missing * 1_000_000n) / BigInt(bound)) / 1_000_000;
  return missing === 0n ? `${unit}, proven to be the most possible` : `${unit}, ${percent(share, 2)} below the proven bound of ${amount(bound, decimals)}`;
}

//: The fairness report's figures: name, what it means, and whether a value is as it should be.
const FAIRNESS = {
  ebbo_violations: ["Worse than alone", "trades that the best single path of the snapshot would have served better", (value) => value === 0],
  price_clashes: ["Price clashes", "pairs that two winners settled at different prices", (value) => value === 0],
  left_out: ["Left out in the money", "intents that could have traded at their limit and did not", (value) => value === 0],
  envy: ["Justified envy", "intents that stood back behind one that asked for more", (value) => value === 0],
  rationing: ["Rationing gap", "widest gap between the filled parts of like intents", (value) => value === 0],
  jain: ["Jain's index", "of improvements over limits: 1 is all alike", null],
};

function fairness(figures) {
  const shown = Object.entries(FAIRNESS).filter(([name]) => name in figures);
  return card("batch-fairness", "Fairness",
    h("div", { class: "tiles" }, shown.map(([name, [title, meaning, good]]) => {
      const value = figures[name];
      return tile(`fairness-${name}`, title, value === null ? "–" : number(value, 3), meaning, good && value !== null && !good(value) ? "warn" : "");
    })));
}

function record(detail, network, unit, decimals) {
  const { row } = detail;
  return card("batch-record", "Record",
    facts([
      ["Receipt", h("a", { href: `/v1/auctions/${row.number}/receipt`, download: `walras-auction-${row.number}.json`, testid: "batch-receipt" }, `walras-auction-${row.number}.json`), h("span", { class: "soft" }, " checked anywhere, without a node, by "), h("code", {}, `walras auction verify walras-auction-${row.number}.json`)],
      ["Auction's hash", h("code", {}, detail.auction_hash)],
      ["Seed for ties", h("code", {}, detail.seed)],
      ["Rewards", detail.rewards.length ? detail.rewards.map((paid, at) => [at > 0 && ", ", `${paid.solver} ${amount(paid.amount, decimals)} ${unit}`]) : "none"],
      ["Penalties", detail.slashed.length ? detail.slashed.map((lost, at) => [at > 0 && ", ", h("span", { class: "worse" }, `${lost.solver} ${amount(lost.amount, decimals)} ${unit} (${lost.faults.join(", ")})`)]) : "none"],
      ["Network", h("code", {}, network.network)],
    ]));
}
