"""Where the tokens of many venues stand: rows of n places, filled from the left, and the edges between them.

Rows let venues of different sizes answer together; a place without a token has index 0 and ``used`` unset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.router.families import Bools, Floats, Ints
from solver.router.tally import totals


@dataclass(frozen=True, slots=True)
class Layout:
    """P venues over at most n of T tokens each. ``place_token``: (P, n); ``used``: (P, n).

    ``slots`` are the used places, row by row, as positions in the flattened rows; ``first`` and ``second`` (E,)
    are the edges between places of one row, likewise. ``everywhere`` tells that no place is unused.
    """

    tokens: int
    place_token: Ints
    used: Bools
    slots: Ints
    slot_token: Ints
    slot_venue: Ints
    first: Ints
    second: Ints
    tails: Ints
    heads: Ints
    everywhere: bool

    @classmethod
    def of(cls, tokens: int, rows: Sequence[Sequence[int]]) -> Layout:
        width = max((len(row) for row in rows), default=0)
        place_token = np.zeros((len(rows), width), np.int64)
        used = np.zeros((len(rows), width), bool)
        for venue, row in enumerate(rows):
            place_token[venue, : len(row)] = row
            used[venue, : len(row)] = True
        return cls.from_rows(tokens, place_token, used)

    @classmethod
    def from_rows(cls, tokens: int, place_token: Ints, used: Bools) -> Layout:
        venues, width = place_token.shape
        flat = np.arange(venues * width).reshape(venues, width)
        slots = flat[used]
        left, right = np.triu_indices(width, 1)
        both = used[:, left] & used[:, right]
        first, second = flat[:, left][both], flat[:, right][both]
        named = place_token.ravel()
        return cls(
            tokens, place_token, used, slots, named[slots], slots // max(width, 1), first, second, named[first],
            named[second], bool(used.all()),
        )  # fmt: skip

    @property
    def venues(self) -> int:
        return len(self.place_token)

    def only(self, keep: Bools) -> Layout:
        return Layout.from_rows(self.tokens, self.place_token[keep], self.used[keep])

    def net(self, places: Floats) -> Floats:
        """(T,) the sum per token of one number per place, (P, n); unused places must hold 0."""
        return totals(self.place_token.ravel(), places.ravel(), self.tokens)


def rows_of(values: Sequence[Sequence[float]], width: int, fill: float) -> Floats:
    """(P, width) rows padded on the right."""
    rows = np.full((len(values), width), fill)
    for venue, row in enumerate(values):
        rows[venue, : len(row)] = row
    return rows


class Laid:
    """What every family of venues on a ``Layout`` says of its places."""

    __slots__ = ()
    layout: Layout

    @property
    def tokens(self) -> int:
        return self.layout.tokens

    @property
    def venues(self) -> int:
        return self.layout.venues

    @property
    def tails(self) -> Ints:
        return self.layout.tails

    @property
    def heads(self) -> Ints:
        return self.layout.heads

    @property
    def slot_token(self) -> Ints:
        return self.layout.slot_token

    @property
    def slot_venue(self) -> Ints:
        return self.layout.slot_venue
