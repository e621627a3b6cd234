// The page: which view is shown, the node's state at the top, and one stream of events for all.

import { get } from "./api.js";
import { h, pill, swap } from "./dom.js";
import { plural, whole } from "./format.js";
import { Stream } from "./stream.js";
import { region } from "./region.js";
import { batch } from "./view_batch.js";
import { batches } from "./view_batches.js";
import { intents } from "./view_intents.js";
import { leaderboard } from "./view_leaderboard.js";
import { ledger } from "./view_ledger.js";
import { network } from "./view_network.js";

const VIEWS = { network, batches, intents, leaderboard, ledger };
const STATUS_EVERY_MS = 5000;
//: Blocks arrive in bursts; what they change is asked for once per so long.
const BUNDLE_MS = 150;

const main = document.getElementById("main");
const page = { status: null, listeners: new Set(), stream: null, lagging: false, memory: new Map(), say };
let shown = null, bundled = null;

/** Tell those who do not see the page. */
function say(text) {
  document.getElementById("said").textContent = text;
}

function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name = "", ...rest] = path.split("/").map(decoded);
  const view = name === "batches" && rest[0] ? batch : VIEWS[name] ?? network;
  return { name: VIEWS[name] ? name : "network", view, rest, query: new URLSearchParams(query) };
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

// The node's state

async function status() {
  try {
    page.status = await get("status");
  } catch {
    return;
  }
  const found = page.status;
  const good = found.ready ? pill("ready", "good") : pill("not ready", "warn");
  swap(document.getElementById("node-state"),
    h("span", { testid: "node-name" }, h("b", {}, found.name), ` · ${found.role}`),
    h("span", {}, "auction ", h("b", { testid: "node-auction" }, whole(found.auction))),
    h("span", {}, "block ", h("b", { testid: "node-height" }, whole(found.height))),
    h("span", { testid: "node-ready", title: found.trouble }, good));
  if (page.stream?.open !== false) trouble(found.ready ? "" : `This node is not ready: ${found.trouble || "it is catching up"}.`, "warn");
  tell("status", found);
}

function trouble(text, tone = "bad") {
  const banner = document.getElementById("lost");
  if (banner.textContent === text && banner.hidden === !text) return;
  banner.className = `banner ${tone}`;
  banner.textContent = text;
  banner.hidden = !text;
}

function soon() {
  bundled ??= setTimeout(() => {
    bundled = null;
    status();
  }, BUNDLE_MS);
}

page.stream = new Stream(["blocks", "auctions", "peers"], {
  open(again) {
    trouble("");
    soon();
    if (again) {
      say("Connected with the node again.");
      tell("open");
    }
  },
  closed(was) {
    trouble("No connection with the node. What is shown may be old; trying again by itself.");
    const ready = document.querySelector("[data-testid=node-ready]");
    if (ready) swap(ready, pill("no connection", "bad"));
    if (was) say("The connection with the node is lost.");
  },
  event(topic, data, at_ms) {
    if (topic === "blocks") soon();
    if (topic === "auctions") say(`Batch ${data.number} is settled: ${data.filled} of ${plural(data.intents, "intent")} filled.`);
    tell(topic, data, at_ms);
  },
  reset: () => tell("reset"),
  lagging: () => (page.lagging = true),
});

setInterval(() => !document.hidden && status(), STATUS_EVERY_MS);
addEventListener("hashchange", () => show());
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
  main.scrollIntoView();
});
await status();
show(true);
