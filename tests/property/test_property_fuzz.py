"""No decoder on the border fails, or takes bytes it would write otherwise: a short run of the benchmark."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz_decoders import all_targets
from benchmarks.fuzzing.running import run
from benchmarks.fuzzing.target import Target, canonical, same
from intents.canonical import Value, unpack

NAMES = [target.name for target in all_targets(Path())]
INPUTS = 2_000


@pytest.mark.parametrize("name", NAMES)
def test_spoilt_inputs_are_refused_in_declared_words(name: str, tmp_path: Path) -> None:
    """Two thousand of them (fewer of files) and no other exception."""
    target = next(target for target in all_targets(tmp_path) if target.name == name)
    row = run(target, max(1, int(INPUTS * target.share)), seed=7)
    assert row.findings == ()


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


def test_the_same_seed_makes_the_same_inputs() -> None:
    """A finding can be made again."""
    for target in all_targets(Path()):
        one, two = Random(target.name), Random(target.name)
        assert [target.make(one) for _ in range(20)] == [target.make(two) for _ in range(20)]
