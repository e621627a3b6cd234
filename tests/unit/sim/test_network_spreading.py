"""Gossip engines: what is sent and how long it takes, queues, bounds and counting."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from intents.errors import TooMany, WrongValue
from sim.kernel import Kernel
from sim.network.counters import Propagation
from sim.network.gossip import Gossip, GossipModel
from sim.network.hops import Hops
from sim.network.model import LIBP2P_CPU_US, STOCK_LIBP2P_CPU_US, LinkModel
from sim.network.paths import Paths
from sim.network.spreading import SLOT_BITS, Spreading
from sim.network.state import Network
from sim.network.topology import Topology
from sim.network.wire import FRAME_BYTES
from tests.gossip_worlds import CONSTANT, ENGINES, LONG_US, PUSH_ONLY, REPAIRING, full, gossip_world, line, regular

ROOT = Path(__file__).resolve().parents[3]
SECOND = 1_000_000
STEADY = LinkModel(CONSTANT)

both = pytest.mark.parametrize("engine", ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
def test_frames_and_bytes_are_those_of_flooding(engine: type[Spreading]) -> None:
    """The origin sends to each of 6 peers, each other node to 5; all but first arrivals are duplicates."""
    world = gossip_world(engine, regular(50, 6, 3), STEADY, replace(REPAIRING, low=6, advertised=0))
    for message in range(4):
        world.gossip.publish(message, message, 300)
    world.kernel.run(LONG_US)
    totals = world.network.counters.totals()
    frames = 4 * (6 + 49 * 5)
    assert totals["messages_out"] == totals["messages_in"] == frames
    assert totals["bytes_out"] == totals["bytes_in"] == frames * (300 + FRAME_BYTES)
    assert totals["duplicates"] == frames - 4 * 49
    assert world.network.counters.messages_out.max() == 4 * 5 + 1


@both
def test_every_frame_sent_is_received_or_dropped(engine: type[Spreading]) -> None:
    """With loss, cuts and repair together: the books balance."""
    links = LinkModel(loss=0.3)
    world = gossip_world(engine, regular(50, 6, 3), links, REPAIRING)
    world.network.cut_link(1, world.gossip.meshing.mesh.peers[1][0])
    world.kernel.at(30_000, world.network.partition, [range(25)])
    world.kernel.at(SECOND, world.network.heal)
    for message in range(20):
        world.kernel.at(message * 5_000, world.gossip.publish, message, message, 300)
    world.kernel.run(LONG_US)
    totals = world.network.counters.totals()
    assert totals["dropped_lost"] > 0
    assert totals["dropped_cut"] > 0
    assert totals["messages_out"] == totals["messages_in"] + totals["dropped_lost"] + totals["dropped_cut"]


@pytest.mark.parametrize("cpu_us", [0, 50])
def test_links_without_contention_take_their_time(cpu_us: int) -> None:
    """Alone on a line, a message takes bandwidth and computing at each hop, in both fidelities."""
    links = LinkModel(CONSTANT, bandwidth_bps=8_000_000, frame_cpu_us=cpu_us)
    for engine in ENGINES:
        world = gossip_world(engine, line(4), links)
        world.gossip.publish(0, 1, 900)
        world.kernel.run(LONG_US)
        hop_us = 1_000 + 1_000 + cpu_us
        assert [at for at, *_ in world.arrived] == [hop_us, 2 * hop_us, 3 * hop_us]


def test_messages_of_one_link_wait_for_one_another() -> None:
    """Frame by frame five messages at once leave one after the other; where there is no room they are dropped."""
    links = LinkModel(CONSTANT, bandwidth_bps=8_000_000, queue_bytes=2_500)
    world = gossip_world(Hops, line(2), links)
    for message in range(5):
        world.gossip.publish(0, message, 900)
    world.kernel.run(LONG_US)
    assert [at for at, *_ in world.arrived] == [2_000, 3_000, 4_000]
    assert world.network.counters.totals()["dropped_queue"] == 2
    assert world.network.counters.totals()["messages_out"] == 3


def test_a_frame_without_an_event_still_takes_its_turn() -> None:
    """In a full mesh each node pushes to those that have it too: the next message finds those links busy."""
    links = LinkModel(CONSTANT, bandwidth_bps=80_000, queue_bytes=10_000)
    world = gossip_world(Hops, full(3), links)
    world.gossip.publish(0, 1, 900)
    world.kernel.at(101_001, world.gossip.publish, 1, 2, 900)
    world.kernel.run(LONG_US)
    # Node 1 got message 1 at 101 ms and sends it to 2 for 100 ms before its own; node 0 it reaches at once.
    assert [(at, node) for at, node, _, message in world.arrived if message == 2] == [(202_001, 0), (302_000, 2)]


def test_a_busy_node_delays_what_it_passes_on() -> None:
    """Computing is one frame at a time, duplicates included."""
    world = gossip_world(Hops, line(3), LinkModel(CONSTANT, frame_cpu_us=10_000))
    world.gossip.publish(0, 1, 10)
    world.gossip.publish(0, 2, 10)
    world.kernel.run(LONG_US)
    assert [(at, node) for at, node, *_ in world.arrived] == [(11_000, 1), (21_000, 1), (22_000, 2), (32_000, 2)]


@pytest.mark.parametrize(("frame_us", "delivery_us"), [(LIBP2P_CPU_US, 900), (STOCK_LIBP2P_CPU_US, 6_500)])
def test_five_nodes_compute_what_was_measured(frame_us: int, delivery_us: int) -> None:
    """Per delivery, over all nodes, as five py-libp2p processes did (repaired and stock)."""
    world = gossip_world(Hops, full(5), LinkModel(CONSTANT, frame_cpu_us=frame_us), REPAIRING)
    for message in range(20):
        world.kernel.at(message * 100_000, world.gossip.publish, message % 5, message, 500)
    world.kernel.run(LONG_US)
    frames = world.network.counters.totals()["messages_in"]
    assert frames * frame_us == 20 * 4 * delivery_us == len(world.arrived) * delivery_us


@both
def test_delays_of_hours_are_no_trouble(engine: type[Spreading]) -> None:
    """Beyond 32 bits of microseconds."""
    world = gossip_world(engine, line(3, latency_us=5_000_000_000), STEADY)
    world.gossip.publish(0, 1, 10)
    world.kernel.run(LONG_US)
    assert [at for at, *_ in world.arrived] == [5_000_000_000, 10_000_000_000]


def test_an_engine_goes_no_further_than_it_is_run() -> None:
    """Runs in pieces are the run in one, and nothing is told beyond the end."""
    found = []
    for pieces in ([LONG_US], [20_000, 20_001, 55_000, LONG_US]):
        for engine in ENGINES:
            world = gossip_world(engine, regular(30, 4, 1))
            world.gossip.publish(0, 1, 10)
            for until_us in pieces:
                world.kernel.run(until_us)
                assert all(at <= until_us for at, *_ in world.arrived)
            found.append(sorted(world.arrived))
    assert found[0] == found[1] == found[2] == found[3]


@both
def test_halting_stops_gossip_too(engine: type[Spreading]) -> None:
    """No call after the one that halted."""
    world = gossip_world(engine, full(10), STEADY)

    def hear(node: int, sender: int, message: int) -> bool:
        world.kernel.halt()
        return world.hear(node, sender, message)

    world.gossip.deliver = hear
    world.gossip.publish(0, 1, 10)
    world.kernel.run(LONG_US)
    assert len(world.arrived) == 1


@both
def test_too_many_at_once_are_refused_and_counted(engine: type[Spreading]) -> None:
    """What is in flight is bounded."""
    world = gossip_world(engine, line(2), STEADY)
    for message in range((1 << SLOT_BITS) + 5):
        world.gossip.publish(0, message, 10)
    assert world.gossip.refused == 5


def test_propagation_is_quantiles_of_delays() -> None:
    """Of each message exactly; of all together within a bin."""
    propagation = Propagation()
    rng = np.random.default_rng(1)
    every = [rng.integers(1, 1_000_000, 500) for _ in range(20)]
    for number, delays in enumerate(every):
        propagation.add(number, 0, 0, 300, delays, 501)
    first = sorted(every[0].tolist())
    record = propagation.records[0]
    assert (record.p50_us, record.p99_us, record.last_us) == (first[249], first[494], first[499])
    assert record.reached == 501
    together = np.sort(np.concatenate(every))
    for percent in (1, 50, 99, 100):
        exact = int(together[len(together) * percent // 100 - 1])
        assert exact <= propagation.quantile_us(percent) <= exact * 1.045 + 1


@both
@pytest.mark.parametrize("dying", [0, 3])
def test_who_had_it_and_died_is_counted_once(engine: type[Spreading], dying: int) -> None:
    """Whether it comes back, is told and dies again or not, and whoever published it: its first time counts."""
    for back in (False, True):
        world = gossip_world(engine, full(6), STEADY, REPAIRING)
        world.gossip.publish(0, 1, 300)
        world.kernel.at(SECOND, world.gossip.down, dying)
        if back:
            world.kernel.at(2 * SECOND, world.gossip.up, dying)
            world.kernel.at(4 * SECOND, world.gossip.down, dying)
        world.kernel.run(LONG_US)
        assert (dying in [node for at, node, *_ in world.arrived if at > 2 * SECOND]) is back
        record = world.gossip.propagation.records[0]
        assert (record.reached, record.last_us) == (6, 1_000)


@both
def test_recorded_times_are_those_of_the_calls(engine: type[Spreading]) -> None:
    """p50, p99 and last of a message are quantiles of when subscribers were told."""
    world = gossip_world(engine, regular(40, 5, 1))
    world.kernel.at(5_000, world.gossip.publish, 3, 9, 10)
    world.kernel.run(LONG_US)
    delays = sorted(at - 5_000 for at, *_ in world.arrived)
    (record,) = world.gossip.propagation.records
    assert (record.origin, record.published_us, record.reached) == (3, 5_000, 40)
    assert (record.p50_us, record.p99_us, record.last_us) == (delays[19], delays[38], delays[38])


def test_a_gossip_that_cannot_be_is_refused() -> None:
    """By name, with the value."""
    with pytest.raises(WrongValue, match=r"gossip\.degree"):
        GossipModel(degree=3, low=4)
    with pytest.raises(WrongValue, match=r"gossip\.advertised"):
        GossipModel(advertised=6)
    with pytest.raises(TooMany, match="nodes"):
        Paths(Network(Kernel(1), Topology(40_000, (), ()), STEADY), PUSH_ONLY, lambda *_: True)


SCRIPT = """
from sim.network.model import LinkModel
from tests.gossip_worlds import ENGINES, REPAIRING, gossip_world, regular
for engine in ENGINES:
    links = LinkModel(loss=0.3, copies=0.1, bandwidth_bps=1_000_000)
    world = gossip_world(engine, regular(60, 6, 2), links, REPAIRING)
    world.kernel.at(30_000, world.network.partition, [range(30)])
    world.kernel.at(1_000_000, world.network.heal)
    for message in range(20):
        world.kernel.at(message * 9_000, world.gossip.publish, message, str(message).encode(), 300)
    world.kernel.run(1 << 40)
    print(world.gossip.digest, world.network.counters.totals(), hash(tuple(at for at, *_ in world.arrived)))
"""


def test_a_seed_is_a_run_whatever_the_process_and_its_hash_seed() -> None:
    """Arrivals, digest and counters of both engines, with faults and repair."""
    found = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        found.add(run.stdout)
    assert len(found) == 1
    assert len(found.pop().splitlines()) == 2


def test_engines_are_what_a_world_asks_for() -> None:
    """Both are ``Gossip``, as the type checker sees it, and take bytes as well as numbers."""
    worlds = [gossip_world(engine, line(3), STEADY) for engine in ENGINES]
    gossips: list[Gossip] = [world.gossip for world in worlds]
    for gossip in gossips:
        gossip.publish(0, b"bytes", 5)
    for world in worlds:
        world.kernel.run(LONG_US)
        assert [node for _, node, *_ in world.arrived] == [1, 2]
        assert {str(message) for *_, message in world.arrived} == {"b'bytes'"}
