"""One decoder on the border: what it is fed and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.fuzzing.grammar import anything
from benchmarks.fuzzing.mutate import packed, spoilt, spoilt_tree
from intents.canonical import Value, unpack
from intents.errors import WalrasError


class WrittenTwice(AssertionError):
    """What was read does not encode to the bytes it was read from: one value would have two hashes."""


@dataclass(frozen=True)
class Target:
    """``make`` an input, ``read`` it. ``declared`` errors are answers; any other is a finding.

    ``share`` of a short run's inputs: reading a file takes a hundred times what a message takes.
    """

    name: str
    make: Callable[[Random], bytes]
    read: Callable[[bytes], object]
    declared: tuple[type[Exception], ...] = (WalrasError,)
    share: float = 1.0
    #: As many inputs as a whole run has of it: of what takes a file, a process or a key's derivation, fewer.
    most: int = 1_000_000
    #: Fills what the code remembers of sound inputs, so that growth after it is a leak.
    warm: Callable[[], None] = lambda: None


def canonical(form: Callable[[Random], Value], sound: Sequence[bytes]) -> Callable[[Random], bytes]:
    """Inputs for a decoder of canonical msgpack: made by its form, sound ones with a branch or bytes changed."""
    trees: list[Any] = [unpack(data, "corpus", limit=1 << 20) for data in sound]

    def make(rng: Random) -> bytes:
        kind = rng.random()
        if kind < 0.35 or not trees:
            data = packed(form(rng))
        elif kind < 0.8:
            tree = rng.choice(trees)
            for _ in range(rng.randint(1, 3)):
                tree = spoilt_tree(tree, rng)
            data = packed(tree)
        elif kind < 0.83:
            data = packed(anything(rng, 5))
        else:
            data = spoilt(rng.choice(sound), rng, sound)
        return data if rng.random() < 0.93 else spoilt(data, rng, sound)

    return make


def raw(sound: Sequence[bytes]) -> Callable[[Random], bytes]:
    """Sound inputs with bytes changed."""
    return lambda rng: spoilt(rng.choice(sound), rng, sound)


def same(data: bytes, encoded: bytes) -> None:
    if data != encoded:
        raise WrittenTwice(data.hex()[:200])
