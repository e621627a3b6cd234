// The node's own state: the line at the top of the page, and the banner that says when all is not well.

import { get } from "./api.js";
import { h, pill, swap } from "./dom.js";
import { whole } from "./format.js";

const EVERY_MS = 5000;
//: Blocks arrive in bursts; what they change is asked for once per so long.
const BUNDLE_MS = 150;
const LOST = "No connection with the node. What is shown may be old; trying again by itself.";

/** `tell(topic, data)` is told "status" of each answer, and "open" when all that is shown must be asked for again. */
export function nodeState(page, tell) {
  let bundled = null, asking = false, asked = false, polling = false;

  /** One question at a time; what made for another meanwhile is asked afterwards. */
  async function ask() {
    if (asking) {
      asked = true;
      return;
    }
    asking = true;
    try {
      page.status = await get("status");
      answered(page.status);
    } catch (error) {
      unanswered(error);
    }
    asking = false;
    if (asked) soon();
    asked = false;
  }

  function soon() {
    if (document.hidden) return;
    bundled ??= setTimeout(() => {
      bundled = null;
      ask();
    }, BUNDLE_MS);
  }

  function answered(found) {
    const good = found.ready ? pill("ready", "good") : pill("not ready", "warn");
    swap(document.getElementById("node-state"),
      h("span", { testid: "node-name" }, h("b", {}, found.name), ` · ${found.role}`),
      h("span", {}, "auction ", h("b", { testid: "node-auction" }, whole(found.auction))),
      h("span", {}, "block ", h("b", { testid: "node-height" }, whole(found.height))),
      h("span", { testid: "node-ready", title: found.trouble }, good));
    if (page.stream.open || !page.stream.tries) banner(found.ready ? "" : `This node is not ready: ${found.trouble || "it is catching up"}.`, "warn");
    else poll();
    tell("status", found);
  }

  /** The node answers, but tells nothing by itself: views ask again each time, as they do when it comes back. */
  function poll() {
    polling = true;
    banner(`The node answers, but its stream of events is not open. What is shown is asked for every ${EVERY_MS / 1000} s.`, "warn");
    page.stream.retry();
    tell("open");
  }

  function unanswered(error) {
    if (error.status === undefined) console.error(error);
    polling = false;
    lost(page.stream.open ? `${error.message} What is shown may be old; trying again by itself.` : LOST);
  }

  function lost(words) {
    banner(words);
    const ready = document.querySelector("[data-testid=node-ready]");
    if (ready) swap(ready, pill("no connection", "bad"));
  }

  /** Those who do not see the banner are told once, not whenever a figure in it changes. */
  function banner(text, tone = "bad") {
    const place = document.getElementById("lost"), kind = text.replace(/\d+/g, "");
    place.className = `banner ${tone}`;
    place.textContent = text;
    place.hidden = !text;
    if (text && place.dataset.kind !== kind) page.say(text);
    place.dataset.kind = kind;
  }

  setInterval(() => !document.hidden && ask(), EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    soon();
    tell("open");
  });
  return {
    ask,
    soon,
    /** The stream of events is open, `again` where it was before. */
    opened(again) {
      polling = false;
      banner("");
      soon();
      if (again) page.say("Connected with the node again.");
      tell("open"); // what came between the first answers and the stream is in neither
    },
    closed: () => polling || lost(LOST),
  };
}
