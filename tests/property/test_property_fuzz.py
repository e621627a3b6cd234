"""No decoder on the border fails, or takes bytes it would write otherwise: a short run of the benchmark."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz_decoders import all_targets
from benchmarks.fuzzing.running import cheapest_first, run, run_apart
from benchmarks.fuzzing.target import Target, canonical, same
from intents.canonical import Value, unpack

NAMES = [target.name for target in all_targets(Path())]
INPUTS = 2_000
#: Those that take nothing but the sound input itself, or that always answer with an error.
REFUSED = {"snapshot", "node's refusal", "node's refusal, asked"}


@pytest.mark.parametrize("name", NAMES)
def test_spoilt_inputs_are_refused_in_declared_words(name: str, tmp_path: Path) -> None:
    """Two thousand of them (fewer of files) and no other exception. Some are read: they were nearly sound."""
    target = next(target for target in all_targets(tmp_path) if target.name == name)
    row = run(target, max(1, int(INPUTS * target.share)), seed=7)
    assert row.findings == ()
    assert (row.accepted == 0) == (name in REFUSED)


def test_a_decoder_that_fails_is_found() -> None:
    """The loop itself notices an undeclared exception, and a value with two forms."""

    def read(data: bytes) -> None:
        value = unpack(data, "x", limit=1 << 16)
        assert not isinstance(value, str)
        same(data, b"" if value == 5 else data)

    def form(rng: Random) -> Value:
        return rng.choice(("text", 5))

    row = run(Target("broken", canonical(form, ()), read), 200, seed=1)
    assert {error.split(":")[0] for _, error in row.findings} == {"AssertionError", "WrittenTwice"}
    assert row.failures > 50


def test_a_run_says_how_many_inputs_it_had_and_what_it_kept() -> None:
    """One cut short has fewer than were asked for; what a decoder keeps of each input is growth."""
    kept: list[list[bytes]] = []
    leak = Target("leak", lambda rng: rng.randbytes(40), lambda data: kept.append([data]))
    row = run(leak, 20_000, seed=1)
    assert row.early is not None
    assert row.late is not None
    assert row.inputs == len(kept) == 20_000
    assert row.late.objects - row.early.objects >= 15_000
    slow = Target("slow", lambda rng: b"", lambda data: sum(range(10_000)))
    assert 0 < run(slow, 1_000_000, seed=1, limit_s=0.05).inputs < 1_000_000


def test_a_decoder_that_ends_its_process_is_found() -> None:
    """As one does whose library aborts; the others go on."""
    row = run_apart(Target("gone", lambda rng: b"", lambda data: os._exit(9)), 10, seed=1)
    assert row.failures == 1
    assert "ended with 9" in row.findings[0][1]
    assert run_apart(Target("there", lambda rng: b"", len), 10, seed=1).accepted == 10


def _added(many: int, data: bytes) -> int:
    return sum(range(many), len(data))


def test_the_cheapest_decoder_comes_first() -> None:
    """What is cut short at the end has left out the fewest inputs."""
    costs = {"dear": 30_000, "cheap": 10, "between": 1_000}
    targets = [Target(name, partial(Random.randbytes, n=0), partial(_added, many)) for name, many in costs.items()]
    assert [target.name for target in cheapest_first(targets)] == ["cheap", "between", "dear"]


def test_the_same_seed_makes_the_same_inputs() -> None:
    """A finding can be made again."""
    for target in all_targets(Path()):
        one, two = Random(target.name), Random(target.name)
        assert [target.make(one) for _ in range(20)] == [target.make(two) for _ in range(20)]
