// My intent: its life step by step, its trades, and why it is not filled; or all intents of an owner.

import { get, knownAssets } from "./api.js";
import { intentLink } from "./batch_intents.js";
import { card, damage, h, nothing, pill, table } from "./dom.js";
import { amount, day, plural, short, whole } from "./format.js";
import { life, TONES } from "./intent_life.js";
import { joined, olderButton } from "./paging.js";

//: Rows at first, and at most in one answer of the node.
const PAGE = 50, MOST = 200;
//: An account's bytes: the scheme (0 Ed25519, 1 EIP-712) and the key.
const OWNER = /^(0x00[0-9a-f]{64}|0x01[0-9a-f]{40}|(ed25519|eip712):(0x)?[0-9a-f]+)$/i;

export function intents(main, frame) {
  const wanted = (frame.rest[0] ?? "").trim();
  frame.title(wanted ? `Intent ${short(wanted)}` : "My intent");
  const field = h("input", { id: "intent-id", testid: "intent-id", value: wanted, autocomplete: "off", spellcheck: "false", placeholder: "0x…", "aria-describedby": "intent-help" });
  const help = h("p", { class: "hint", id: "intent-help", testid: "intent-help" }, "An intent's id, as ", h("code", {}, "walras intent submit"), " prints it, or an owner's account (0x00… or ed25519:…).");
  const ask = (event) => {
    event.preventDefault();
    const text = field.value.trim();
    const good = /^(0x)?([0-9a-f]{2})+$/i.test(text) || OWNER.test(text);
    field.setAttribute("aria-invalid", String(!good));
    if (!good) {
      help.textContent = text ? "That is not an id: it has letters other than 0–9 and a–f, or half a byte." : "Put in an id first.";
      return field.focus();
    }
    location.hash = `#/intents/${encodeURIComponent(/^(0x|ed25519:|eip712:)/i.test(text) ? text : `0x${text}`)}`;
  };
  main.append(
    h("h1", {}, "My intent"),
    h("form", { class: "ask", on: { submit: ask }, testid: "intent-form" },
      h("label", { for: "intent-id" }, "Intent or owner", field), h("button", { type: "submit", testid: "intent-show" }, "Show")),
    help,
    wanted ? found(wanted, frame).node : recent(frame).node);
}

function found(wanted, frame) {
  const id = wanted.toLowerCase();
  if (OWNER.test(wanted)) return ofOwner(id, frame);
  const made = frame.region({
    testid: "intent",
    topics: ["blocks", `intents:${id}`],
    load: async (signal) => {
      const [assets, intent, why] = await Promise.all([knownAssets(), get(`intents/${encodeURIComponent(id)}`, {}, signal), get(`intents/${encodeURIComponent(id)}/explain`, {}, signal)]);
      return { assets, intent, why, status: frame.page.status };
    },
    draw: (data) => life(data),
    missing: () => h("p", { class: "nothing", testid: "intent-missing" }, "This node knows no such intent. It may not have arrived yet, may have been refused, or may be older than what the node keeps. If it arrives, it shows here by itself."),
  });
  if (/^0x([0-9a-f]{2}){1,64}$/.test(id)) frame.ending(frame.page.stream.follow(`intents:${id}`));
  return made;
}

function ofOwner(owner, frame) {
  const ask = async (cursor, limit, signal) => {
    const { intents: rows, damaged, next } = await get("intents", { owner, limit, cursor }, signal);
    return { rows, damaged, next };
  };
  return frame.region({
    testid: "owner",
    topics: ["auctions"],
    load: async (signal, old) => {
      const limit = Math.min(MOST, Math.max(PAGE, old?.rows.length ?? 0)); // those that were loaded may stand otherwise
      const [assets, page] = await Promise.all([knownAssets(), ask(null, limit, signal)]);
      return { assets, ...joined(page, old, "intent", false) };
    },
    draw: ({ assets, rows, damaged, next }, tools) => card("owner-intents", "Intents of this owner",
      h("p", {}, h("a", { href: `#/ledger/accounts/${encodeURIComponent(owner)}`, testid: "owner-account" }, "What the account holds")),
      rows.length ? intentTable(rows, next !== null, assets) : nothing("owner-none", "This owner has no intents here."),
      damage("owner-damaged", "of all intents, in the order they came, number", damaged),
      olderButton("owner-older", "Load older intents", tools, (cursor) => ask(cursor, PAGE))),
  });
}

function intentTable(rows, more, assets) {
  return table("owner-table", more ? `The newest ${whole(rows.length)}` : `${plural(rows.length, "intent")}, newest first`, [
    ["Intent", (row) => intentLink(row.intent)],
    ["State", (row) => pill(row.state.replace("_", " "), TONES[row.state] ?? "")],
    ["Gives up to", (row) => `${amount(row.give_max, assets.decimals(row.give))} ${assets.name(row.give)}`, "num"],
    ["Wants at least", (row) => `${amount(row.want_min, assets.decimals(row.want))} ${assets.name(row.want)}`, "num"],
    ["Gave", (row) => amount(row.gave, assets.decimals(row.give)), "num"],
    ["Got", (row) => amount(row.got, assets.decimals(row.want)), "num"],
  ], rows, { key: (row) => row.intent });
}

/** Without an id: intents of the latest batch, to look at. */
function recent(frame) {
  return frame.region({
    testid: "intents-recent",
    topics: ["auctions"],
    load: async (signal) => {
      const [assets, page] = await Promise.all([knownAssets(), get("auctions", { limit: 12 }, signal)]);
      const row = page.auctions.find((found) => found.intents > 0);
      return { assets, detail: row ? await get(`auctions/${row.number}`, {}, signal) : null };
    },
    draw: ({ detail, assets }) => (detail ? card("intents-latest", `From batch ${detail.row.number}`, latest(detail, assets)) : nothing("intents-none", "No intent was in a batch yet. Hand one in with ", h("code", {}, "walras intent submit"), ": what comes of it appears here by itself.")),
  });
}

function latest({ trades, missed, row }, assets) {
  const rows = [
    ...trades.slice(0, 12).map((found) => ({ ...found, state: "traded", tone: "good", words: `${amount(found.gave, assets.decimals(found.give))} ${assets.name(found.give)} for ${amount(found.got, assets.decimals(found.want))} ${assets.name(found.want)}` })),
    ...missed.slice(0, 12).map((found) => ({ ...found, state: "missed", tone: "warn", words: found.why })),
  ];
  return table("intents-latest-table", `Settled ${day(row.at_ms)}`, [
    ["Intent", (found) => intentLink(found.intent)],
    ["Outcome", (found) => pill(found.state, found.tone)],
    ["What happened", (found) => found.words, "wide"],
  ], rows, { key: (found) => found.intent });
}
