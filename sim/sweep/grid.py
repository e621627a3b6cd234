"""The cells of a sweep: every combination of the values that its axes name."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from intents.errors import UsageError

MAX_CELLS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination: its changes, as ``--set`` takes them. ``id`` names its directory."""

    changes: tuple[str, ...]

    @property
    def id(self) -> str:
        return hashlib.sha256("\n".join(self.changes).encode()).hexdigest()[:16]


def cells(axes: Iterable[str]) -> tuple[Cell, ...]:
    """Axes are ``path=value,value,…``; a value with commas of its own goes in brackets or quotes, as in TOML."""
    lists = [_axis(axis) for axis in axes]
    count = 1
    for changes in lists:
        count *= len(changes)
    if count > MAX_CELLS:
        raise UsageError("--grid", f"{count} combinations, at most {MAX_CELLS}")
    return tuple(Cell(combination) for combination in itertools.product(*lists))


def _axis(axis: str) -> Sequence[str]:
    path, sign, values = axis.partition("=")
    if not sign or not path.strip():
        raise UsageError("--grid", f'"{axis[:80]}" is not of the form path=value,value,…')
    if path.strip() == "seed":
        raise UsageError("--grid", "seeds are not an axis: every cell is run with --seeds of them")
    found = [value.strip() for value in _split(values)]
    if found == [""]:
        raise UsageError("--grid", f'"{axis[:80]}" names no value')
    if len(set(found)) != len(found):
        raise UsageError("--grid", f'"{axis[:80]}" names a value twice')
    return [f"{path.strip()} = {value}" for value in found]


def _split(values: str) -> Iterable[str]:
    """By commas outside brackets and quotes."""
    depth, quote, start = 0, "", 0
    for place, sign in enumerate(values):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif sign == "," and depth == 0:
            yield values[start:place]
            start = place + 1
    yield values[start:]
