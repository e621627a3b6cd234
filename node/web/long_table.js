// A table that begins short: its first rows, more of them on demand, and a search over all.

import { h, swap, table } from "./dom.js";
import { plural, whole } from "./format.js";
import { kept } from "./morph.js";

//: Rows at first, fewer where each is a card of its own, and with each press of the button.
const FIRST = 50, FIRST_NARROW = 20;
const STEP = 200;
const narrow = matchMedia("(max-width: 560px)");

/** As `table`; `words(row)` is the text that the search looks through. Few rows have neither search nor button. */
export function longTable(testid, caption, columns, rows, words, options = {}) {
  const first = narrow.matches ? FIRST_NARROW : FIRST;
  if (rows.length <= first) return table(testid, caption, columns, rows, options);
  let shown = first, wanted = "";
  const place = kept(h("div", {})), count = h("span", { class: "soft", role: "status", testid: `${testid}-count` });
  const draw = () => {
    const found = wanted ? rows.filter((row) => words(row).toLowerCase().includes(wanted)) : rows;
    const rest = found.length - shown;
    count.textContent = wanted ? `${plural(found.length, "row")} of ${whole(rows.length)}` : `the first ${whole(Math.min(shown, rows.length))} of ${whole(rows.length)}`;
    swap(place,
      table(testid, caption, columns, found.slice(0, shown), options),
      rest > 0 && h("p", {}, h("button", { type: "button", testid: `${testid}-more`, on: { click: () => { shown += STEP; draw(); } } }, `Show ${whole(Math.min(STEP, rest))} more of ${whole(rest)}`)));
  };
  const search = (event) => { [wanted, shown] = [event.target.value.trim().toLowerCase(), first]; draw(); };
  draw();
  return [
    kept(h("p", { class: "find" }, h("label", {}, "Find ", h("input", { type: "search", placeholder: "id, owner, solver, reason", autocomplete: "off", spellcheck: "false", testid: `${testid}-search`, on: { input: search } })), " ", count)),
    place,
  ];
}
