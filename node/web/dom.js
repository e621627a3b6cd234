// Elements from data. Text goes in as text and nowhere else: no name, reason or id is ever read as markup.

import { listen, settle } from "./morph.js";

/** An element: attributes by name (`testid`, `on` handlers and `vars` apart), children are nodes or text. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "testid") element.dataset.testid = value;
    else if (name === "on") listen(element, value);
    else if (name === "vars") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/** Put new content into a region. Whoever had the focus there keeps it, also on what had to be replaced. */
export function swap(region, ...children) {
  const held = region.contains(document.activeElement) ? document.activeElement : null;
  settle(region, nodes(children));
  if (!held || held === document.activeElement) return;
  const again = held.isConnected ? held : held.dataset.testid && region.querySelector(`[data-testid="${CSS.escape(held.dataset.testid)}"]`);
  if (again) again.focus({ preventScroll: true });
}

/**
 * A table whose columns are `[title, cell(row), class]`; on narrow screens each row stands as a card of its own,
 * unless the table is `tight`: of few and short columns.
 */
export function table(testid, caption, columns, rows, { key = null, mark = null, tight = false } = {}) {
  const head = columns.map(([title, , style]) => h("th", { scope: "col", role: "columnheader", class: style }, title));
  const body = rows.map((row, at) =>
    h("tr", { role: "row", class: mark?.(row) ? "mark" : null, testid: `${testid}-row-${key ? key(row) : at}` },
      columns.map(([title, cell, style], place) =>
        h("td", { role: "cell", class: [style, place ? "" : "first"].filter(Boolean).join(" ") || null, "data-label": title }, h("div", {}, cell(row))))));
  return h("div", { class: "scroll" },
    h("table", { role: "table", class: tight ? "tight" : "stack", testid },
      h("caption", {}, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
      h("tbody", { role: "rowgroup" }, body)));
}

export function tile(testid, name, figure, more = null, tone = "") {
  return h("div", { class: `tile ${tone}`.trim(), testid },
    h("div", { class: "name" }, name), h("div", { class: "figure" }, figure), more && h("div", { class: "more" }, more));
}

export const tiles = (...items) => h("div", { class: "tiles" }, items);

export const pill = (text, tone = "", testid = null) => h("span", { class: `pill ${tone}`.trim(), testid }, text);

/** Part of a whole, 0 to 1, as a bar; the figure beside it says the same in words. */
export const bar = (share, style = "fillbar", tone = "tone0") =>
  h("span", { class: `${style} ${tone}`, "aria-hidden": "true", vars: { "--share": `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%` } }, h("i"));

export function card(testid, title, ...children) {
  const id = `h-${testid}`;
  return h("section", { class: "card", testid, "aria-labelledby": id }, h("h2", { id }, title), children);
}

export const nothing = (testid, ...words) => h("p", { class: "nothing", testid }, words);

/** Rows that the node's disk has changed: which, so that nobody takes what is shown for all there is. */
export function damage(testid, what, rows) {
  if (!rows.length) return null;
  const named = rows.slice(0, 20).map((row) => row.key).join(", ");
  return h("p", { class: "trouble", testid, title: rows.slice(0, 20).map((row) => `${row.key}: ${row.why}`).join("\n") },
    `Damaged on this node's disk and left out: ${what} ${named}${rows.length > 20 ? ` and ${rows.length - 20} more` : ""}. Other nodes have their own copies.`);
}

export const facts = (pairs) => h("dl", { class: "facts" }, pairs.map(([name, ...value]) => [h("dt", {}, name), h("dd", {}, value)]));
