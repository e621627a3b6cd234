"""How far prices may move from where they are before orders mind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.equilibrium.batch import Batch, Floats, Ints


@dataclass(frozen=True, slots=True)
class Reach:
    """How far each log price may go up and down: (T,) each."""

    up: Floats
    down: Floats

    def fall(self, sell: Ints, buy: Ints) -> Floats:
        """The most by which the rates of these pairs can fall."""
        most: Floats = self.down[sell] + self.up[buy]
        return most

    def rise(self, sell: Ints, buy: Ints) -> Floats:
        most: Floats = self.up[sell] + self.down[buy]
        return most


def reach(batch: Batch, edge: Floats, gain: Floats, minded: float, least: float, most: float) -> Reach:
    """A price may move, between ``least`` and ``most``, until orders that gain ``minded`` in all would drop out.

    ``edge``, ``gain``: (N,) each order's log price above its limit and what it gains there. The first price stays.
    """
    up, down = np.full(len(batch.values), most), np.full(len(batch.values), most)
    willing = np.flatnonzero((edge > 0) & (gain > 0))
    willing = willing[np.argsort(edge[willing], kind="stable")]
    for token in range(len(batch.values)):
        # What is bought gets dearer, what is sold cheaper.
        for side, room in ((batch.buy, up), (batch.sell, down)):
            touched = willing[side[willing] == token]
            first = int(np.searchsorted(np.cumsum(gain[touched]), minded))
            room[token] = edge[touched[first]] if first < len(touched) else most
    up, down = np.clip(up, least, most), np.clip(down, least, most)
    up[:1] = down[:1] = 0.0
    return Reach(up, down)
