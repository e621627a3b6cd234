"""What families of two-token venues share: one edge a venue, from tail to head."""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.router.families import Floats, Ints

#: Roundings of its reserve that a pool is left beyond what its curve asks: of one that gives nearly all it has,
#: these are much of what remains.
LEFT_BEHIND: Final = 4 * float(np.finfo(float).eps)


class TwoTokens:
    """Venues between ``tails`` and ``heads`` (P,); slots are all tails, then all heads."""

    __slots__ = ()
    tails: Ints
    heads: Ints

    @property
    def venues(self) -> int:
        return len(self.tails)

    @property
    def kinked(self) -> bool:
        return False

    @property
    def slot_token(self) -> Ints:
        return np.concatenate([self.tails, self.heads])

    @property
    def slot_venue(self) -> Ints:
        return np.tile(np.arange(self.venues), 2)


def paid_out(flows: Floats) -> Floats:
    """Flows with what comes out rounded down."""
    return np.where(flows > 0.0, flows * (1.0 - LEFT_BEHIND), flows)
