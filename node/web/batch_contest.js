// Who competed: every solution with its score against the best and the bound, and why those that lost did.

import { bar, card, h, nothing, pill } from "./dom.js";
import { amount, plural } from "./format.js";

const MOST = 60;

export function contest(detail, unit, decimals) {
  const title = "Who won, and why others lost";
  if (!detail.solutions.length) return card("batch-contest", title, nothing("batch-contest-none", "No solver sent a solution."));
  const ranked = [...detail.solutions].sort((a, b) => (a.rank ?? 1e9) - (b.rank ?? 1e9) || Number(b.won) - Number(a.won));
  const top = ranked.reduce((most, item) => (item.score !== null && BigInt(item.score) > most ? BigInt(item.score) : most), BigInt(detail.bound ?? 0));
  return card("batch-contest", title,
    h("p", { class: "hint" }, detail.bound === null ? "Bars: score against the best." : `Bars: score against the proven bound of ${amount(detail.bound, decimals)} ${unit}.`),
    h("ol", { class: "contest", testid: "batch-solutions" }, ranked.slice(0, MOST).map((item) => line(item, top, unit, decimals))),
    ranked.length > MOST && h("p", { class: "hint" }, `${plural(ranked.length - MOST, "more solution")} in the receipt.`));
}

function line(item, top, unit, decimals) {
  const share = item.score === null || top <= 0n ? 0 : Number((BigInt(item.score) * 10_000n) / top) / 10_000;
  return h("li", { testid: `solution-${item.solver}-${item.solution}` },
    h("span", { class: "rank" }, item.rank ?? "–", h("span", { class: "unseen" }, item.rank === null ? "no rank" : ". rank")),
    h("span", {}, h("span", { class: "who" }, item.solver), " ", item.won ? pill("won", "good") : pill(item.score === null ? "refused" : "lost", item.score === null ? "bad" : "")),
    h("span", { class: "num" }, item.score === null ? "no score" : `${amount(item.score, decimals)} ${unit}`),
    bar(share, "score", item.won ? "tone2" : "tone7"),
    h("span", { class: "why", testid: `why-${item.solver}-${item.solution}` },
      item.won ? `Filled ${plural(item.filled, "intent")}.` : reason(item)));
}

function reason(item) {
  const why = item.lost || "no reason is given";
  return [why.charAt(0).toUpperCase() + why.slice(1).replace(/\.?$/, "."), item.filled > 0 && ` It filled ${plural(item.filled, "intent")}.`, item.code && [" ", h("code", { class: "soft" }, item.code)]];
}
