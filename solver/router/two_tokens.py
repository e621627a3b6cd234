"""What families of two-token venues share: one edge a venue, from tail to head."""

from __future__ import annotations

import numpy as np

from solver.router.families import Ints


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
