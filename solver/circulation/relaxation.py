"""An upper bound on the score of any batch whose prices lie in a cell.

In the cell the rate of a pair lies in an interval. Orders that its upper end leaves outside their limit cannot
trade; the others may each be paid any rate of the interval, and their limit at least. Of every asset no more is
paid out than came in, and all of it. That is a linear program; as cells shrink to points it becomes the best
flow at those prices. Over all prices it is the pay-as-bid program.

By weak duality any prices π prove a bound, whether or not GLOP got to the optimum (see ``proven``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.circulation.accounts import shared
from solver.circulation.book import Book, Floats, Places
from solver.circulation.cells import Cell
from solver.circulation.flows import within_reach
from solver.circulation.program import LARGE, Entries, maximise

#: How much wider an interval of rates may be, in log, for its upper end to be of use; rates nobody asks for.
UNBOUNDED: Final = 11.5
HOPELESS: Final = 25.0
#: Log prices farther than this from typical ones are not asked for.
FARTHEST: Final = 60.0
#: Programs larger than this begin with the orders that former prices leave this close to trading, in parts of
#: their value, and add what they missed.
FEW: Final = 500
NEAR: Final = 0.03
ROUNDS: Final = 4
#: Where what was missed adds no more than this share, it stays out.
CLOSE: Final = 1e-6


@dataclass(frozen=True)
class Reach:
    """``orders`` of the book that can trade in a cell, and the log rates between which each is paid."""

    orders: Places
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Relaxed:
    """``bound`` holds for the whole cell and is proven by ``dual``.

    Parallel to ``reach``: what is ``given``, and how ``keen`` each order is: what a unit given adds to the bound.
    """

    bound: float
    dual: Floats
    reach: Reach
    given: Floats
    keen: Floats


def reach_of(book: Book, cell: Cell) -> Reach:
    high = cell.most[book.give, book.want]
    orders = np.flatnonzero(book.floor <= high)
    give, want = book.give[orders], book.want[orders]
    low = np.maximum(book.floor[orders], -cell.most[want, give])
    return Reach(orders, low, np.maximum(high[orders], low))


def relaxed(book: Book, cell: Cell, before: Relaxed | None = None) -> Relaxed:
    """The bound of ``cell``, which lies in the cell of ``before`` where that is given."""
    reach = reach_of(book, cell)
    best = _inherited(book, reach, before)
    if not len(reach.orders):
        return best
    centre = cell.nearest(np.zeros(book.assets) if before is None else suggested(before.dual))
    beyond = reach.low - centre[book.give[reach.orders]] + centre[book.want[reach.orders]]
    usable = beyond < HOPELESS
    chosen = np.flatnonzero(usable)
    if before is not None and len(chosen) > FEW:
        chosen = np.flatnonzero(usable & (best.keen > -NEAR * best.dual[book.give[reach.orders]]))
    for trial in range(ROUNDS):
        solved = _solve(book, reach, chosen, centre)
        if solved is None:
            break
        value, dual, given = solved
        bound, keen = proven(book, reach, dual)
        if bound < best.bound or (trial == 0 and not best.given.any()):
            best = Relaxed(bound, dual, reach, given, keen)
        missed = np.setdiff1d(np.flatnonzero((keen > 0.0) & usable), chosen)
        if bound <= value * (1.0 + CLOSE) or not len(missed):
            break
        chosen = np.sort(np.concatenate([chosen, missed]))
    return best


def suggested(dual: Floats) -> Floats:
    """The duals of a relaxation as log prices."""
    return np.asarray(np.log(np.clip(dual, np.exp(-FARTHEST), np.exp(FARTHEST))))


def _inherited(book: Book, reach: Reach, before: Relaxed | None) -> Relaxed:
    """What the prices of a larger cell, or reference prices, prove of this one."""
    if before is None:
        bound, keen = proven(book, reach, book.worth)
        return Relaxed(bound, book.worth.copy(), reach, np.zeros(len(reach.orders)), keen)
    given = np.zeros(book.size)
    given[before.reach.orders] = before.given
    bound, keen = proven(book, reach, before.dual)
    return Relaxed(bound, before.dual, reach, given[reach.orders], keen)


def proven(book: Book, reach: Reach, dual: Floats) -> tuple[float, Floats]:
    """The bound that ``dual`` proves, and what a unit given adds to it at most, parallel to ``reach``.

    An order adds π_give − reference·limit − (π_want − reference)·rate per unit, at the worse end of its rates; of
    orders on one balance those that add most come first, until it is spent.
    """
    orders = reach.orders
    give, want = book.give[orders], book.want[orders]
    over = dual[want] - book.worth[want]
    rate = np.exp(np.minimum(np.where(over >= 0.0, reach.low, reach.high), 5.0 * HOPELESS))
    keen = dual[give] - book.worth[want] * book.limit[orders] - over * rate
    taken = np.flatnonzero(keen > 0.0)
    if not len(taken):
        return 0.0, keen
    taken = taken[np.lexsort((-keen[taken], book.account[orders[taken]]))]
    account, most = book.account[orders[taken]], book.most[orders[taken]]
    drawn = np.cumsum(most)
    first = np.flatnonzero(np.r_[True, account[1:] != account[:-1]])
    before = np.repeat(np.r_[0.0, drawn][first], np.diff(np.r_[first, len(taken)]))
    left = np.maximum(book.held[account] - (drawn - most - before), 0.0)
    return float((keen[taken] * np.minimum(most, left)).sum()), keen


def _solve(book: Book, reach: Reach, chosen: Places, centre: Floats) -> tuple[float, Floats, Floats] | None:
    """Optimum, prices and what is given, of the program over the ``chosen`` places in ``reach``.

    Amounts are measured in value at log prices ``centre``, so that rates are near one.
    """
    if not len(chosen):
        return None
    orders, assets = reach.orders[chosen], book.assets
    give, want = book.give[orders], book.want[orders]
    unit, across = np.exp(centre), centre[want] - centre[give]
    rate, high = reach.low[chosen] + across, reach.high[chosen] + across
    low = np.exp(rate)
    width = np.maximum(1.0, low)  # columns count what is given or got, whichever is more
    most = book.most[orders] * unit[give]
    # Nobody gets more than all others could give: twice that never binds, so duals stay those of the rows.
    supply = 2.0 * np.bincount(give, weights=most, minlength=assets)
    upper = np.minimum(most, supply[want] / low) * width
    gain = book.gain[orders] / unit[give] / width
    # Of assets far dearer in this cell than others there is far more than anybody can pay for.
    top = float(np.quantile(within_reach(most, give, want, assets), LARGE))
    steep = float(np.abs(gain).max())
    if not (0.0 < top < np.inf and 0.0 < steep < np.inf):
        return None
    scarce = shared(book.account[orders], book.most[orders], book.held)
    closed = np.full(assets, True)  # assets of which all that comes in must be paid out at the rates there are
    wide = reach.high - np.maximum(reach.low, (centre[book.give] - centre[book.want])[reach.orders]) > UNBOUNDED
    closed[book.want[reach.orders[wide]]] = False
    out, into = closed[want], closed[give]
    lower, spent = np.cumsum(closed) - 1 + assets, assets + int(closed.sum())
    column = np.arange(len(orders))
    paid = np.exp(np.minimum(high, np.maximum(rate, 0.0) + UNBOUNDED))
    entries = Entries(
        np.concatenate([give, want, lower[give[into]], lower[want[out]], spent + scarce.rows]),
        np.concatenate([column, column, column[into], column[out], scarce.orders]),
        np.concatenate(
            [
                1.0 / width,
                -low / width,
                -1.0 / width[into],
                (paid / width)[out],
                1.0 / (width * unit[give])[scarce.orders],
            ]
        ),
    )
    answer = maximise(
        gain / steep,
        upper / top,
        entries,
        np.concatenate([np.zeros(spent), np.full(len(scarce.held), -np.inf)]),
        np.concatenate([np.full(spent, np.inf), scarce.held / top]),
    )
    if answer is None:
        return None
    over = -answer.duals[:assets]
    over[closed] += answer.duals[assets:spent]
    over[~closed] = np.maximum(over[~closed], 0.0)
    given = np.zeros(len(reach.orders))
    given[chosen] = answer.columns / width * top / unit[give]
    return answer.value * top * steep, np.maximum(book.worth + over * steep * unit, 0.0), given
