"""A live network with a peer that floods it and peers that talk nonsense: honest intents settle, nobody falls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from random import Random

import pytest
import trio

from benchmarks.fuzzing.stranger import babble, babble_on_sockets, flood, stranger, worthless
from node.livedemo.homes import NodeWanted
from node.livedemo.trading import Signed, Taste
from p2p.libp2p.transport import Libp2pTransport
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


def visited(nodes: list[RunningNode], speak: Callable[[Libp2pTransport, bytes], Awaitable[object]]) -> None:
    """A peer that says a lawful hello to these nodes and then whatever ``speak`` says."""
    network = network_of(nodes[0])

    async def run() -> None:
        async with stranger([node.made for node in nodes], network) as transport:
            await speak(transport, network)

    trio.run(run)


def test_a_flood_from_one_peer_costs_nobody_an_intent(network: Network) -> None:
    """Ten times what the network can settle, from one peer: what honest people hand in meanwhile settles."""
    crowd, nodes = people(network["v0"], 2, Taste(meeting=100, slack_bps=150.0)), network.validators
    packs = list(worthless(network_of(nodes[0]), FLOOD_PER_S * FLOOD_S))
    signed: list[Signed] = []

    async def honest() -> None:
        while len(signed) < 20:
            signed.extend(await trio.to_thread.run_sync(hand_in, crowd, nodes, 2))

    async def flooded(transport: Libp2pTransport, name: bytes) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(honest)
            await flood(transport, name, packs, FLOOD_PER_S)

    visited([network["v1"]], flooded)
    for node in (network["v0"], network["v3"]):
        wait_until(lambda node=node: "unknown" not in states(node, signed), 60, "all are known")  # type: ignore[misc]
    wait_until(lambda: "received" not in states(network["v2"], signed), 90, "all have had their block")
    wait_until(lambda: TRADED & set(states(network["v2"], signed)) != set(), 90, "one of them has traded")
    network.same_root(network.validators, network["v0"].height, 60)


def test_nonsense_is_survived(network: Network) -> None:
    """On bare sockets, in gossip and in requests: no node ends, none decides anything else than the others."""
    rng = Random(5)

    async def babbled(transport: Libp2pTransport, name: bytes) -> None:
        await babble(transport, name, network["v2"].made, rng, 20)

    for node in network.validators:
        babble_on_sockets(node.made, rng, 10)
    visited([network["v2"]], babbled)
    height = network["v0"].height
    network.moves_on(network["v2"], 3)
    network.same_root(network.validators, height + 1)
    assert all(node.running for node in network.validators)
    assert not any("Traceback" in node.log() for node in network.validators)
