"""Late joiners: from nothing but the genesis to the others' height and state, whoever lies to them on the way."""

from __future__ import annotations

import pytest

from node.catchup import snapshot
from node.catchup.library import Keeping
from node.catchup.light import Pin
from node.chain.blocks import decode_block
from settlement.ledger.books import check_all
from sim.cluster import Member
from tests.agreement_worlds import LIES, Liar, World
from tests.ledgers import genesis

LATE = 4
JOINS_US, ENDS_US = 12_000_000, 24_000_000


def joined(seed: int, lie: str | None = None) -> tuple[World, Member, Liar | None]:
    """Four validators; a fifth node begins late, when the others no longer have the first decisions."""
    world = World(seed, genesis(validators=4))
    liar = Liar(seed % 4, lie) if lie is not None else None
    world.cluster.distort = liar
    world.cluster.crash(LATE)
    world.cluster.start()
    world.kernel.at(JOINS_US, world.cluster.restart, LATE)
    world.run(ENDS_US)
    return world, world.members[LATE], liar


def holds(world: World, late: Member) -> None:
    """At the head, with the very state of the others, by a snapshot and then block by block."""
    head = world.height()
    assert late.machine.app.height >= head - 1
    assert late.disk.base is not None
    assert late.disk.base.height > 0
    decided: dict[int, bytes] = {}
    for member in world.members:
        for decision in member.disk.decisions:
            assert decided.setdefault(decision.height, decision.block) == decision.block
    roots = {height: decode_block(block).header.state_root for height, block in decided.items()}
    assert late.machine.app.state.root == roots[late.machine.app.height]
    check_all(late.machine.app.state)


@pytest.mark.parametrize("seed", range(5))
def test_a_late_joiner_reaches_the_head_by_a_snapshot(seed: int) -> None:
    """Though messages were lost and nodes died before it came."""
    world, late, _ = joined(seed)
    holds(world, late)


@pytest.mark.parametrize("lie", LIES)
def test_a_peer_that_lies_about_the_past_stops_nobody(lie: str) -> None:
    """One of four lies; all that join reach the head, none with another state."""
    told = 0
    for seed in range(15):
        world, late, liar = joined(seed, lie)
        assert liar is not None
        holds(world, late)
        told += liar.told
        if seed >= 4 and (told or lie == "no links"):
            return
    raise AssertionError("nobody was lied to")


def test_a_snapshot_of_many_chunks_comes_from_many_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though one of them corrupts its pieces."""
    monkeypatch.setattr(snapshot, "CHUNK_BYTES", 100)
    senders = set()
    for seed in range(4):
        world, late, liar = joined(seed, "corrupt chunks")
        holds(world, late)
        assert late.disk.base is not None
        assert len(late.disk.base.chunks) > 10
        assert liar is not None
        senders.add(liar.told > 0)
    assert True in senders


def test_an_operator_s_word_is_followed_and_a_wrong_one_leads_nowhere() -> None:
    """The same world thrice: without a pin, with the block of its first snapshot, with another."""
    world, _, _ = joined(1)
    found = world.members[0].disk.archive[0]
    height, block = found.certificate.height, found.certificate.block
    holds(*pinned(Pin(height, block)))
    world, late = pinned(Pin(height, b"z" * 32))
    assert (late.machine.app.height, late.disk.base) == (-1, None)


def pinned(pin: Pin) -> tuple[World, Member]:
    world = World(1, genesis(validators=4), pin=pin)
    world.cluster.crash(LATE)
    world.cluster.start()
    world.kernel.at(JOINS_US, world.cluster.restart, LATE)
    world.run(ENDS_US)
    return world, world.members[LATE]


def test_one_that_joined_late_comes_back_after_a_crash_and_serves_others() -> None:
    """What it installed is on its disk, with what was decided since; the snapshot is served on."""
    world, late, _ = joined(3)
    height = late.machine.app.height
    world.cluster.crash(LATE)
    world.cluster.restart(LATE)
    back = world.members[LATE]
    assert back.machine.app.height == height
    world.run(ENDS_US + 3_000_000)
    holds(world, world.members[LATE])


def test_whoever_is_only_a_little_behind_needs_no_snapshot() -> None:
    """Decisions are enough."""
    world = World(1, genesis(validators=4), keeping=Keeping(snapshot_every=2, keep_decisions=1_000))
    world.cluster.crash(LATE)
    world.cluster.start()
    world.kernel.at(6_000_000, world.cluster.restart, LATE)
    world.run(14_000_000)
    late = world.members[LATE]
    assert late.disk.base is None
    assert late.machine.app.height >= world.height() - 1
