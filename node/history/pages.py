"""Pages of a history's rows: those that can be what was written, and the keys of those that cannot.

One spoilt row spoils no page: whoever asked is told which it is, and goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from intents.errors import InputError
from node.history.errors import HistoryDamaged

R = TypeVar("R")
#: Above every height, auction and time that was written, and below what a JSON reader rounds.
MOST_KEY: Final = 1 << 53
#: Characters of why a row is none.
_WHY: Final = 300


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """``key`` is its column of that name: a block's height, an auction's number, an intent's place in the order
    they came. ``why`` says what no row can say."""

    key: int
    why: str


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """``rows`` and ``damaged`` together are no more than were asked for, both newest first. ``next`` is the
    ``before`` of the page after; ``None`` after the last."""

    rows: tuple[R, ...]
    damaged: tuple[DamagedRow, ...]
    next: int | None


def page_of(found: Sequence[Sequence[Any]], limit: int, read: Callable[[Sequence[Any]], R]) -> Page[R]:
    """``found``: what the query for ``limit`` rows has found, each with its key first."""
    rows: list[R] = []
    damaged: list[DamagedRow] = []
    for row in found:
        try:
            rows.append(read(row))
        except (InputError, HistoryDamaged) as error:
            damaged.append(DamagedRow(row[0], why(error)))
    return Page(tuple(rows), tuple(damaged), _after(found, limit))


def why(error: InputError | HistoryDamaged) -> str:
    return (error.why if isinstance(error, HistoryDamaged) else str(error))[:_WHY]


def _after(found: Sequence[Sequence[Any]], limit: int) -> int | None:
    if not found or len(found) < limit or found[-1][0] < 0:
        return None
    return min(int(found[-1][0]), MOST_KEY)
