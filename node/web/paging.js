// Lists that begin with their newest page, take in what is new, and grow at their end when asked to.

import { h } from "./dom.js";

//: Rows that a list grows to by itself, and at most.
const BY_ITSELF = 120, MOST = 1200;
const TRIES = 3;

/**
 * The newest page, `{rows, damaged, next}`, before what was loaded already, where the two overlap; the page alone where
 * rows between them may be missing. `name` is what tells rows apart. Where it is a number, which the node takes as
 * `next` (`counted`), a list that nobody asked to grow stays short.
 */
export function joined(page, old, name, counted = true) {
  const last = page.next === null ? undefined : page.rows.at(-1);
  const place = last && old ? old.rows.findIndex((row) => row[name] === last[name]) : -1;
  if (place < 0) return { ...page, asked: 0 };
  const { asked } = old, told = new Set(page.damaged.map((row) => row.key));
  const all = [...page.rows, ...old.rows.slice(place + 1)];
  const damaged = [...page.damaged, ...old.damaged.filter((row) => !told.has(row.key))];
  const rows = all.slice(0, counted ? Math.min(MOST, Math.max(BY_ITSELF, asked)) : MOST);
  if (!counted || rows.length === all.length) return { rows, damaged, next: old.next, asked };
  const next = rows.at(-1)[name];
  return { rows, damaged: damaged.filter((row) => Number(row.key) > next), next, asked };
}

/** A button that appends what `ask(next)` answers; nothing where there is no more, or where enough is shown. */
export function olderButton(testid, words, tools, ask) {
  const { rows, next } = tools.data();
  if (next === null || rows.length >= MOST) return null;
  async function press({ currentTarget: button }) {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true"); // "disabled" would take the focus away
    try {
      await append(tools, ask);
    } catch (error) {
      button.textContent = `${error.message} Try again`;
    }
    button.removeAttribute("aria-disabled");
  }
  return h("button", { type: "button", testid, on: { click: press } }, words);
}

/** The list may be loaded anew in the meantime: then its end may be another. */
async function append(tools, ask) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { next } = tools.data();
    if (next === null) return;
    const page = await ask(next), data = tools.data();
    if (data.next !== next) continue;
    data.rows.push(...page.rows);
    data.damaged.push(...page.damaged);
    [data.next, data.asked] = [page.next, data.rows.length];
    tools.redraw();
    return;
  }
}
