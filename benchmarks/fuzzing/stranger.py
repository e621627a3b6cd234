"""A peer that a network lets in and that then floods it or talks nonsense: a lawful hello, whatever follows."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

import trio

from intents.assets import AssetId
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from node.chain.items import Submission, encode_item
from node.live import wire
from node.livedemo.homes import LOOPBACK, MadeNode
from node.served import Role
from p2p.base import Limits, P2PError, Verdict
from p2p.libp2p.transport import Libp2pTransport, Settings, open_transport
from p2p.packing import Packer, unpack

#: Packs published at once take at most so long; a network that pushes back is not waited for.
PUBLISH_S: Final = 1.0
_MET_S: Final = 30.0
_OWNERS: Final = 64


@asynccontextmanager
async def stranger(nodes: Sequence[MadeNode], network: bytes) -> AsyncIterator[Libp2pTransport]:
    """Connected to these nodes and greeted by them. Raises ``trio.TooSlowError`` where they do not let it in."""
    addresses = tuple(f"/ip4/{LOOPBACK}/tcp/{node.port}/p2p/{node.peer}" for node in nodes)
    limits = Limits(message_bytes=wire.MESSAGE_BYTES, frame_bytes=wire.FRAME_BYTES)
    async with open_transport(
        Settings(seed=b"h" * 32, listen=(), bootstrap=addresses, limits=limits)
    ) as transport:
        hello = wire.Hello(wire.VERSION, network, Role.FULL, "stranger", b"", b"", -1, ())

        async def greeted(peer: str, data: bytes) -> bytes:
            return wire.encode_welcome(hello)

        async def accept(sender: str, data: bytes) -> Verdict:
            return Verdict.ACCEPT

        async def heard(sender: str, data: bytes) -> None: ...

        transport.serve(wire.HELLO, greeted)
        transport.subscribe(wire.items_topic(network), accept, heard)
        transport.subscribe(wire.presence_topic(network), accept, heard)
        with trio.fail_after(_MET_S):
            while len(transport.peers()) < len(nodes):
                await trio.sleep(0.05)
        for node in nodes:
            await transport.request(node.peer, wire.HELLO, wire.encode_hello(hello))
        yield transport


def worthless(network: bytes, count: int) -> Iterator[tuple[bytes, int]]:
    """Packs of well-signed intents of people who own nothing, and how many are in each."""
    keys = [SigningKey.from_seed(bytes([9, number]) * 16) for number in range(_OWNERS)]
    packer = Packer(wire.ITEM_PACKS)
    for number in range(count):
        key = keys[number % len(keys)]
        intent = Intent(
            network, Owner(OwnerScheme.ED25519, key.public), number, 0, 10**6,
            (Leg(AssetId("ETH"), 10**18),), (Leg(AssetId("USDC"), 1),), Kind.EXACT_IN, FillRule(FillMode.PARTIAL),
        )  # fmt: skip
        full = packer.add(encode_item(Submission(intent, sign_intent(key, intent))), 0)
        if full is not None:
            yield full, len(unpack(full, wire.ITEM_PACKS))
    rest = packer.flush()
    if rest is not None:
        yield rest, len(unpack(rest, wire.ITEM_PACKS))


@dataclass
class Said:
    """``held_back`` could not be published in time: the flooded node, or its connection, did not take more."""

    intents: int = 0
    held_back: int = 0
    frames: int = 0
    refused: int = 0


async def flood(
    transport: Libp2pTransport, network: bytes, packs: Iterable[tuple[bytes, int]], per_s: int
) -> Said:
    """Publish them, so many intents a second."""
    said, topic, began = Said(), wire.items_topic(network), trio.current_time()
    for pack, count in packs:
        await trio.sleep_until(began + (said.intents + said.held_back) / per_s)
        with trio.move_on_after(PUBLISH_S) as scope:
            await transport.publish(topic, pack)
        if scope.cancelled_caught:
            said.held_back += count
        else:
            said.intents += count
    return said


def babble_on_sockets(node: MadeNode, rng: Random, count: int) -> Said:
    """Random bytes instead of a handshake, on so many connections."""
    said = Said()
    for _ in range(count):
        try:
            with socket.create_connection((LOOPBACK, node.port), timeout=5) as connection:
                connection.sendall(rng.randbytes(rng.randrange(1, 5_000)))
            said.frames += 1
        except OSError:  # too many connections from one place: it takes no more
            said.refused += 1
    return said


async def babble(transport: Libp2pTransport, network: bytes, node: MadeNode, rng: Random, count: int) -> Said:
    """Random bytes as requests and as gossip, until it is shown the door."""
    said = Said()
    for protocol in (wire.WORDS, wire.FETCH, wire.HELLO):
        for _ in range(count):
            try:
                await transport.request(node.peer, protocol, rng.randbytes(rng.randrange(200)), 2_000)
                said.frames += 1
            except P2PError:
                said.refused += 1
    for topic in (wire.items_topic(network), wire.presence_topic(network)):
        for _ in range(count):
            await transport.publish(topic, rng.randbytes(rng.randrange(1, 2_000)))
            said.frames += 1
    return said
