"""A cell of price space: upper bounds on log price differences, closed under what they imply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.circulation.book import Floats

#: A price that nothing bounds, in log.
FREE: Final = 1e3
#: Bounds that contradict each other by less are taken as touching.
TOUCHING: Final = 1e-9


@dataclass(frozen=True)
class Cell:
    """``most[a, b]`` is the upper bound of log price a − log price b."""

    most: Floats

    @property
    def empty(self) -> bool:
        return bool((np.diagonal(self.most) < -TOUCHING).any())

    def narrowed(self, a: int, b: int, most: float) -> Cell:
        """The part where log price a − log price b ≤ ``most``."""
        through = self.most[:, a][:, None] + (most + self.most[b, :])[None, :]
        return Cell(np.minimum(self.most, through))

    def nearest(self, price: Floats) -> Floats:
        """Log prices within the cell next to ``price``, one by one, those tied closest to the ones before first.

        The first is asset 0, which stays where it is.
        """
        inside = price.copy()
        low, high = inside[0] - self.most[0], inside[0] + self.most[:, 0]
        waiting = np.full(len(inside), True)
        waiting[0] = False
        for _ in range(1, len(inside)):
            asset = int(np.argmin(np.where(waiting, high - low, np.inf)))
            waiting[asset] = False
            inside[asset] = min(max(inside[asset], low[asset]), high[asset])
            low = np.maximum(low, inside[asset] - self.most[asset])
            high = np.minimum(high, inside[asset] + self.most[:, asset])
        return inside


def everywhere(assets: int) -> Cell:
    most = np.full((assets, assets), FREE)
    np.fill_diagonal(most, 0.0)
    return Cell(most)
