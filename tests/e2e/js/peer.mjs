// A libp2p peer that speaks to Walras nodes. Commands come as JSON lines, answers and events go out as JSON lines:
//   {"n", "do": "dial" | "peers" | "intent" | "publish" | "request" | "hello" | "words", …} -> {"n", "ok"} | {"n", "error"}
// Arguments: the network's hash in hex (or a topic of packs to listen to, for the transport alone), and a seed in hex.

import { createInterface } from "node:readline";

// libp2p 3 wants Node 22; this is all that Node 20 lacks of it.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new this((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};

const { createLibp2p } = await import("libp2p");
const { noise } = await import("@chainsafe/libp2p-noise");
const { yamux } = await import("@chainsafe/libp2p-yamux");
const { gossipsub } = await import("@libp2p/gossipsub");
const { identify } = await import("@libp2p/identify");
const { ping } = await import("@libp2p/ping");
const { tcp } = await import("@libp2p/tcp");
const { generateKeyPairFromSeed } = await import("@libp2p/crypto/keys");
const { peerIdFromString } = await import("@libp2p/peer-id");
const { multiaddr } = await import("@multiformats/multiaddr");
const { pack, unpack } = await import("./canonical.mjs");
const wire = await import("./wire.mjs");

const [where, seed] = process.argv.slice(2);
const network = /^[0-9a-f]{64}$/.test(where) ? Buffer.from(where, "hex") : null;
const topics = network ? [wire.itemsTopic(network), wire.presenceTopic(network)] : [where];

const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const node = await createLibp2p({
  privateKey: await generateKeyPairFromSeed("Ed25519", Buffer.from(seed, "hex")),
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    ping: ping(),
    pubsub: gossipsub({
      globalSignaturePolicy: "StrictNoSign",
      msgIdFn: (message) => wire.messageId(message.topic, message.data),
      allowPublishToZeroTopicPeers: true,
      emitSelf: false,
      maxInboundDataLength: 524288,
    }),
  },
});

// Streams: requests we make have one each; those made of us may follow one another on one.

async function* received(stream) {
  let held = Buffer.alloc(0);
  for await (const part of stream) {
    held = Buffer.concat([held, part.subarray()]);
    for (let found; (found = wire.unchunked(held)) !== null; held = held.subarray(found.end)) yield found.message;
  }
}

async function request(peer, protocol, data) {
  const stream = await node.dialProtocol(peerIdFromString(peer), protocol);
  try {
    stream.send(wire.chunked(data));
    const { value: answer, done } = await received(stream).next();
    if (done) throw new Error("ended in the middle");
    if (answer[0] !== 0) throw new Error(`refused: ${answer[0]}`);
    return answer.subarray(1);
  } finally {
    await stream.close();
  }
}

async function serve(protocol, answer) {
  await node.handle(protocol, async (stream, connection) => {
    try {
      for await (const asked of received(stream)) {
        const response = await answer(asked, connection.remotePeer.toString());
        stream.send(wire.chunked(Buffer.concat([Buffer.from([0]), response])));
      }
    } catch (error) {
      tell({ event: "failed", protocol, error: String(error) });
      stream.abort(error);
    }
  });
}

function word(peer, bytes) {
  const [kind, body] = [bytes[0], bytes.subarray(1)];
  const found = { event: "word", peer, kind };
  if (kind === 0) {
    const [number, fields] = unpack(body);
    Object.assign(found, { message: ["vote", "proposal", "seen", "body", "decision", "status"][number] });
    if (number === 4) Object.assign(found, wire.blockOf(fields[1]), { votes: fields[2][4].length });
    if (number === 5) Object.assign(found, { height: fields[0], step: fields[2] });
  }
  tell(found);
}

if (network) {
  await serve(wire.HELLO, (data, peer) => {
    tell({ event: "hello", peer, ...wire.helloOf(unpack(data)) });
    return pack([0, unpack(wire.hello(network))]);
  });
  await serve(wire.WORDS, (data, peer) => {
    for (const bytes of wire.itemsOf(data)) word(peer, bytes);
    return Buffer.alloc(0);
  });
}

node.services.pubsub.addEventListener("message", ({ detail }) => {
  if (detail.topic.endsWith("presence")) {
    const [record] = unpack(Buffer.from(detail.data));
    return tell({ event: "presence", name: record[1], role: record[2], height: record[6] });
  }
  const items = wire.itemsOf(Buffer.from(detail.data));
  tell({ event: "items", topic: detail.topic, items: network ? items.map(wire.described) : items.map((i) => i.toString("hex")) });
});
for (const topic of topics) node.services.pubsub.subscribe(topic);

const commands = {
  dial: async ({ address }) => (await node.dial(multiaddr(address))).remotePeer.toString(),
  peers: () => node.getPeers().map(String),
  mesh: ({ topic }) => node.services.pubsub.getMeshPeers(topic ?? topics[0]),
  publish: async ({ items }) => {
    const data = wire.packOf(items.map((item) => Buffer.from(item, "hex")));
    return (await node.services.pubsub.publish(topics[0], data)).recipients.length;
  },
  intent: ({ seed, ...order }) => {
    const made = wire.signedIntent(network, wire.keyOf(Buffer.from(seed, "hex")), order);
    return { item: made.item.toString("hex"), id: made.id.toString("hex") };
  },
  request: async ({ peer, protocol, data }) => (await request(peer, protocol, Buffer.from(data, "hex"))).toString("hex"),
  hello: async ({ peer, to }) => {
    const said = wire.hello(to ? Buffer.from(to, "hex") : network);
    const [number, body] = unpack(await request(peer, wire.HELLO, said));
    return number === 0 ? wire.helloOf(body) : { refused: body[0] };
  },
  want_body: async ({ peer, height, block }) => {
    const asked = Buffer.concat([Buffer.from([2]), pack([height, Buffer.from(block, "hex")])]);
    return (await request(peer, wire.WORDS, wire.packOf([asked]))).toString("hex");
  },
  status: async ({ peer, height }) => {
    const asked = Buffer.concat([Buffer.from([0]), pack([5, [height, 0, 0, false, false, 0, 0, 0]])]);
    return (await request(peer, wire.WORDS, wire.packOf([asked]))).toString("hex");
  },
};

tell({ event: "ready", peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) });
for await (const line of createInterface({ input: process.stdin })) {
  const { n, do: what, ...args } = JSON.parse(line);
  Promise.resolve()
    .then(() => commands[what](args))
    .then((ok) => tell({ n, ok }))
    .catch((error) => tell({ n, error: String(error?.message ?? error) }));
}
await node.stop();
process.exit(0);
