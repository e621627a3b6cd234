// Who competed: each solver by what it won with, or by its best solution, with its score against the best or the bound, and why it lost.

import { bar, card, h, nothing, pill, table } from "./dom.js";
import { absent, amount, plural } from "./format.js";

const MOST_SOLVERS = 40, MOST_EACH = 60;

export function contest(detail, bonded, unit, decimals) {
  const title = "Who won, and why others lost";
  const others = absent(bonded, detail.solutions);
  const without = others.length > 0 && h("p", { class: "hint", testid: "batch-absent" }, `Bonded now, but without a bid in this batch: ${others.join(", ")}.`);
  if (!detail.solutions.length) return card("batch-contest", title, nothing("batch-contest-none", "No solver sent a solution."), without);
  const solvers = bySolver(detail.solutions);
  const scores = [detail.bound ?? "0", detail.row.score, ...detail.solutions.map((item) => item.score ?? "0")].map(BigInt);
  const top = scores.reduce((most, score) => (score > most ? score : most));
  return card("batch-contest", title,
    h("p", { class: "hint" }, "Each solver by what it won with, or by its best solution. ", detail.bound === null ? "Bars: score against the best." : `Bars: score against the proven bound of ${amount(detail.bound, decimals)} ${unit}.`),
    h("ol", { class: "contest", testid: "batch-solutions" }, solvers.slice(0, MOST_SOLVERS).map((items) => line(items, top, unit, decimals))),
    solvers.length > MOST_SOLVERS && h("p", { class: "hint" }, `${plural(solvers.length - MOST_SOLVERS, "more solver")} in the receipt.`),
    without);
}

/** Solutions of each solver, the best first: winners before others, then by rank. */
function bySolver(solutions) {
  const better = (a, b) => Number(b.won) - Number(a.won) || (a.rank ?? 1e9) - (b.rank ?? 1e9);
  const found = new Map();
  for (const item of [...solutions].sort(better)) found.set(item.solver, [...(found.get(item.solver) ?? []), item]);
  return [...found.values()].sort((a, b) => better(a[0], b[0]));
}

function line(items, top, unit, decimals) {
  const [best, ...rest] = items, won = items.filter((item) => item.won), wins = won.length;
  const score = best.score === null ? null : (wins ? won : [best]).reduce((sum, item) => sum + BigInt(item.score), 0n);
  const share = score === null || top <= 0n ? 0 : Number((score * 10_000n) / top) / 10_000;
  return h("li", { testid: `solver-${best.solver}` },
    h("span", { class: "rank" }, best.rank ?? "–", h("span", { class: "unseen" }, best.rank === null ? "no rank" : ". rank")),
    h("span", {}, h("span", { class: "who" }, best.solver), " ", verdict(best), wins > 1 && ` with ${plural(wins, "solution")}`),
    h("span", { class: "num" }, score === null ? "no score" : `${amount(String(score), decimals)} ${unit}`),
    bar(share, "score", best.won ? "tone2" : "tone7"),
    h("div", { class: "why" }, h("p", { testid: `why-${best.solver}` }, why(best, won, decimals)), rest.length > 0 && others(best.solver, rest, unit, decimals)));
}

const verdict = (item) => (item.won ? pill("won", "good") : item.score === null ? pill("refused", "bad") : pill("lost"));

function others(solver, rest, unit, decimals) {
  return h("details", { testid: `others-${solver}` },
    h("summary", {}, plural(rest.length, "more solution")),
    table(`solutions-${solver}`, rest.length > MOST_EACH ? `The first ${MOST_EACH}; the receipt has all` : "By rank", [
      ["Rank", (item) => item.rank ?? "–"],
      [`Score, ${unit}`, (item) => (item.score === null ? "–" : amount(item.score, decimals, 5)), "num"],
      ["Fills", (item) => item.filled, "num"],
      ["Verdict", (item) => [verdict(item), !item.won && h("span", { class: "under" }, reason(item, decimals))]],
    ], rest.slice(0, MOST_EACH), { key: (item) => item.solution, tight: true }));
}

function why(item, won, decimals) {
  if (item.won) return `Filled ${plural(won.reduce((all, each) => all + each.filled, 0), "intent")}.`;
  const text = reason(item, decimals);
  return [text.charAt(0).toUpperCase() + text.slice(1).replace(/\.?$/, "."), item.filled > 0 && ` It filled ${plural(item.filled, "intent")}.`, item.code && [" ", h("code", { class: "soft" }, item.code)]];
}

/** Scores in the words are in base units of the numeraire: they are shown as all others are. */
function reason(item, decimals) {
  const text = item.lost || "no reason is given";
  return item.code.startsWith("outcome.") ? text.replace(/(?<=\bscore |\bto its )\d+/g, (units) => amount(units, decimals)) : text;
}
