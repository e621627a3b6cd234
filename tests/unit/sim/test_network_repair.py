"""Gossip engines: who hears what after cuts, loss, crashes and refusals, and how long anything is remembered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.network.gossip import GossipModel
from sim.network.hops import Hops
from sim.network.model import LinkModel
from sim.network.spreading import Spreading
from tests.gossip_worlds import (
    CONSTANT,
    ENGINES,
    LONG_US,
    PUSH_ONLY,
    REPAIRING,
    TWO_HUBS,
    full,
    gossip_world,
    line,
    regular,
)

SECOND = 1_000_000
STEADY = LinkModel(CONSTANT)

both = pytest.mark.parametrize("engine", ENGINES)


@both
def test_what_a_partition_kept_away_is_repaired_after_it(engine: type[Spreading]) -> None:
    """Healed within the window in which it is advertised, everybody gets it, by IHAVE and IWANT; once."""
    world = gossip_world(engine, regular(40, 6, 1), STEADY, REPAIRING)
    world.network.partition([range(20)])
    world.gossip.publish(0, 1, 300)
    world.kernel.at(2 * SECOND, world.network.heal)
    world.kernel.run(LONG_US)
    assert world.who(1) == list(range(1, 40))
    assert max(at for at, *_ in world.arrived) < (2 + 2) * SECOND


@both
def test_nobody_advertises_for_ever(engine: type[Spreading]) -> None:
    """Healed after the window, the other side never hears of it; what is published then reaches all."""
    world = gossip_world(engine, full(40), STEADY, REPAIRING)
    world.network.partition([range(20)])
    world.gossip.publish(0, 1, 300)
    world.kernel.at(5 * SECOND, world.network.heal)
    world.kernel.at(6 * SECOND, world.gossip.publish, 0, 2, 300)
    world.kernel.run(LONG_US)
    assert world.who(1) == list(range(1, 20))
    assert world.who(2) == list(range(1, 40))


@both
def test_loss_is_repaired(engine: type[Spreading]) -> None:
    """With four frames in ten lost pushes leave gaps, and repair none."""
    for model, whole in ((replace(REPAIRING, advertised=0), False), (REPAIRING, True)):
        world = gossip_world(engine, regular(60, 6, 2), LinkModel(loss=0.4), model)
        for message in range(10):
            world.kernel.at(message * 1_000, world.gossip.publish, message, message, 300)
        world.kernel.run(LONG_US)
        reached = [len(world.who(message)) for message in range(10)]
        assert (min(reached) == 59) is whole


@both
def test_pieces_of_a_mesh_are_joined_by_repair(engine: type[Spreading]) -> None:
    """Two hubs whose only link no one grafts: pushes stop there, IHAVE crosses it on the next heartbeat."""
    for model, told in ((PUSH_ONLY, [2, 4, 6, 8]), (replace(PUSH_ONLY, advertised=3), list(range(1, 10)))):
        world = gossip_world(engine, TWO_HUBS, STEADY, model, seed=0)
        assert 1 not in world.gossip.meshing.mesh.peers[0]
        world.gossip.publish(0, 1, 300)
        world.kernel.run(LONG_US)
        assert world.who(1) == told
    crossed_us = next(at for at, node, sender, _ in world.arrived if (sender, node) == (0, 1))
    assert crossed_us < 2 * SECOND


@both
def test_a_late_joiner_hears_what_is_advertised_and_what_comes(engine: type[Spreading]) -> None:
    """Not what was published long before it came."""
    world = gossip_world(engine, regular(30, 6, 1), STEADY, REPAIRING, absent=[7])
    for number, second in enumerate((0, 9, 11)):
        world.kernel.at(second * SECOND, world.gossip.publish, 0, number, 300)
    world.kernel.at(10 * SECOND, world.gossip.join, 7)
    world.kernel.run(LONG_US)
    assert [message for _, node, _, message in world.arrived if node == 7] == [1, 2]


@both
def test_a_crash_loses_what_was_under_way_and_what_was_seen(engine: type[Spreading]) -> None:
    """0 – 1 – 2 at 1 ms: 2 dies before it arrives, comes back with nothing, and is told of it by its peer."""
    world = gossip_world(engine, line(3), STEADY, REPAIRING)
    world.gossip.publish(0, 1, 300)
    world.kernel.at(1_500, world.gossip.down, 2)
    world.kernel.at(1_900, world.gossip.up, 2)
    world.kernel.run(1_000 * 900)
    assert world.who(1) in ([1], [1, 2])
    world.kernel.run(LONG_US)
    assert world.who(1) == [1, 2]
    assert min(at for at, node, *_ in world.arrived if node == 2) > 1_900


@both
def test_who_refuses_passes_nothing_on(engine: type[Spreading]) -> None:
    """In a line everybody behind hears nothing, not even by advertisement."""
    world = gossip_world(engine, line(5), STEADY, REPAIRING)
    world.refuses.add((2, 1))
    world.gossip.publish(0, 1, 300)
    world.kernel.run(LONG_US)
    assert world.who(1) == [1, 2]


@both
def test_relays_pass_on_and_are_not_told(engine: type[Spreading]) -> None:
    """Only subscribers are; one that subscribes later is told from then on."""
    world = gossip_world(engine, line(6), STEADY, subscribers=[0, 5])
    world.gossip.publish(0, 1, 300)
    world.kernel.run(SECOND)
    world.gossip.subscribe(3)
    world.gossip.publish(0, 2, 300)
    world.kernel.run(LONG_US)
    assert (world.who(1), world.who(2)) == ([5], [3, 5])


@both
def test_a_message_is_remembered_for_a_while(engine: type[Spreading]) -> None:
    """Published again while remembered it goes nowhere; when forgotten it is a message like any other."""
    world = gossip_world(engine, full(5), STEADY, replace(PUSH_ONLY, seen_us=60 * SECOND))
    for second in (0, 20, 50, 100):
        world.kernel.at(second * SECOND, world.gossip.publish, second % 5, b"the same bytes", 300)
    world.kernel.run(LONG_US)
    assert world.gossip.published == 2
    assert len(world.arrived) == 8


@both
def test_a_node_that_was_away_may_hear_an_old_message_again(engine: type[Spreading]) -> None:
    """Whoever remembers it is not told twice, whoever does not is told."""
    world = gossip_world(engine, full(4), STEADY, absent=[3])
    world.kernel.at(0, world.gossip.publish, 0, 1, 300)
    world.kernel.at(20 * SECOND, world.gossip.up, 3)
    world.kernel.at(30 * SECOND, world.gossip.publish, 3, 1, 300)
    world.kernel.at(40 * SECOND, world.gossip.publish, 0, 1, 300)
    world.kernel.run(LONG_US)
    assert world.who(1) == [1, 2]
    assert world.gossip.published == 2


@both
def test_a_crash_forgets_what_nobody_keeps_any_more(engine: type[Spreading]) -> None:
    """A node that died since publishes again what it no longer knows; the others do, and are not told."""
    world = gossip_world(engine, full(4), STEADY)
    world.gossip.publish(0, 1, 300)
    for at_us, what in ((20 * SECOND, world.gossip.down), (21 * SECOND, world.gossip.up)):
        world.kernel.at(at_us, what, 0)
    for second, node in ((30, 1), (31, 0), (32, 0)):
        world.kernel.at(second * SECOND, world.gossip.publish, node, 1, 300)
    world.kernel.run(LONG_US)
    assert world.gossip.published == 2
    assert world.who(1) == [1, 2, 3]


def test_a_mesh_keeps_its_degree_when_nodes_go() -> None:
    """Within the bounds at first, and by a heartbeat after peers have gone again; peers are mutual."""
    model = GossipModel(degree=6, low=4, high=12)
    world = gossip_world(Hops, full(60), STEADY, model)

    def degrees() -> list[int]:
        mesh = world.gossip.meshing.mesh
        for node, peers in enumerate(mesh.peers):
            assert all(node in mesh.peers[peer] for peer in peers)
        return [len(peers) for peers in mesh.peers]

    assert min(degrees()) >= 6
    assert max(degrees()) <= 12
    for node in range(30):
        world.gossip.down(node)
    world.kernel.run(2 * SECOND)
    found = degrees()
    assert found[:30] == [0] * 30
    assert min(found[30:]) >= 4
