"""A live network with a peer that floods it and peers that talk nonsense: honest intents settle, nobody falls."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterator
from random import Random

import pytest
import trio

from intents.assets import AssetId
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from node.chain.items import Submission, encode_item
from node.live import wire
from node.livedemo.homes import NodeWanted
from node.livedemo.trading import Taste
from node.served import Role
from p2p.base import Limits, P2PError, Verdict
from p2p.libp2p.transport import Libp2pTransport, Settings, open_transport
from p2p.packing import Packer
from tests.e2e.network import Network, RunningNode, hand_in, open_network, people, states, wait_until

TRADED = {"settled", "part_filled"}
#: Ten times what four nodes on two cores settle in a second.
FLOOD_PER_S = 10_000
FLOOD_S = 2


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    wanted = [NodeWanted(f"v{number}", spec="" if number else "naive") for number in range(4)]
    with open_network(tmp_path_factory.mktemp("network"), wanted) as opened:
        yield opened


def network_of(node: RunningNode) -> bytes:
    return bytes.fromhex(node.get("/v1/network")["network"][2:])


def stranger(nodes: list[RunningNode], speak: Callable[[Libp2pTransport, bytes], Awaitable[None]]) -> None:
    """A peer that says a lawful hello to these nodes and then whatever ``speak`` says."""
    network = network_of(nodes[0])
    addresses = [f"/ip4/127.0.0.1/tcp/{node.made.port}/p2p/{node.made.peer}" for node in nodes]
    limits = Limits(message_bytes=wire.MESSAGE_BYTES, frame_bytes=wire.FRAME_BYTES)

    async def run() -> None:
        settings = Settings(seed=b"h" * 32, listen=(), bootstrap=tuple(addresses), limits=limits)
        async with open_transport(settings) as transport:
            hello = wire.Hello(wire.VERSION, network, Role.FULL, "stranger", b"", b"", -1, ())

            async def greeted(peer: str, data: bytes) -> bytes:
                return wire.encode_welcome(hello)

            async def accept(sender: str, data: bytes) -> Verdict:
                return Verdict.ACCEPT

            async def heard(sender: str, data: bytes) -> None: ...

            transport.serve(wire.HELLO, greeted)
            transport.subscribe(wire.items_topic(network), accept, heard)
            transport.subscribe(wire.presence_topic(network), accept, heard)
            with trio.fail_after(30):
                while len(transport.peers()) < len(nodes):
                    await trio.sleep(0.05)
            for node in nodes:
                await transport.request(node.made.peer, wire.HELLO, wire.encode_hello(hello))
            await speak(transport, network)

    trio.run(run)


def spam(network: bytes, count: int) -> list[bytes]:
    """Packs of well-signed intents of people who own nothing."""
    keys = [SigningKey.from_seed(bytes([9, number]) * 16) for number in range(64)]
    packer, packs = Packer(wire.ITEM_PACKS), []
    for number in range(count):
        key = keys[number % len(keys)]
        intent = Intent(
            network, Owner(OwnerScheme.ED25519, key.public), number, 0, 10**6,
            (Leg(AssetId("ETH"), 10**18),), (Leg(AssetId("USDC"), 1),), Kind.EXACT_IN, FillRule(FillMode.PARTIAL),
        )  # fmt: skip
        full = packer.add(encode_item(Submission(intent, sign_intent(key, intent))), 0)
        if full is not None:
            packs.append(full)
    return packs


def test_a_flood_from_one_peer_costs_nobody_an_intent(network: Network) -> None:
    """Ten times what the network can settle, from one peer: what honest people hand in meanwhile settles."""
    crowd, nodes = people(network["v0"], 2, Taste(meeting=100, slack_bps=150.0)), network.validators
    signed = []

    async def flood(transport: Libp2pTransport, name: bytes) -> None:
        packs = spam(name, FLOOD_PER_S * FLOOD_S)
        topic, began = wire.items_topic(name), trio.current_time()
        for number, pack in enumerate(packs):
            await trio.sleep_until(began + number * 256 / FLOOD_PER_S)
            with trio.move_on_after(1.0):
                await transport.publish(topic, pack)
            if number % 40 == 20:
                signed.extend(await trio.to_thread.run_sync(hand_in, crowd, nodes, 2))

    stranger([network["v1"]], flood)
    assert len(signed) >= 4
    for node in (network["v0"], network["v3"]):
        wait_until(lambda node=node: "unknown" not in states(node, signed), 60, "all are known")  # type: ignore[misc]
    wait_until(lambda: "received" not in states(network["v2"], signed), 90, "all have had their block")
    wait_until(lambda: TRADED & set(states(network["v2"], signed)) != set(), 90, "one of them has traded")
    network.same_root(network.validators, network["v0"].height, 60)


def test_nonsense_is_survived(network: Network) -> None:
    """On bare sockets, in gossip and in requests: no node ends, none decides anything else than the others."""
    rng = Random(5)

    async def babble(transport: Libp2pTransport, name: bytes) -> None:
        (peer,) = transport.peers()
        for protocol in (wire.WORDS, wire.FETCH, wire.HELLO):
            for _ in range(20):
                try:
                    await transport.request(peer, protocol, rng.randbytes(rng.randrange(200)), 2_000)
                except P2PError:
                    return  # shown the door, as it should be
        for topic in (wire.items_topic(name), wire.presence_topic(name)):
            for _ in range(20):
                await transport.publish(topic, rng.randbytes(rng.randrange(1, 2_000)))

    for node in network.validators:
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", node.made.port)) as connection:
                connection.sendall(rng.randbytes(rng.randrange(1, 5_000)))
    stranger([network["v2"]], babble)
    height = network["v0"].height
    network.moves_on(network["v2"], 3)
    network.same_root(network.validators, height + 1)
    assert all(node.running for node in network.validators)
    assert not any("Traceback" in node.log() for node in network.validators)
