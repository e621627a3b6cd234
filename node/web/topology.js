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

//: Radii of the outer ring that are tried, with the validators' at 1, and turns of it within the distance of two of its
//: places; among more nodes than so links are not followed.
const RADII = [1.9, 2.2, 2.6], TURNS = 16, MOST_FOLLOWED = 24;
//: Links that pass so far from everybody are clear.
const CLEAR = 0.25;

/**
 * Places on two rings, the same for every reader: validators inside in the order of their keys, the rest outside near
 * their links, turned and moved away until links run clear of whom they do not concern. Around one validator, or none,
 * all stand on one ring.
 */
export function places(nodes, links) {
  const inner = nodes.filter((node) => node.role === "validator").sort((a, b) => (a.key < b.key ? -1 : 1));
  const outer = nodes.filter((node) => node.role !== "validator").sort((a, b) => (a.peer < b.peer ? -1 : 1));
  if (inner.length < 2) return round([...inner, ...outer]);
  const found = round(inner);
  const wanted = outer.map((node, at) => ({ node, angle: pull(node, links, found) ?? at / outer.length }));
  wanted.sort((a, b) => a.angle - b.angle);
  const around = (turn, radius) => new Map([...found, ...wanted.map(({ node }, at) => [node.peer, ring(turn + at / wanted.length, radius)])]);
  if (!wanted.length) return found;
  const first = wanted[0].angle + 0.5 / wanted.length;
  if (nodes.length > MOST_FOLLOWED) return around(first, RADII[0]);
  return clearest(RADII.flatMap((radius) => Array.from({ length: TURNS }, (_, at) => around(first + at / (TURNS * wanted.length), radius))), links);
}

/** The first of them that is clear; if none is, the one that comes closest to it. */
function clearest(tried, links) {
  let best = tried[0], most = -1;
  for (const at of tried) {
    const room = roomOf(at, links);
    if (room > most + 1e-9) [best, most] = [at, room];
    if (room >= CLEAR) break;
  }
  return best;
}

/** How far the nearest link runs from somebody who is at neither end of it. */
function roomOf(at, links) {
  let least = Infinity;
  for (const [a, b] of links) {
    const from = at.get(a), [dx, dy] = [at.get(b).x - from.x, at.get(b).y - from.y];
    for (const [peer, { x, y }] of at) {
      if (peer === a || peer === b) continue;
      const part = Math.max(0, Math.min(1, ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy)));
      least = Math.min(least, Math.hypot(x - from.x - part * dx, y - from.y - part * dy));
    }
  }
  return least;
}

/** On the inner ring; who is alone stands in the middle. */
const round = (nodes) => new Map(nodes.map((node, at) => [node.peer, ring(at / nodes.length, nodes.length > 1 ? 1 : 0)]));

const ring = (part, radius) => ({ x: radius * Math.sin(2 * Math.PI * part), y: radius * Math.cos(2 * Math.PI * part) });

function pull(node, links, found) {
  let x = 0, y = 0;
  for (const [a, b] of links) {
    const other = a === node.peer ? found.get(b) : b === node.peer ? found.get(a) : null;
    if (other) [x, y] = [x + other.x, y + other.y];
  }
  return Math.hypot(x, y) < 1e-6 ? null : (Math.atan2(x, y) / (2 * Math.PI) + 1) % 1;
}
