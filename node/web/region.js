// A part of a view that is loaded from the node: what it says while it loads, when that fails, and when it changes.

import { chart } from "./chart.js";
import { h, swap } from "./dom.js";

const BUNDLE_MS = 200;

/**
 * `load(signal)` fetches, `draw(data)` returns nodes. Old content stays until new is there. The region is loaded again
 * with `again()`, on events of `topics`, and whenever the connection with the node was lost and is back.
 */
export function region(frame, { testid, load, draw, topics = [], every_ms = 0, missing = null }) {
  const place = h("div", { testid, "aria-busy": "true" }, h("p", { class: "nothing" }, "Loading …"));
  const charts = new Map();
  let waiting = null, running = false, wanted = false, data = null;

  const tools = {
    place,
    data: () => data,
    again: () => (waiting ??= setTimeout(run, BUNDLE_MS)),
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
    waiting = null;
    if (running) {
      wanted = true;
      return;
    }
    running = true;
    try {
      data = await load(frame.signal, data);
      if (!frame.signal.aborted) tools.redraw();
    } catch (error) {
      if (!frame.signal.aborted) failed(error);
    } finally {
      running = false;
      place.setAttribute("aria-busy", "false");
      if (wanted && !frame.signal.aborted) tools.again();
      wanted = false;
    }
  }

  function failed(error) {
    if (error.status === undefined) console.error(error);
    if (error.status === 404 && missing) return swap(place, missing(error));
    if (data !== null) return undefined; // the banner says that this is old
    return swap(place, h("p", { class: "nothing trouble", testid: `${testid}-trouble` }, error.message, " ",
      h("button", { type: "button", on: { click: run }, testid: `${testid}-again` }, "Try again")));
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
