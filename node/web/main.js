// The page: which view is shown, the node's state at the top, and one stream of events for all.

import { plural, whole } from "./format.js";
import { nodeState } from "./node_state.js";
import { region } from "./region.js";
import { Stream } from "./stream.js";
import { batch } from "./view_batch.js";
import { batches } from "./view_batches.js";
import { intents } from "./view_intents.js";
import { leaderboard } from "./view_leaderboard.js";
import { ledger } from "./view_ledger.js";
import { network } from "./view_network.js";

const VIEWS = { network, batches, intents, leaderboard, ledger };
//: Settled batches are told to those who do not see them, no more often than so.
const TELL_EVERY_MS = 30_000;

const main = document.getElementById("main");
const page = { status: null, listeners: new Set(), stream: null, lagging: false, memory: new Map(), say };
let shown = null, told_ms = -TELL_EVERY_MS;

/** Tell those who do not see the page. */
function say(text) {
  document.getElementById("said").textContent = text;
}

function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name = "", ...rest] = path.split("/").map(decoded);
  const known = Object.hasOwn(VIEWS, name) ? name : "network";
  return { name: known, view: known === "batches" && rest[0] ? batch : VIEWS[known], rest, query: new URLSearchParams(query) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function show(first = false) {
  if (location.hash === "#main") return;
  shown?.end();
  const { name, view, rest, query } = route();
  for (const link of document.querySelectorAll("nav a[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const ended = new AbortController(), ends = [];
  const frame = {
    page,
    rest,
    query,
    signal: ended.signal,
    title: (text) => (document.title = `${text} · ${page.status?.name ?? "Walras"}`),
    /** Called with every event of the stream, and with "open" and "reset" when the present must be asked for. */
    listen(act) {
      page.listeners.add(act);
      ends.push(() => page.listeners.delete(act));
    },
    ending: (act) => ends.push(act),
    region: (...given) => region(frame, ...given),
  };
  shown = { end: () => [ended.abort(), ends.splice(0).forEach((act) => act())] };
  main.dataset.view = view.name;
  main.replaceChildren();
  view(main, frame);
  const title = main.querySelector("h1");
  if (!first && title) {
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function tell(topic, data, at_ms) {
  for (const act of [...page.listeners]) act(topic, data, at_ms);
}

const state = nodeState(page, tell);
page.stream = new Stream(["blocks", "auctions", "peers"], {
  open: (again) => state.opened(again),
  closed: () => state.closed(),
  event(topic, data, at_ms) {
    if (topic === "blocks") state.soon();
    if (topic === "auctions") settled(data);
    tell(topic, data, at_ms);
  },
  reset: () => tell("reset"),
  lagging: () => (page.lagging = true),
});

function settled({ number, filled, intents }) {
  if (!filled || performance.now() - told_ms < TELL_EVERY_MS) return;
  told_ms = performance.now();
  say(`Batch ${whole(number)} is settled: ${whole(filled)} of ${plural(intents, "intent")} filled.`);
}

addEventListener("hashchange", () => show());
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
  main.scrollIntoView();
});
await state.ask();
show(true);
