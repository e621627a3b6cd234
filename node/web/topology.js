// What the peers' words come to: who proposes, who is behind or silent, and which nodes form parts by themselves.

//: Nodes speak every two seconds: one that nobody heard for so long counts as silent.
export const SILENT_MS = 8_000;
//: Blocks behind the highest that count as behind: one auction.
export const BEHIND = 3;
//: How long, and how many, nodes that fell silent are remembered.
const REMEMBERED_MS = 600_000, MOST_REMEMBERED = 512;

/**
 * Nodes with `state` and `behind`; the links between them; the parts they form, largest first. `memory` is a map that
 * the caller keeps: the node itself soon forgets who fell silent. Validators who are not there are silent too.
 */
export function understand(peers, now, validators = [], memory = new Map()) {
  const all = [...peers, ...remembered(peers, now, memory)];
  const keys = new Set(all.map((peer) => peer.key));
  for (const { key, name } of validators) {
    if (!keys.has(key)) all.push({ peer: key, name, role: "validator", key, height: null, direct: false, neighbours: [], seen_ms: 0, gone: true });
  }
  const head = Math.max(...peers.map((peer) => peer.height), 0);
  const links = linksOf(all, new Map(all.map((peer) => [peer.peer, peer])));
  const nodes = all.map((peer, at) => ({ ...peer, self: at === 0, behind: peer.height === null ? 0 : head - peer.height, state: stateOf(peer, at === 0, head, now) }));
  return { head, nodes, links, parts: partsOf(nodes, links) };
}

/** Those who were there before and are not now. */
function remembered(peers, now, memory) {
  const present = new Set(peers.flatMap((peer) => [peer.peer, ...(peer.key && peer.key !== "0x" ? [peer.key] : [])]));
  for (const peer of peers) memory.set(peer.peer, peer);
  for (const [id, peer] of memory) {
    const again = !present.has(id) && present.has(peer.key);
    if (again || now - peer.seen_ms > REMEMBERED_MS || memory.size > MOST_REMEMBERED) memory.delete(id);
  }
  return [...memory.values()].filter((peer) => !present.has(peer.peer)).map((peer) => ({ ...peer, direct: false, gone: true }));
}

function stateOf(peer, self, head, now) {
  if (peer.gone || (!self && !peer.direct && now - peer.seen_ms > SILENT_MS)) return "silent";
  if (head - peer.height >= BEHIND) return "behind";
  return "well";
}

function linksOf(peers, known) {
  const found = new Map();
  const link = (a, b) => a !== b && known.has(a) && known.has(b) && found.set([a, b].sort().join(" "), [a, b].sort());
  for (const peer of peers) {
    for (const other of peer.neighbours) link(peer.peer, other);
    if (peer.direct && !peer.gone && peers[0] !== peer) link(peers[0].peer, peer.peer);
  }
  return [...found.values()];
}

/** Connected parts among those who are not silent. */
function partsOf(nodes, links) {
  const near = new Map(nodes.filter((node) => node.state !== "silent").map((node) => [node.peer, []]));
  for (const [a, b] of links) {
    if (near.has(a) && near.has(b)) {
      near.get(a).push(b);
      near.get(b).push(a);
    }
  }
  const seen = new Set(), parts = [];
  for (const start of near.keys()) {
    if (seen.has(start)) continue;
    const part = [start];
    seen.add(start);
    for (let at = 0; at < part.length; at += 1) {
      for (const next of near.get(part[at])) if (!seen.has(next)) seen.add(next) && part.push(next);
    }
    parts.push(part);
  }
  return parts.sort((a, b) => b.length - a.length);
}

/** Whose turn it is: smooth weighted round-robin over the validators' powers, as the protocol has it. */
export function proposer(validators, height, round) {
  const total = validators.reduce((sum, member) => sum + member.power, 0);
  if (!total) return null;
  const credit = validators.map(() => 0);
  let chosen = 0;
  for (let turn = 0; turn <= (height + round) % total; turn += 1) {
    validators.forEach((member, at) => (credit[at] += member.power));
    chosen = credit.reduce((best, value, at) => (value > credit[best] ? at : best), 0);
    credit[chosen] -= total;
  }
  return validators[chosen].key;
}

/** Places on two rings, the same for every reader: validators inside in the order of their keys, the rest outside near their links. */
export function places(nodes, links) {
  const inner = nodes.filter((node) => node.role === "validator").sort((a, b) => (a.key < b.key ? -1 : 1));
  const outer = nodes.filter((node) => node.role !== "validator").sort((a, b) => (a.peer < b.peer ? -1 : 1));
  const found = new Map(), radius = inner.length > 1 ? 1 : 0;
  inner.forEach((node, at) => found.set(node.peer, ring(at / inner.length, radius)));
  const wanted = outer.map((node, at) => ({ node, angle: pull(node, links, found) ?? at / outer.length }));
  wanted.sort((a, b) => a.angle - b.angle);
  const turn = wanted.length ? clear(wanted[0].angle + 0.5 / wanted.length, wanted.length, inner.length) : 0;
  wanted.forEach(({ node }, at) => found.set(node.peer, ring(turn + at / wanted.length, radius ? 1.9 : 1)));
  return found;
}

//: Turns of the outer ring that are tried, within the distance of two of its places.
const TURNS = 16;

/** ``turn``, or a little more, so that nobody outside stands in line with a validator, whose links would hide the other's. */
function clear(turn, outside, inside) {
  const apart = (part) => Math.abs(part * inside - Math.round(part * inside));
  const least = (by) => Math.min(...Array.from({ length: outside }, (_, at) => apart(turn + by + at / outside)));
  const tried = Array.from({ length: TURNS }, (_, at) => at / (TURNS * outside));
  return turn + tried.reduce((best, by) => (least(by) > least(best) + 1e-9 ? by : best), 0);
}

const ring = (part, radius) => ({ x: radius * Math.sin(2 * Math.PI * part), y: radius * Math.cos(2 * Math.PI * part) });

function pull(node, links, found) {
  let x = 0, y = 0;
  for (const [a, b] of links) {
    const other = a === node.peer ? found.get(b) : b === node.peer ? found.get(a) : null;
    if (other) [x, y] = [x + other.x, y + other.y];
  }
  return Math.hypot(x, y) < 1e-6 ? null : (Math.atan2(x, y) / (2 * Math.PI) + 1) % 1;
}
