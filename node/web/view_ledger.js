// The ledger: what an account holds, the blocks with their roots, and proofs that this browser checks itself.

import { get, knownAssets } from "./api.js";
import { card, damage, facts, h, nothing, table } from "./dom.js";
import { amount, day, plural, short, whole } from "./format.js";
import { proofCard } from "./ledger_proof.js";
import { joined, olderButton } from "./paging.js";

const PAGE = 24;

export function ledger(main, frame) {
  const [kind, wanted = ""] = frame.rest;
  const owner = kind === "accounts" ? wanted : "";
  frame.title("Ledger");
  main.append(
    h("h1", {}, "Ledger and proofs"),
    h("p", { class: "lead" }, "Every balance is an entry under one Merkle root, which the validators signed with their block. This page recomputes the hashes itself."),
    accountCard(owner, frame),
    proofCard(frame),
    card("ledger-blocks-card", "Blocks", blocks(frame).node));
}

function accountCard(owner, frame) {
  const field = h("input", { id: "owner", testid: "ledger-owner", value: owner, autocomplete: "off", spellcheck: "false", placeholder: "0x00… or ed25519:…", "aria-describedby": "owner-help" });
  const ask = (event) => {
    event.preventDefault();
    const text = field.value.trim();
    field.setAttribute("aria-invalid", String(!text));
    if (text) location.hash = `#/ledger/accounts/${encodeURIComponent(text)}`;
  };
  const found = owner && frame.region({
    testid: "account",
    topics: ["auctions"],
    load: async (signal) => {
      const [assets, account] = await Promise.all([knownAssets(), get(`accounts/${encodeURIComponent(owner)}`, {}, signal)]);
      return { assets, account };
    },
    draw: (data) => drawAccount(data),
  });
  return card("ledger-account", "Account",
    h("form", { class: "ask", on: { submit: ask }, testid: "ledger-form" }, h("label", { for: "owner" }, "Owner", field), h("button", { type: "submit", testid: "ledger-show" }, "Show")),
    h("p", { class: "hint", id: "owner-help" }, "An owner's account: its scheme and public key, as trades show it."),
    found ? found.node : known(frame).node);
}

function drawAccount({ assets, account }) {
  const unit = assets.numeraire, decimals = assets.decimals(unit);
  const proof = (asset) => `#/ledger/accounts/${encodeURIComponent(account.owner)}?table=balances&key=${encodeURIComponent(`${account.owner}/${asset}`)}`;
  return [
    account.balances.length
      ? table("account-balances", plural(account.balances.length, "balance"), [
        ["Asset", (row) => h("span", { title: row.asset }, assets.name(row.asset))],
        ["Held", (row) => h("span", { title: `${row.amount} base units` }, amount(row.amount, assets.decimals(row.asset), 12)), "num"],
        ["Proof", (row) => h("a", { href: proof(row.asset), testid: `prove-${row.asset}` }, "Prove it", h("span", { class: "unseen" }, ` for ${assets.name(row.asset)}`))],
      ], account.balances, { key: (row) => row.asset, tight: true })
      : nothing("account-empty", "This account holds nothing."),
    facts([
      ["Open intents", h("a", { href: `#/intents/${encodeURIComponent(account.owner)}`, testid: "account-intents" }, whole(account.open))],
      ["Next transaction", whole(account.nonce)],
      ...(account.bond !== "0" ? [["Bond", `${amount(account.bond, decimals)} ${assets.name(unit)}`]] : []),
      ...(account.stake !== "0" ? [["Stake", `${amount(account.stake, decimals)} ${assets.name(unit)}`]] : []),
    ]),
  ];
}

/** Accounts to begin with: solvers with a bond, and who had intents in the latest batch. */
function known(frame) {
  return frame.region({
    testid: "ledger-known",
    topics: ["auctions"],
    load: async (signal) => {
      const [assets, network, page] = await Promise.all([knownAssets(), get("network", {}, signal), get("auctions", { limit: 12 }, signal)]);
      const row = page.auctions.find((found) => found.intents > 0);
      return { assets, network, detail: row ? await get(`auctions/${row.number}`, {}, signal) : null };
    },
    draw: ({ assets, network, detail }) => {
      const owners = detail ? [...new Set([...detail.trades, ...detail.missed].map((found) => found.owner))].slice(0, 8) : [];
      const bond = (solver) => `${amount(solver.bond, assets.decimals(assets.numeraire))} ${assets.name(assets.numeraire)}`;
      return facts([
        ...(network.solvers.length ? [["Solvers", network.solvers.slice(0, 12).map((solver, at) => [at > 0 && ", ", accountLink(solver.account, solver.name), ` (bond ${bond(solver)})`])]] : []),
        ...(owners.length ? [[`Batch ${whole(detail.row.number)}`, owners.map((owner, at) => [at > 0 && ", ", accountLink(owner, short(owner))])]] : []),
      ]);
    },
  });
}

const accountLink = (account, name) => h("a", { href: `#/ledger/accounts/${encodeURIComponent(account)}`, title: account }, name);

function blocks(frame) {
  return frame.region({
    testid: "ledger-blocks",
    topics: ["blocks"],
    load: async (signal, old) => {
      const [page, agreed] = await Promise.all([ask(null, signal), get("network", {}, signal)]);
      const names = new Map(agreed.validators.map((validator) => [validator.key, validator.name]));
      return { names, ...joined(page, old, "height") };
    },
    draw: ({ rows, damaged, names }, tools) => (rows.length || damaged.length ? [
      rows.length > 0 && table("ledger-block", `${plural(rows.length, "block")}, newest first`, [
        ["Height", (row) => whole(row.height)],
        ["Phase", (row) => (row.phase === "settle" ? h("a", { href: `#/batches/${row.auction}` }, `settle, batch ${whole(row.auction)}`) : `${row.phase}, batch ${whole(row.auction)}`), "wide"],
        ["Items", (row) => [whole(row.items), row.refused > 0 && h("span", { class: "under" }, `${whole(row.refused)} without effect`)], "num"],
        ["Decided", (row) => h("span", { title: day(row.at_ms) }, day(row.at_ms).split(" ")[1] ?? "–"), "num"],
        ["Root after it", (row) => h("span", { class: "mono", title: row.root }, short(row.root, 10, 6)), "wide"],
        ["Proposed by", (row) => [h("span", { class: names.get(row.proposer) ? null : "mono", title: row.proposer }, names.get(row.proposer) || short(row.proposer, 6)), row.round > 0 && `, round ${row.round + 1}`], "wide name"],
      ], rows, { key: (row) => row.height }),
      damage("ledger-damaged", damaged.length > 1 ? "blocks" : "block", damaged),
      olderButton("blocks-older", "Load older blocks", tools, ask),
    ] : nothing("ledger-no-blocks", "No block is decided yet.")),
  });
}

async function ask(before, signal) {
  const { blocks: rows, damaged, next } = await get("blocks", { limit: PAGE, before }, signal);
  return { rows, damaged, next };
}
