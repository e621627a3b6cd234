"""Kernel, links, disk and trace of the simulator, each alone."""

from __future__ import annotations

from collections import Counter

import pytest

from node.agreement.effects import Locked, Persist, Sent
from node.agreement.messages import Ballot, Body, Certificate
from node.machine import Ask, Store
from sim.campaign import run_world
from sim.disk import Disk
from sim.kernel import Kernel
from sim.links import LinkModel, Links
from sim.tracing import Recent, brief


def test_events_come_in_order_of_time_then_of_scheduling() -> None:
    """Whatever was scheduled for the past happens now."""
    kernel = Kernel(1)
    seen: list[str] = []
    for time_us, name in ((5, "b"), (3, "a"), (5, "c")):
        kernel.at(time_us, seen.append, name)
    kernel.at(4, lambda: kernel.at(1, seen.append, "late"))
    kernel.run(10)
    assert seen == ["a", "late", "b", "c"]
    assert (kernel.now_us, kernel.events) == (5, 5)


def test_whoever_halts_is_the_last() -> None:
    """What is left can be run later."""
    kernel = Kernel(1)
    seen: list[str] = []
    kernel.at(1, kernel.halt)
    kernel.at(2, seen.append, "after")
    kernel.run(10)
    assert seen == []
    kernel.run(10)
    assert seen == ["after"]


def test_a_watcher_sees_every_event_before_it_happens() -> None:
    """What is called, with what."""
    kernel = Kernel(1)
    done: list[int] = []
    seen: list[tuple[int, object]] = []
    kernel.watch = lambda call, arguments: seen.append((len(done), arguments))
    kernel.at(1, done.append, 7)
    kernel.at(2, done.append, 8)
    kernel.run(10)
    assert seen == [(0, (7,)), (1, (8,))]


def arrivals(links: Links, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which messages arrive of one sent over each pair."""
    got: list[tuple[int, int]] = []
    for pair in pairs:
        links.send(*pair, got.append, pair)
    links.kernel.run(1 << 40)
    return sorted(got)


@pytest.mark.parametrize("faulty_until_us", [0, 1_000_000])
def test_what_is_spread_is_as_if_sent_one_by_one(faulty_until_us: int) -> None:
    """The same arrive at the same times, counted alike: under faults, and on a quiet network."""

    def heard(spread: bool) -> tuple[list[tuple[int, int, int, str]], int]:
        kernel = Kernel(5)
        links = Links(kernel, LinkModel(slow=0.2, loss=0.3, copies=0.2), faulty_until_us)
        got: list[tuple[int, int, int, str]] = []

        def deliver(target: int, source: int, what: str) -> None:
            got.append((kernel.now_us, target, source, what))

        links.cut({0, 1, 2})
        for word in "abcdefgh":
            if spread:
                links.spread(1, (0, 2, 3), deliver, word)
                continue
            for target in (0, 2, 3):
                links.send(1, target, deliver, target, 1, word)
        kernel.run(1 << 40)
        return got, links.sent

    assert heard(spread=True) == heard(spread=False)
    assert heard(spread=True)[1] == 24


ALL = [(a, b) for a in range(4) for b in range(4) if a != b]


def test_a_cut_parts_two_groups_and_heals() -> None:
    """Within each group everything arrives."""
    links = Links(Kernel(1), LinkModel(), 1 << 50)
    links.cut({0, 1})
    assert arrivals(links, ALL) == [(0, 1), (1, 0), (2, 3), (3, 2)]
    links.heal()
    assert arrivals(links, ALL) == ALL


def test_a_cut_one_way_lets_the_group_be_heard() -> None:
    """Nothing reaches it from outside."""
    links = Links(Kernel(1), LinkModel(), 1 << 50)
    links.deafen({0})
    assert arrivals(links, ALL) == [(a, b) for a, b in ALL if b != 0]


def test_faults_end_when_they_must() -> None:
    """From that moment on nothing is lost, copied, cut or slow."""
    links = Links(Kernel(1), LinkModel(loss=1.0, slow=1.0), 1_000)
    links.cut({0, 1})
    assert arrivals(links, ALL) == []
    links.kernel.at(1_000, lambda: None)
    links.kernel.run(1_000)
    assert arrivals(links, ALL) == ALL
    assert links.kernel.now_us <= 1_000 + LinkModel().most_us


def test_delays_copies_and_losses_have_their_rates() -> None:
    """Over 20,000 messages within five standard errors."""
    kernel = Kernel(3)
    links = Links(kernel, LinkModel(least_us=10, most_us=13, loss=0.2, copies=0.1, slow_us=13), 1 << 50)
    at: Counter[int] = Counter()
    for _ in range(20_000):
        links.send(0, 1, lambda: at.update([kernel.now_us]))
    kernel.run(1 << 40)
    assert sum(at.values()) == pytest.approx(20_000 * 0.8 * 1.1, rel=0.02)
    assert sorted(at) == [10, 11, 12, 13]
    assert all(count == pytest.approx(20_000 * 0.8 * 1.1 / 4, rel=0.06) for count in at.values())


def _persist() -> Persist:
    polka = Certificate(Ballot.PREVOTE, 3, 0, bytes(32), ())
    return Persist(3, (Locked(b"block", polka), Sent(Body(3, b"block"))))


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_torn_write_keeps_its_first_records(kept: int) -> None:
    """And everything that was synchronised before."""
    disk, write = Disk(), _persist()
    disk.append(3, write.records)
    disk.tear(write, kept)
    disk.tear(Store((b"one", b"two")), kept)
    assert disk.log[3] == [*write.records, *write.records[:kept]]
    assert sorted(disk.items.values()) == sorted([b"one", b"two"][:kept])


def test_a_disk_that_lies_loses_its_log() -> None:
    """All that it said was synchronised since the last decision."""
    disk, write = Disk(honest=False), _persist()
    disk.append(3, write.records)
    disk.tear(write, 2)
    assert disk.log == {}


def test_the_last_events_are_told_in_words() -> None:
    """As many as asked for, times not falling, hashes by their first bytes, records by their fields."""
    recent = Recent(50)
    run_world(3, recent=recent)
    lines = recent.lines()
    assert len(lines) == 50
    times = [float(line.split()[0]) for line in lines]
    assert times == sorted(times)
    assert brief((bytes(range(32)), 3, Ballot.PREVOTE)) == "[00010203 3 prevote]"
    assert brief(Ask(None, (bytes(32),))) == "Ask(None [00000000])"
