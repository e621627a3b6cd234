"""The best batch and a proof of how good it is: branch and bound over cells of price space.

The cell with the greatest bound is cut in two at the price of one pair, where its relaxation pays rates that
disagree most with any one price; each part's relaxation suggests prices, at which the best flow may be a new best.
Source of the scheme: Falk and Soland, "An Algorithm for Separable Nonconvex Programming Problems" (1969).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

import numpy as np

from solver.circulation.book import Book, Floats
from solver.circulation.cells import TOUCHING, Cell, everywhere
from solver.circulation.flows import Flow, best_flow
from solver.circulation.moves import NOTHING, balanced, climbed
from solver.circulation.relaxation import FARTHEST, Relaxed, relaxed, suggested

#: Cuts looked at before one is made, in small books and in others.
CUTS: Final = 3
CUTS_OF_LARGE: Final = 1
LARGE_BOOK: Final = 1000
#: Weight of the part whose bound falls more, beside the other part's; less where what is cut is no wider than
#: this, in log: such a cut leaves nearly everything as it was.
SURE: Final = 0.3
WIDE: Final = 0.01
#: How many cells offer their prices at first, and then one in how many.
EAGER: Final = 40
EAGER_OF_LARGE: Final = 3
SELDOM: Final = 4
#: A flow worth this share of the best is worth climbing from, and by how many moves.
PROMISING: Final = 0.8
MOVES: Final = 6
FIRST_MOVES: Final = 20
#: No part of a cell that is cut is narrower than this share of it.
SLIVER: Final = 0.2
#: What a rate as far off as can be costs per value given, beside what it costs at the duals.
FAR: Final = 0.005
#: Cells narrower than this, in log, are cut no more.
NARROW: Final = 1e-7


@dataclass(frozen=True)
class Cut:
    """Below: log price a − log price b ≤ ``at``; above: ≥ ``at``."""

    a: int
    b: int
    at: float


@dataclass(frozen=True)
class Node:
    """A cell and what is proven of it: ``dual`` proves ``bound``, or those of a cell it was cut from do."""

    cell: Cell
    dual: Floats
    bound: float


class Search:
    """Cells still open, the best flow, and how the cells came about.

    ``cuts[number]`` is the cut of node ``number`` and the numbers of its two parts; nodes without one are leaves.
    """

    def __init__(self, book: Book, gap: float, stop: Callable[[], bool] = lambda: False) -> None:
        self.book = book
        self.gap = gap
        self.stop = stop
        self.steps = 0
        self.pending: list[tuple[Floats, int]] = []  # prices to offer, and by how many moves to climb from each
        self.best = Flow(0.0, np.zeros(book.assets), np.zeros(book.size))
        self.nodes: list[Node] = []
        self.cuts: dict[int, tuple[Cut, int, int]] = {}
        self.open: list[tuple[float, int, Relaxed]] = []
        self.closed = 0.0  # the greatest bound of cells that are not cut further
        cell = everywhere(book.assets)
        self._add(cell, relaxed(book, cell), np.inf)

    def begin(self, starts: Sequence[Floats]) -> None:
        """Look at ``starts``; the first steps climb from there, from the duals and on the way to balance."""
        dual = suggested(self.nodes[0].dual)
        agreed = [agreeable(self.book, self.nodes[0].cell, self.open[0][2])] if self.open else []
        large = self.book.size >= LARGE_BOOK
        for start in (*starts, dual, *agreed):
            self.best = max(self.best, best_flow(self.book, start), key=lambda flow: flow.value)
            self.pending.append((start, MOVES if large else FIRST_MOVES))
        for start in () if large else (*starts, dual):
            self.pending += [(price, MOVES) for price in balanced(self.book, start)]

    @property
    def bound(self) -> float:
        most = -self.open[0][0] if self.open else 0.0
        return max(most, self.closed, self.best.value)

    @property
    def done(self) -> bool:
        if self.pending and self.open:
            return False
        return not self.open or -self.open[0][0] <= self.best.value * (1.0 + self.gap)

    def offer(self, price: Floats, *, moves: int = MOVES) -> None:
        """See whether ``price`` or prices that up to ``moves`` moves lead to are better than the best."""
        flow = best_flow(self.book, price)
        if flow.value > PROMISING * self.best.value:
            flow = climbed(self.book, flow, moves=moves, stop=self.stop)
        if flow.value > self.best.value:
            self.best = flow

    def step(self) -> None:
        """Climb from a start; when all are done with, cut the cell with the greatest bound."""
        self.steps += 1
        if self.pending:
            price, moves = self.pending.pop(0)
            self.offer(price, moves=moves)
            return
        _, number, whole = heappop(self.open)
        node = self.nodes[number]
        found: tuple[float, Cut, list[tuple[Cell, Relaxed]]] | None = None
        for cut in cuts(self.book, node.cell, whole):
            parts = []
            if found is not None and self.stop():
                break
            for a, b, most in ((cut.a, cut.b, cut.at), (cut.b, cut.a, -cut.at)):
                cell = node.cell.narrowed(a, b, most)
                parts.append((cell, relaxed(self.book, cell, whole)))
            # Below the best flow nothing counts any more: such a part is done with.
            left = [max(self.best.value, 0.0 if cell.empty else part.bound) for cell, part in parts]
            least, most = sorted(max(0.0, node.bound - bound) for bound in left)
            width = node.cell.most[cut.a, cut.b] + node.cell.most[cut.b, cut.a]
            fall = least + SURE * most * min(1.0, width / WIDE)
            if found is None or fall > found[0]:
                found = fall, cut, parts
        if found is None:
            self.closed = max(self.closed, node.bound)
            return
        first = len(self.nodes)
        self.cuts[number] = found[1], first, first + 1
        for cell, part in found[2]:
            self._add(cell, part, node.bound)

    def _add(self, cell: Cell, part: Relaxed, most: float) -> None:
        number = len(self.nodes)
        bound = 0.0 if cell.empty else min(part.bound, most)
        self.nodes.append(Node(cell, part.dual, bound))
        if bound <= self.best.value * (1.0 + self.gap):
            self.closed = max(self.closed, bound)
            return
        eager = EAGER if self.book.size < LARGE_BOOK else EAGER_OF_LARGE
        if number and (number < eager or number % SELDOM == 0):
            self.offer(cell.nearest(suggested(part.dual)))
            self.offer(agreeable(self.book, cell, part))
        heappush(self.open, (-bound, number, part))


def agreeable(book: Book, cell: Cell, found: Relaxed) -> Floats:
    """Log prices at which as many of the orders that the relaxation uses are inside their limit as will go."""
    orders, given = found.reach.orders, found.given
    used = np.flatnonzero(given > NOTHING * given.max(initial=0.0))
    give, want = book.give[orders[used]], book.want[orders[used]]
    volume, floor = np.zeros((book.assets, book.assets)), np.full((book.assets, book.assets), -np.inf)
    np.add.at(volume, (give, want), given[used] * found.dual[give])
    np.maximum.at(floor, (give, want), book.floor[orders[used]])
    for place in np.argsort(-volume, axis=None)[: np.count_nonzero(volume)]:
        a, b = divmod(int(place), book.assets)
        smaller = cell.narrowed(b, a, -float(floor[a, b]))
        if not smaller.empty:
            cell = smaller
    return cell.nearest(suggested(found.dual))


def cuts(book: Book, cell: Cell, found: Relaxed) -> list[Cut]:
    """Where to cut: pairs whose orders are paid rates farthest from the suggested price, in value, first."""
    reach, given = found.reach, found.given
    used = np.flatnonzero(given > NOTHING * given.max(initial=0.0))
    if not len(used):
        return []
    price = cell.nearest(suggested(found.dual))
    orders, amount, paid = reach.orders[used], given[used], reach.low[used]
    give, want = book.give[orders], book.want[orders]
    over = np.abs(found.dual - book.worth)[want]
    apart = np.abs(np.exp(np.minimum(price[give] - price[want], 7.0)) - np.exp(np.minimum(paid, 7.0)))
    wrong = np.zeros((book.assets, book.assets))
    far = np.minimum(np.abs(price[give] - price[want] - paid), 1.0)
    weight = amount * (np.minimum(np.maximum(over, 1e-3) * apart, 5.0) + FAR * far * found.dual[give])
    np.add.at(wrong, (np.minimum(give, want), np.maximum(give, want)), weight)
    made: list[Cut] = []
    enough = CUTS if book.size < LARGE_BOOK else CUTS_OF_LARGE
    for place in np.argsort(-wrong, axis=None)[: 2 * enough]:
        a, b = divmod(int(place), book.assets)
        low, high = -cell.most[b, a], cell.most[a, b]
        if wrong[a, b] <= 0.0 or len(made) == enough:
            break
        if high - low < NARROW:
            continue
        mine, theirs = (give == a) & (want == b), (give == b) & (want == a)
        asked = np.concatenate([paid[mine], -paid[theirs]])
        weights = np.concatenate([amount[mine], amount[theirs]])
        at = _between(asked, weights, float(price[a] - price[b]), low, high)
        sliver = SLIVER * (high - low) if high - low < FARTHEST else 0.0
        made.append(Cut(a, b, min(max(at, low + sliver), high - sliver)))
    return made


def _between(asked: Floats, weights: Floats, suggested_at: float, low: float, high: float) -> float:
    """Between the median of what is asked for and the suggested price, inside ``low`` … ``high``."""
    inside = (asked > low + TOUCHING) & (asked < high - TOUCHING)
    if inside.any():
        order = np.argsort(asked[inside])
        total = np.cumsum(weights[inside][order])
        median = float(asked[inside][order][np.searchsorted(total, 0.5 * total[-1])])
        other = min(max(suggested_at, low), high)
        return median if abs(median - other) < 1e-6 else 0.5 * (median + other)
    if low < suggested_at < high:
        return suggested_at
    return 0.5 * (max(low, -FARTHEST) + min(high, FARTHEST))
