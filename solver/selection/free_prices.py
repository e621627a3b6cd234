"""Markets of fill-or-kill orders only, with prices to be found: the best selection, and a bound on any.

Branch and bound over price space, not over orders: a set of whole orders determines its prices
(``stationary``), so what is searched is where these can lie. Cells of prices (``cells``) are bounded, the most
promising first, and split; in a small cell the selections that might balance there are enumerated (``subsets``)
and each is priced exactly. A dive to the best fractional prices gives something good to start from.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.selection.cells import Cell, bounded, whole_space
from solver.selection.program import Bools, Floats
from solver.selection.stationary import Ints, WholeMarket, prices_of
from solver.selection.subsets import selections

#: Cells narrower than this (prices are about one) are enumerated rather than split, if few selections are open.
NARROW: Final = 0.2
#: So few willing orders are enumerated in any cell.
FEW: Final = 14
#: Selections open at once in one cell; beyond, the cell is split on.
MOST_OPEN: Final = 20_000
#: Splits before a cell that overflowed is tried again.
PATIENCE: Final = 2
#: One cell in so many is dived into for something better: halvings, then how far the last cell is widened about
#: its centre, then about the best prices known, so often at most.
DIVE_EVERY: Final = 512
DEEP: Final = 120
WIDENED: Final = (1.0, 2.0, 4.0)
MOST_CLIMBS: Final = 8
#: Selections that cost as much as bounding a cell, and the budget: most of a minute's work.
AS_A_CELL: Final = 64
CELLS: Final = 25_000
#: Gains within this share of the best are as good.
RELATIVE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Found:
    """Orders ``accepted`` (indices), ``prices`` (T,), their ``surplus``, and a ``bound`` on any selection's: equal
    when the search ended, above when its budget did. ``cells`` and ``selections`` looked at."""

    accepted: Ints
    prices: Floats
    surplus: float
    bound: float
    cells: int
    selections: int


def solve(market: WholeMarket, *, cells: int = CELLS) -> Found:
    """Accept orders whole or not at all for the most Σ q·(p_sell − limit·p_buy), value conserved per token.

    ``cells`` bounds the work, in cells looked at and selections counted by what they cost beside one; no clock is
    looked at, so a run can be repeated.
    """
    return _Search(market, cells).run()


class _Search:
    def __init__(self, market: WholeMarket, budget: int) -> None:
        self._market = market
        self._budget = budget
        self._best = 0.0
        self._accepted: Ints = np.zeros(0, np.int64)
        self._prices: Floats = np.ones(market.tokens)
        self._cells = self._selections = 0
        self._priced: set[bytes] = set()

    def run(self) -> Found:
        market = self._market
        if not len(market.sell) or market.tokens < 2:
            return self._found(0.0)
        root = self._bounded(whole_space(market))
        return self._found(self._branch(root))

    def _branch(self, root: Cell) -> float:
        """Cells, best bound first, until none can hold anything better; returns the bound then proven."""
        heap: list[tuple[float, int, Cell, int]] = [(-root.bound, 0, root, 0)]
        while heap:
            bound, number, cell, patience = heapq.heappop(heap)
            if -bound <= self._enough:
                return self._best
            if self._cells + self._selections // AS_A_CELL > self._budget:
                return max(-bound, self._best)
            if number % DIVE_EVERY == 0:
                self._dive(cell)
            if (cell.diameter < NARROW or np.count_nonzero(cell.willing) <= FEW) and patience <= 0:
                if self._enumerate(cell, MOST_OPEN):
                    continue
                patience = PATIENCE + 1
            for vertices in cell.split():
                part = self._bounded(vertices)
                if part.bound > self._enough:
                    heapq.heappush(heap, (max(-part.bound, bound), self._cells, part, patience - 1))
        return self._best

    def _dive(self, cell: Cell) -> None:
        """Down the half with the greater bound to a narrow cell; what lies around it is tried, none proven. Then
        around the best prices known for as long as that helps."""
        for _ in range(DEEP):
            if cell.diameter < NARROW / 2:
                break
            cell = max((self._bounded(vertices) for vertices in cell.split()), key=lambda half: half.bound)
        shape = cell.vertices - cell.vertices.mean(axis=0)
        centre, tried = cell.vertices.mean(axis=0), -1.0
        for _ in range(MOST_CLIMBS):
            for factor in WIDENED:
                around = self._bounded(centre + factor * shape)
                self._enumerate(around, MOST_OPEN // 4, beam=True)
            if self._best <= tried:
                break
            centre, tried = self._prices, self._best

    def _bounded(self, vertices: Floats) -> Cell:
        self._cells += 1
        return bounded(self._market, vertices, self._enough)

    def _enumerate(self, cell: Cell, most: int, *, beam: bool = False) -> bool:
        """Prices the selections of a cell; False when there are too many."""
        taken, seen = selections(self._market, cell, self._enough, most, beam=beam)
        self._selections += seen
        if taken is None:
            return False
        for selection in taken:
            self._price(selection)
        return True

    def _price(self, selection: Bools) -> None:
        key = np.packbits(selection).tobytes()
        if key in self._priced:
            return
        self._priced.add(key)
        accepted = np.flatnonzero(selection)
        priced = prices_of(self._market, accepted)
        if priced is not None and priced[0] > self._best:
            self._best, self._prices = priced
            self._accepted = accepted

    @property
    def _enough(self) -> float:
        return self._best * (1 + RELATIVE)

    def _found(self, bound: float) -> Found:
        return Found(self._accepted, self._prices, self._best, bound, self._cells, self._selections)
