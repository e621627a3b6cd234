// Canonical msgpack as docs/wire.md has it: nil, booleans, integers, text, bytes and arrays, each in one form.
// Integers are numbers where they are safe, else BigInt; bytes are Buffers; text is strings.

export function pack(value) {
  if (value === null) return Buffer.from([0xc0]);
  if (value === true || value === false) return Buffer.from([value ? 0xc3 : 0xc2]);
  if (typeof value === "number" || typeof value === "bigint") return integer(BigInt(value));
  if (typeof value === "string") return text(Buffer.from(value, "utf8"));
  if (value instanceof Uint8Array) return Buffer.concat([head(value.length, 0xc4, 0xc5, 0xc6), value]);
  if (Array.isArray(value)) return Buffer.concat([arrayHead(value.length), ...value.map(pack)]);
  throw new TypeError(`not of the format: ${typeof value}`);
}

function integer(n) {
  if (n >= 0n) {
    if (n < 128n) return Buffer.from([Number(n)]);
    if (n < 1n << 8n) return sized(0xcc, n, 1);
    if (n < 1n << 16n) return sized(0xcd, n, 2);
    if (n < 1n << 32n) return sized(0xce, n, 4);
    return sized(0xcf, n, 8);
  }
  if (n >= -32n) return Buffer.from([256 + Number(n)]);
  if (n >= -(1n << 7n)) return sized(0xd0, n, 1);
  if (n >= -(1n << 15n)) return sized(0xd1, n, 2);
  if (n >= -(1n << 31n)) return sized(0xd2, n, 4);
  return sized(0xd3, n, 8);
}

function sized(kind, n, bytes) {
  const digits = BigInt.asUintN(8 * bytes, n).toString(16).padStart(2 * bytes, "0");
  return Buffer.from(kind.toString(16) + digits, "hex");
}

function text(bytes) {
  if (bytes.length < 32) return Buffer.concat([Buffer.from([0xa0 + bytes.length]), bytes]);
  return Buffer.concat([head(bytes.length, 0xd9, 0xda, 0xdb), bytes]);
}

function arrayHead(length) {
  return length < 16 ? Buffer.from([0x90 + length]) : head(length, null, 0xdc, 0xdd);
}

function head(length, one, two, four) {
  if (one !== null && length < 1 << 8) return sized(one, BigInt(length), 1);
  if (length < 1 << 16) return sized(two, BigInt(length), 2);
  return sized(four, BigInt(length), 4);
}

/** An amount: minimal big-endian bytes, none for zero. */
export function amount(n) {
  const digits = BigInt(n).toString(16);
  return n == 0 ? Buffer.alloc(0) : Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
}

export function unpack(data) {
  const [value, end] = read(Buffer.from(data), 0);
  if (end !== data.length || !pack(value).equals(Buffer.from(data))) throw new Error("not canonical");
  return value;
}

function read(data, at) {
  const kind = data[at];
  if (kind < 0x80) return [kind, at + 1];
  if (kind >= 0xe0) return [kind - 256, at + 1];
  if (kind >= 0x90 && kind < 0xa0) return items(data, at + 1, kind - 0x90);
  if (kind >= 0xa0 && kind < 0xc0) return string(data, at + 1, kind - 0xa0);
  const size = { 0xc4: 1, 0xc5: 2, 0xc6: 4, 0xd9: 1, 0xda: 2, 0xdb: 4, 0xdc: 2, 0xdd: 4 }[kind];
  if (size) {
    const length = data.readUIntBE(at + 1, size);
    const start = at + 1 + size;
    if (kind >= 0xdc) return items(data, start, length);
    if (kind >= 0xd9) return string(data, start, length);
    return [data.subarray(start, start + length), start + length];
  }
  if (kind === 0xc0) return [null, at + 1];
  if (kind === 0xc2 || kind === 0xc3) return [kind === 0xc3, at + 1];
  if (kind >= 0xcc && kind <= 0xd3) return number(data, at + 1, 1 << (kind & 3), kind >= 0xd0);
  throw new Error(`a byte 0x${kind?.toString(16)} is not of the format`);
}

function number(data, at, size, signed) {
  const bits = BigInt("0x" + data.subarray(at, at + size).toString("hex"));
  const found = signed ? BigInt.asIntN(8 * size, bits) : bits;
  return [Number.isSafeInteger(Number(found)) ? Number(found) : found, at + size];
}

function string(data, at, length) {
  return [data.toString("utf8", at, at + length), at + length];
}

function items(data, at, count) {
  const found = [];
  for (let n = 0; n < count; n++) {
    const [value, end] = read(data, at);
    found.push(value);
    at = end;
  }
  return [found, at];
}
