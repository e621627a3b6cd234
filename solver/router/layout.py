"""Where the tokens of many venues stand: columns of n places, filled from the top, and the edges between them.

Columns let venues of different sizes answer together, and sums over a venue's places are additions of whole rows.
A place without a token has index 0 and ``used`` unset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.router.families import Bools, Floats, Ints
from solver.tally import totals


@dataclass(frozen=True, slots=True)
class Layout:
    """P venues over at most n of T tokens each. ``place_token``: (n, P); ``used``: (n, P).

    ``slots`` are the used places, venue by venue, as positions in the flattened places; ``first`` and ``second``
    (E,) are the edges between places of one venue, likewise, and ``edge_venue`` (E,) is that venue.
    """

    tokens: int
    place_token: Ints
    used: Bools
    slots: Ints
    slot_token: Ints
    slot_venue: Ints
    first: Ints
    second: Ints
    edge_venue: Ints
    tails: Ints
    heads: Ints

    @classmethod
    def of(cls, tokens: int, venues: Sequence[Sequence[int]]) -> Layout:
        """From the tokens of each venue."""
        places = max((len(row) for row in venues), default=0)
        place_token = np.zeros((places, len(venues)), np.int64)
        used = np.zeros((places, len(venues)), bool)
        for venue, row in enumerate(venues):
            place_token[: len(row), venue] = row
            used[: len(row), venue] = True
        return cls.from_places(tokens, place_token, used)

    @classmethod
    def from_places(cls, tokens: int, place_token: Ints, used: Bools) -> Layout:
        places, venues = place_token.shape
        flat = np.arange(places * venues).reshape(places, venues)
        left, right = np.triu_indices(places, 1)
        both = (used[left] & used[right]).T
        slots, first, second = flat.T[used.T], flat[left].T[both], flat[right].T[both]
        named = place_token.ravel()
        return cls(
            tokens, place_token, used, slots, named[slots], slots % max(venues, 1), first, second,
            first % max(venues, 1), named[first], named[second],
        )  # fmt: skip

    @property
    def venues(self) -> int:
        return int(self.place_token.shape[1])

    def only(self, keep: Bools) -> Layout:
        return Layout.from_places(self.tokens, self.place_token[:, keep], self.used[:, keep])

    def net(self, values: Floats) -> Floats:
        """(T,) the sum per token of one number per place, (n, P); unused places must hold 0."""
        return totals(self.place_token.ravel(), values.ravel(), self.tokens)


def places_of(venues: Sequence[Sequence[float]], places: int, fill: float) -> Floats:
    """(n, P) one number per place, from each venue's; unused places hold ``fill``."""
    filled = np.full((places, len(venues)), fill)
    for venue, row in enumerate(venues):
        filled[: len(row), venue] = row
    return filled


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
