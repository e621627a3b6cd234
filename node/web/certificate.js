// A block's certificate, checked in the browser: its header has the root, its id is the header's hash, and validators
// with more than two thirds of the votes signed that id (docs/agreement.md; Ed25519 by the browser).

import { fromHex, joined, sha, toHex } from "./merkle.js";

const BLOCK = "walras/block/1\0", AGREEMENT = "walras/agreement/1\0", VALIDATORS = "walras/validators/1\0";
const PRECOMMIT = 1;
const FIELDS = ["network", "height", "round", "previous", "proposer", "validators", "next_validators", "state_root"];

const ascii = (text) => new TextEncoder().encode(text);

/** Canonical msgpack of whole numbers below 2^53, byte strings and lists of them. */
export function pack(value) {
  if (typeof value === "number") return packNumber(value);
  if (value instanceof Uint8Array) return joined(head(value.length, null, 0xc4), value);
  return joined(head(value.length, 0x90, 0xdc - 1), ...value.map(pack));
}

function packNumber(value) {
  if (value < 128) return Uint8Array.of(value);
  const [kind, wide] = value < 256 ? [0xcc, 1] : value < 65_536 ? [0xcd, 2] : value < 2 ** 32 ? [0xce, 4] : [0xcf, 8];
  return Uint8Array.of(kind, ...big(value, wide));
}

/** Lists begin small in one byte; their longer forms start at two bytes, those of byte strings at one. */
function head(length, small, first) {
  if (small !== null && length < 16) return Uint8Array.of(small | length);
  if (small === null && length < 256) return Uint8Array.of(first, length);
  return length < 65_536 ? Uint8Array.of(first + 1, ...big(length, 2)) : Uint8Array.of(first + 2, ...big(length, 4));
}

const big = (value, wide) => Array.from({ length: wide }, (_, at) => Math.floor(value / 256 ** (wide - 1 - at)) % 256);

/** A header's fields by name; anything that is not what `pack` writes of them is refused. */
export function readHeader(data) {
  const fields = [];
  let at = 1;
  if (data[0] !== (0x90 | FIELDS.length)) throw new Error("the header is not a list of eight");
  while (at < data.length && fields.length < FIELDS.length) {
    const kind = data[at], wide = { 0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8 }[kind];
    const end = kind < 128 ? at + 1 : wide ? at + 1 + wide : at + 2 + data[at + 1];
    if (kind >= 128 && !wide && kind !== 0xc4) throw new Error("the header has a field of another kind");
    fields.push(kind < 128 ? kind : wide ? data.slice(at + 1, end).reduce((all, byte) => all * 256 + byte, 0) : data.slice(at + 2, end));
    at = end;
  }
  if (toHex(pack(fields)) !== toHex(data)) throw new Error("the header is not in canonical bytes");
  return Object.fromEntries(FIELDS.map((name, place) => [name, fields[place]]));
}

/** `{holds, power, total, names, height, why}`; `holds` is null where this browser or the node's answer does not tell. */
export async function certify(certified, root) {
  const failed = (why, holds = false) => ({ holds, power: 0, total: 0, names: 0, height: certified.height, why });
  if (!certified.validators) return failed("the set of validators changed with this block", null);
  try {
    const data = fromHex(certified.header), header = readHeader(data);
    if (toHex(header.state_root) !== root.replace(/^0x/, "")) return failed("the header has another root");
    const id = await sha(ascii(BLOCK), await sha(Uint8Array.from(big(data.length, 4)), data), fromHex(certified.body_hash));
    if (toHex(id) !== toHex(fromHex(certified.block))) return failed("the block's id is another");
    const members = certified.validators.map(([key, power]) => ({ key: fromHex(key), power }));
    const set = await sha(ascii(VALIDATORS), pack(members.map(({ key, power }) => [key, power])));
    if (toHex(set) !== toHex(header.validators)) return failed("the header names other validators");
    const digest = await sha(ascii(AGREEMENT), header.network, Uint8Array.of(PRECOMMIT), pack([header.height, certified.round, id]));
    const good = await signers(certified.votes, members, digest);
    if (good === null) return failed("this browser does not know Ed25519", null);
    const total = members.reduce((all, { power }) => all + power, 0);
    const power = [...good].reduce((all, place) => all + members[place].power, 0);
    const quorum = Math.floor((2 * total) / 3) + 1;
    return { holds: power >= quorum, power, total, names: good.size, height: header.height, why: `valid signatures have ${power} of ${total} votes, ${quorum} are needed` };
  } catch (error) {
    return failed(`the certificate cannot be read (${error.message})`);
  }
}

/** Places of the validators whose signature is right; `null` without Ed25519 in this browser. */
async function signers(votes, members, digest) {
  const good = new Set();
  for (const [place, signature] of votes) {
    if (!members[place]) continue;
    let key;
    try {
      key = await crypto.subtle.importKey("raw", members[place].key, { name: "Ed25519" }, false, ["verify"]);
    } catch (error) {
      if (error.name === "NotSupportedError") return null;
      continue; // not a point of the curve
    }
    if (await crypto.subtle.verify({ name: "Ed25519" }, key, fromHex(signature), digest)) good.add(place);
  }
  return good;
}
