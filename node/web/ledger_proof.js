// A proof from the node, checked in this browser: hash by hash from the entry to the root, and the root against blocks.

import { get, knownAssets } from "./api.js";
import { certify } from "./certificate.js";
import { card, facts, h, pill, swap } from "./dom.js";
import { amount, plural, whole } from "./format.js";
import { canHash, check } from "./merkle.js";

const TABLES = ["balances", "orders", "solvers", "validators", "rules", "chain"];

export function proofCard(frame) {
  const table = h("input", { id: "proof-table", testid: "proof-table", value: frame.query.get("table") ?? "balances", list: "proof-tables", autocomplete: "off", spellcheck: "false" });
  const key = h("input", { id: "proof-key", testid: "proof-key", value: frame.query.get("key") ?? "", autocomplete: "off", spellcheck: "false", placeholder: "0x00…/USDC" });
  const place = h("div", { class: "answer", testid: "proof-result" });
  let asked = null;
  frame.ending(() => asked?.abort());
  const ask = (event) => {
    event?.preventDefault();
    key.setAttribute("aria-invalid", String(!key.value.trim()));
    if (!key.value.trim()) return key.focus();
    asked?.abort(); // whoever asks again does not wait for what was asked before
    asked = new AbortController();
    return prove(table.value.trim(), key.value.trim(), place, asked.signal, frame.page.say);
  };
  if (frame.query.get("key")) queueMicrotask(ask);
  return card("ledger-proof", "Proof",
    h("form", { class: "ask", on: { submit: ask }, testid: "proof-form" },
      h("label", { for: "proof-table", class: "small" }, "Table", table),
      h("datalist", { id: "proof-tables" }, TABLES.map((name) => h("option", { value: name }))),
      h("label", { for: "proof-key" }, "Key (of balances: account/asset)", key),
      h("button", { type: "submit", testid: "proof-ask" }, "Prove and check")),
    place);
}

async function prove(table, key, place, signal, say) {
  swap(place, h("p", { class: "nothing" }, "Asking for the proof …"));
  try {
    const proof = await get("proofs", { table, key }, signal);
    signal.throwIfAborted();
    if (!canHash()) return swap(place, h("p", { class: "trouble", testid: "proof-unchecked" }, "This browser offers SHA-256 only on pages from this machine or over HTTPS, so the proof is not checked here. Save it and check it with docs/check_proof.py."), saved(proof));
    const found = await check(proof, proof.root);
    const [signed, block, assets] = await Promise.all([proof.certified ? certify(proof.certified, proof.root) : null, blockOf(proof, signal), knownAssets()]);
    signal.throwIfAborted();
    say(found.holds ? `The proof holds: ${whatOf(proof)}.` : "The proof does not hold.");
    return swap(place, verdict(proof, found, signed, block, assets));
  } catch (error) {
    if (signal.aborted) return undefined;
    say(error.message);
    return swap(place, h("p", { class: "nothing trouble", testid: "proof-trouble" }, error.message));
  }
}

/** The block whose root this is, from the node's list of blocks. */
async function blockOf(proof, signal) {
  const { blocks } = await get("blocks", { limit: 12 }, signal);
  return blocks.find((block) => block.root === `0x${proof.root}`) ?? null;
}

const whatOf = (proof) => (proof.neighbours ? "the entry is not there" : "the entry is there");

function verdict(proof, found, signed, block, assets) {
  const absent = Boolean(proof.neighbours);
  return [
    h("p", {}, found.holds ? pill("holds", "good", "proof-verdict") : pill("does not hold", "bad", "proof-verdict"), " ",
      found.holds ? `${plural(found.steps.length, "hash", "hashes")} computed here lead to the root: ${whatOf(proof)}.` : `Do not believe this answer: ${found.why}.`),
    facts([
      ["Entry", h("code", { testid: "proof-entry" }, `${proof.entry.table} ${written(proof.entry.key)}`)],
      ["Value", absent ? "none" : [held(proof.entry, assets), h("code", { testid: "proof-value" }, written(proof.entry.value))]],
      ["Root", h("code", { testid: "proof-root" }, found.root ?? proof.root)],
      ["Block", block ? [`${whole(block.height)}, `, h("span", { class: "mono" }, block.block)] : "not among the latest blocks of this node"],
      ["Signatures", h("span", { testid: "proof-votes" }, signed ? signatures(signed) : "this node does not have the block's votes")],
    ]),
    h("details", { testid: "proof-steps" }, h("summary", {}, "Every hash on the way"), path(found)),
    saved(proof),
  ];
}

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** A balance also as people write it. */
function held(entry, assets) {
  if (entry.table !== "balances") return null;
  const asset = entry.key[1];
  return [h("b", {}, `${amount(entry.value, assets.decimals(asset), 12)} ${assets.name(asset)}`), ", in base units "];
}

function signatures({ holds, power, total, names, height, why }) {
  if (holds === null) return `not checked: ${why}`;
  if (!holds) return [pill("do not hold", "bad"), ` ${why}`];
  return [pill("hold", "good"), ` ${plural(names, "validator")} with ${whole(power)} of ${whole(total)} votes signed block ${whole(height)}, whose header has this root. The validators are those that this node names.`];
}

function path(found) {
  const names = { leaf: "leaf: SHA-256 of 00 and the entry's bytes", bucket: "inside the bucket", root: `from bucket ${found.bucket ?? "?"} of 1,024 to the root` };
  const tones = { leaf: 1, bucket: 0, root: 2 };
  return h("ol", { class: "climb", testid: "proof-path" }, found.steps.map((step) =>
    h("li", { class: `tone${tones[step.storey]}` }, h("span", { class: "soft" }, names[step.storey], step.sibling && (step.left ? ", neighbour on the left" : ", neighbour on the right")),
      step.sibling && [h("br"), h("code", { class: "soft" }, `with ${step.sibling}`)], h("br"), h("code", {}, step.node))));
}

/** The file that docs/check_proof.py takes. */
function saved(proof) {
  const url = `data:application/json,${encodeURIComponent(JSON.stringify(proof))}`;
  return h("p", {}, h("a", { href: url, download: "proof.json", testid: "proof-save" }, "Save the proof"), h("span", { class: "soft" }, " for "), h("code", {}, `python check_proof.py proof.json ${proof.root}`));
}
