"""A validator that loses its disk: it does not vote again where it may have voted before."""

from __future__ import annotations

import pytest

from sim.disk import Disk
from tests.agreement_worlds import World
from tests.ledgers import genesis


def lost(seed: int, *, knows: bool, again_us: int = 0, remembers: bool = True) -> World:
    """One of four loses its disk in the middle of a vote; ``knows`` is whether it is told so.

    With ``again_us`` it dies once more so long after it came back; ``remembers`` is whether it then still knows.
    """
    world = World(seed, genesis(validators=4), crashes=0.0)
    victim = seed % 4
    at_us = 2_000_000 + 137_000 * seed % 9_000_000
    world.cluster.start()

    def lose() -> None:
        if knows:
            world.cluster.wipe(victim, Disk())
        else:
            world.members[victim].disk = Disk()
            world.cluster.restart(victim)

    world.kernel.at(at_us, world.cluster.crash, victim)
    world.kernel.at(at_us + 100_000, lose)

    def return_() -> None:
        world.members[victim].disk.lost &= remembers
        world.cluster.restart(victim)

    if again_us:
        world.kernel.at(at_us + 100_000 + again_us, world.cluster.crash, victim)
        world.kernel.at(at_us + 110_000 + again_us, return_)
    world.run(20_000_000)
    return world


@pytest.mark.parametrize("seed", range(10))
def test_one_that_lost_its_log_says_nothing_twice_and_votes_again_later(seed: int) -> None:
    """It observes until the others are past anything it can have signed."""
    world = lost(seed, knows=True)
    assert world.equivocations() == []
    victim = world.members[seed % 4]
    assert victim.machine.past.amnesia is None
    assert victim.machine.app.height >= world.height() - 1
    assert any(key == victim.machine.key and height > world.height() - 5 for key, height, *_ in world.votes)


def test_one_that_does_not_know_that_it_lost_its_log_equivocates() -> None:
    """Which is why it must be told: the same worlds, without the question, have two votes at one place."""
    assert any(lost(seed, knows=False).equivocations() for seed in range(10))


@pytest.mark.parametrize("seed", range(10, 20))
def test_one_that_dies_again_before_it_has_found_out_still_does_not_know(seed: int) -> None:
    """A disk that came in place of a lost one says so until something is said that is on it."""
    assert lost(seed, knows=True, again_us=60_000).equivocations() == []


def test_one_that_forgets_that_it_lost_its_log_equivocates() -> None:
    """The control: the same worlds without the mark."""
    worlds = (lost(seed, knows=True, again_us=60_000, remembers=False) for seed in range(10, 20))
    assert any(world.equivocations() for world in worlds)


def test_a_log_that_lacks_its_end_is_as_lost_as_none() -> None:
    """Decisions are there, what was said since is not."""
    world = World(3, genesis(validators=4), crashes=0.0)
    world.cluster.start()
    world.run(3_000_000)
    world.cluster.crash(1)
    disk = world.members[1].disk
    disk.log.clear()
    world.cluster.wipe(1, disk)
    world.run(9_000_000)
    assert world.equivocations() == []
    assert world.members[1].machine.past.amnesia is None
