// The ledger's Merkle proofs, checked in the browser with nothing but its SHA-256 (RFC 9162, section 2.1, two storeys:
// 1,024 buckets by the key's hash, in each its entries in the order of their keys). docs/check_proof.py does the same.

const BUCKETS = 1024;

export const canHash = () => Boolean(globalThis.crypto?.subtle);

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text) {
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  if (digits.length % 2 || /[^0-9a-fA-F]/.test(digits)) throw new Error("not hex");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export async function sha(...parts) {
  const bytes = joined(...parts);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A byte string as msgpack has it. */
function packed(data) {
  const [kind, wide] = data.length < 256 ? [0xc4, 1] : data.length < 65_536 ? [0xc5, 2] : [0xc6, 4];
  const size = Array.from({ length: wide }, (_, at) => (data.length / 256 ** (wide - 1 - at)) & 255);
  return Uint8Array.from([kind, ...size, ...data]);
}

export const leafOf = (key, value) => sha(Uint8Array.of(0), Uint8Array.of(0x92), packed(key), packed(value));

/** From leaf `index` of `size` to the root, an odd last node moving up as it is. Every step is told to `seen`. */
export async function climb(leaf, index, size, siblings, seen = () => {}) {
  if (!(Number.isInteger(index) && Number.isInteger(size) && index >= 0 && index < size && size <= 2 ** 31)) return null;
  const rest = [...siblings];
  let node = leaf;
  while (size > 1) {
    if ((index ^ 1) < size) {
      if (!rest.length) return null;
      const sibling = fromHex(rest.shift());
      if (sibling.length !== 32) return null;
      const left = index & 1 ? sibling : node, right = index & 1 ? node : sibling;
      node = await sha(Uint8Array.of(1), left, right);
      seen({ sibling: toHex(sibling), left: Boolean(index & 1), node: toHex(node) });
    }
    index >>= 1;
    size = (size + 1) >> 1;
  }
  return rest.length ? null : node;
}

async function bucketOf(key) {
  const [a, b] = await sha(key);
  return (a << 2) | (b >> 6);
}

const order = (left, right) => {
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
};

/** Whether a proof leads to `root` (hex). `{holds, steps, bucket, root, why}`; `root` is the one computed here. */
export async function check(proof, root) {
  const steps = [];
  try {
    const key = fromHex(proof.key), absent = Boolean(proof.neighbours);
    const shown = absent ? proof.neighbours : [proof];
    let bucket = shown.length ? null : await sha();
    for (const entry of shown) {
      const at = fromHex(entry.key);
      if (absent && Math.sign(order(at, key)) !== (entry.index < proof.place ? -1 : 1)) return refused("a neighbour lies on the wrong side", steps);
      const leaf = await leafOf(at, fromHex(entry.value));
      steps.push({ storey: "leaf", node: toHex(leaf) });
      const top = await climb(leaf, entry.index, proof.size, entry.in_bucket, (step) => steps.push({ storey: "bucket", ...step }));
      if (!top || (bucket && toHex(bucket) !== toHex(top))) return refused("the path inside the bucket does not fit", steps);
      bucket = top;
    }
    if (absent) {
      const around = [proof.place - 1, proof.place].filter((place) => place >= 0 && place < proof.size);
      if (String(shown.map((entry) => entry.index)) !== String(around)) return refused("the neighbours are not next to each other", steps);
    }
    const place = await bucketOf(key);
    const computed = await climb(bucket, place, BUCKETS, proof.to_root, (step) => steps.push({ storey: "root", ...step }));
    if (!computed) return refused("the path from the bucket to the root does not fit", steps);
    const found = toHex(computed), holds = found === root.replace(/^0x/, "");
    return { holds, steps, bucket: place, root: found, why: holds ? "" : "the hashes lead to another root" };
  } catch (error) {
    return refused(`the proof cannot be read (${error.message})`, steps);
  }
}

const refused = (why, steps) => ({ holds: false, steps, bucket: null, root: null, why });
