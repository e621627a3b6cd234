// A part of a view that is loaded from the node: what it says while it loads, when that fails, and when it changes.

import { chart } from "./chart.js";
import { h, swap } from "./dom.js";
import { clock } from "./format.js";
import { now } from "./node_clock.js";

const BUNDLE_MS = 200;

/**
 * `load(signal, old)` fetches, or returns `old` where nothing has changed; `draw(data)` returns nodes. Old content stays
 * until new is there. The region is loaded again with `again()`, on events of `topics`, and whenever the connection with
 * the node was lost and is back; not while nobody sees the page, which is told "open" when somebody does again.
 */
export function region(frame, { testid, load, draw, topics = [], every_ms = 0, missing = null }) {
  const place = h("div", { testid, "aria-busy": "true" }, h("p", { class: "nothing" }, "Loading …"));
  const charts = new Map();
  let waiting = null, running = false, wanted = false, data = null, drawn_ms = 0;

  const tools = {
    place,
    data: () => data,
    again: () => document.hidden || (waiting ??= setTimeout(run, BUNDLE_MS)),
    /** The place of a chart, which stays the same over redraws and ends with the region. */
    chart(name, size, label, figure) {
      if (!charts.has(name)) charts.set(name, chart(name, size));
      charts.get(name).show(label, figure);
      return charts.get(name).place;
    },
    redraw() {
      if (data === null) return;
      swap(place, draw(data, tools));
    },
  };

  async function run() {
    clearTimeout(waiting);
    waiting = null;
    if (running) {
      wanted = true;
      return;
    }
    running = true;
    try {
      const found = await load(frame.signal, data);
      if (frame.signal.aborted) return;
      const same = found === data && drawn_ms > 0;
      data = found;
      if (same) place.querySelector(":scope > .stale")?.remove();
      else tools.redraw();
      drawn_ms = now();
    } catch (error) {
      if (!frame.signal.aborted) failed(error);
    } finally {
      running = false;
      place.setAttribute("aria-busy", "false");
      if (wanted && !frame.signal.aborted) tools.again();
      wanted = false;
    }
  }

  /** What was drawn stays, and says that it is old where the banner does not say so of everything. */
  function failed(error) {
    if (error.status === undefined) console.error(error);
    if (error.status === 404 && missing) {
      drawn_ms = 0;
      return swap(place, missing(error));
    }
    const button = h("button", { type: "button", on: { click: run }, testid: `${testid}-again` }, "Try again");
    if (!drawn_ms) return swap(place, h("p", { class: "nothing trouble", testid: `${testid}-trouble` }, error.message, " ", button));
    if (error.status === 0) return undefined;
    place.querySelector(":scope > .stale")?.remove();
    return place.prepend(h("p", { class: "banner warn stale", testid: `${testid}-stale` }, `As of ${clock(drawn_ms)}: ${error.message} `, button));
  }

  frame.listen((topic) => {
    if (topic === "open" || topic === "reset" || topics.includes(topic)) tools.again();
  });
  frame.ending(() => {
    clearTimeout(waiting);
    charts.forEach((made) => made.end());
  });
  if (every_ms) {
    const timer = setInterval(() => !document.hidden && tools.again(), every_ms);
    frame.ending(() => clearInterval(timer));
  }
  run();
  return Object.assign(tools, { node: place });
}
