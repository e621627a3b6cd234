// What Walras nodes say, in bytes, written from docs/wire.md: packs, chunks, ids, signed intents, hellos, words.

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { amount, pack, unpack } from "./canonical.mjs";

export const HELLO = "/walras/hello/1";
export const WORDS = "/walras/words/1";
export const FETCH = "/walras/fetch/1";
export const NEVER = (1n << 63n) - 1n;

export const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest();
export const itemsTopic = (network) => `walras/1/${network.toString("hex")}/items`;
export const presenceTopic = (network) => `walras/1/${network.toString("hex")}/presence`;
export const messageId = (topic, data) => sha256(topic, "\0", data);

/** An Ed25519 key of a 32-byte secret seed. */
export function keyOf(seed) {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const secret = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return { public: spki.subarray(-32), sign: (message) => sign(null, message, secret) };
}

export function varint(n) {
  const out = [];
  for (; n > 127; n = Math.floor(n / 128)) out.push((n % 128) + 128);
  return Buffer.from([...out, n]);
}

/** 0x01 then every item with its length. */
export function packOf(items) {
  return Buffer.concat([Buffer.from([1]), ...items.flatMap((item) => [varint(item.length), item])]);
}

export function itemsOf(data) {
  if (data[0] !== 1) throw new Error("not a pack");
  const found = [];
  let at = 1;
  while (at < data.length) {
    let length = 0;
    for (let shift = 1, byte = 128; byte > 127; shift *= 128) {
      byte = data[at++];
      length += (byte % 128) * shift;
    }
    found.push(Buffer.from(data.subarray(at, at + length)));
    at += length;
  }
  return found;
}

/** A request or response as it goes on its stream. */
export function chunked(data) {
  const parts = [];
  for (let at = 0; at < data.length; at += 1 << 20) {
    const part = data.subarray(at, at + (1 << 20));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    parts.push(length, part);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

/** The message in what has come so far and where it ends, or null while it is not whole. */
export function unchunked(data) {
  const parts = [];
  for (let at = 0; at + 4 <= data.length; ) {
    const length = data.readUInt32BE(at);
    if (length === 0) return { message: Buffer.concat(parts), end: at + 4 };
    if (at + 4 + length > data.length) return null;
    parts.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return null;
}

/** A signed order "give at most, want at least" as an item: its bytes and the intent's id. */
export function signedIntent(network, key, { nonce, give, want, validTo = NEVER }) {
  const leg = ([asset, units]) => [asset, amount(units)];
  const fields = [
    network,
    [0, key.public],
    nonce,
    0,
    validTo,
    [leg(give)],
    [leg(want)],
    0,
    [1, amount(0)],
    null,
    null,
    amount(0),
  ];
  const bytes = pack([1, ...fields]);
  const signature = key.sign(sha256("walras/signature/1\0", network, "walras/intent/1\0", bytes));
  return { item: pack([0, [fields, signature]]), id: sha256("walras/intent/1\0", bytes) };
}

/** What a pack on the item topic holds: for an intent its id, owner and nonce, for others only their kind. */
export function described(item) {
  const [kind, fields] = unpack(item);
  const names = ["intent", "transaction", "commit", "reveal"];
  const found = { kind: names[kind], item: sha256("walras/item/1\0", item).toString("hex") };
  if (kind !== 0) return found;
  const [terms, signature] = fields;
  const id = sha256("walras/intent/1\0", pack([1, ...terms]));
  return { ...found, id: id.toString("hex"), owner: terms[1][1].toString("hex"), nonce: terms[2], signature: signature.length };
}

export function hello(network, { name = "js", height = -1, addresses = [] } = {}) {
  return pack([1, network, 2, name, Buffer.alloc(0), Buffer.alloc(0), height, addresses]);
}

export function helloOf(value) {
  const [version, network, role, name, key, , height, addresses] = value;
  return { version, network: network.toString("hex"), role, name, key: key.toString("hex"), height, addresses };
}

/** Block id and header fields of a block's bytes. */
export function blockOf(block) {
  const end = 4 + block.readUInt32BE(0);
  const [header, body] = [block.subarray(0, end), block.subarray(end)];
  const id = sha256("walras/block/1\0", sha256(header), sha256(body));
  const [, height, , , , , , root] = unpack(header.subarray(4));
  return { id: id.toString("hex"), height, root: root.toString("hex"), items: unpack(body)[1].length };
}
