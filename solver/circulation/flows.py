"""The best circulation at given prices: a minimum-cost flow of value through the orders inside their limits.

Assets are nodes and orders arcs from what they give to what they want; balances that several orders draw on are
nodes in between. In whole units of value, which also keeps it exact: 3,000 orders take half a millisecond, where
a linear program took four and could not scale prices that are far off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from solver.circulation.accounts import shared
from solver.circulation.book import Book, Floats, Places

#: An order this little outside its limit, in log, is at it.
AT_LIMIT: Final = 1e-11
#: Units of value in the greatest flow, and steps of the greatest gain per value: together within 63 bits.
VALUE_UNITS: Final = 1e11
GAIN_STEPS: Final = 1e7
#: Through one arc at most; a balance may feed many orders.
MOST_UNITS: Final = 1e15
#: Passes over assets that cut orders down to what others leave them.
REACH_ROUNDS: Final = 3


@dataclass(frozen=True)
class Flow:
    """``given[order]`` at prices exp(``price``), and the score it makes."""

    value: float
    price: Floats
    given: Floats


def best_flow(book: Book, price: Floats) -> Flow:
    """What is best given at log prices ``price``; nothing where nothing can trade."""
    none = Flow(0.0, price, np.zeros(book.size))
    inside = np.flatnonzero(price[book.give] - price[book.want] >= book.floor - AT_LIMIT)
    if not len(inside):
        return none
    give, want = book.give[inside], book.want[inside]
    worth = np.exp(price)[give]
    value = within_reach(book.most[inside] * worth, give, want, book.assets)
    gain = book.gain[inside] / worth
    top, steep = float(value.max()), float(np.abs(gain[value > 0.0]).max(initial=0.0))
    if not (0.0 < top < np.inf and 0.0 < steep < np.inf):
        return none
    scarce = shared(book.account[inside], book.most[inside], book.held)
    source = give.copy()
    source[scarce.orders] = book.assets + scarce.rows
    rows, first = np.unique(scarce.rows, return_index=True)
    lenders = scarce.orders[first]
    units = VALUE_UNITS / top
    flows = circulation(
        np.concatenate([source, give[lenders]]),
        np.concatenate([want, book.assets + rows]),
        np.concatenate([value, scarce.held * worth[lenders]]) * units,
        np.concatenate([gain, np.zeros(len(rows))]) * (GAIN_STEPS / steep),
    )
    if flows is None:
        return none
    given = np.zeros(book.size)
    given[inside] = flows[: len(inside)] / units / worth
    return Flow(float(given @ book.gain), price, given)


def circulation(tail: Places, head: Places, most: Floats, gain: Floats) -> Floats | None:
    """The circulation worth most, in whole units; ``most`` and ``gain`` are rounded to such."""
    from ortools.graph.python import min_cost_flow

    solver: Any = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32),
        head.astype(np.int32),
        np.floor(np.minimum(most, MOST_UNITS)).astype(np.int64),
        -np.round(np.clip(gain, -GAIN_STEPS, GAIN_STEPS)).astype(np.int64),
    )
    if solver.solve() != solver.OPTIMAL:
        return None
    return np.asarray(solver.flows(arcs), dtype=np.float64)


def within_reach(value: Floats, give: Places, want: Places, assets: int) -> Floats:
    """Values cut to what others can bring of the asset wanted and take of the asset given."""
    for _ in range(REACH_ROUNDS):
        brought = np.bincount(give, weights=value, minlength=assets)
        taken = np.bincount(want, weights=value, minlength=assets)
        value = np.minimum(value, np.minimum(brought[want], taken[give]))
    return value
