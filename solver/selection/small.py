"""Small batches of whole orders alone, searched over all prices near an equilibrium's.

Rounding at given prices needs something that gives way. Where every order is fill-or-kill and no pool stands by,
nothing does: which orders balance decides the prices (``free_prices``), and few orders can be gone through.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Floats
from solver.selection.free_prices import solve
from solver.selection.outcome import Outcome
from solver.selection.stationary import WholeMarket

#: Orders and tokens that are few enough, and the work then allowed, in cells of prices: half a second's.
MOST_ORDERS: Final = 20
MOST_TOKENS: Final = 4
CELLS: Final = 400
#: By how much a price may be below the equilibrium's.
LOWEST: Final = 0.5


def applies(batch: Batch) -> bool:
    """Whether the batch is small and nothing in it gives way."""
    there = batch.amount > 0
    used = np.unique(np.concatenate([batch.sell[there], batch.buy[there]]))
    alone = len(batch.pools.a) == 0 and bool(batch.fill_or_kill.astype(bool)[there].all())
    return alone and 0 < int(np.count_nonzero(there)) <= MOST_ORDERS and len(used) <= MOST_TOKENS


def searched(batch: Batch, prices: Floats) -> Outcome | None:
    """The whole orders found to gain most at prices near ``prices`` (T,), which they balance at; None when no
    orders do."""
    there = np.flatnonzero(batch.amount > 0)
    used, places = np.unique(np.concatenate([batch.sell[there], batch.buy[there]]), return_inverse=True)
    sell, buy = places[: len(there)], places[len(there) :]
    # In units of worth one at the equilibrium's prices: those looked for are about one then.
    worth = prices[used]
    amount, limit = batch.amount[there] * worth[sell], batch.limit[there] * worth[buy] / worth[sell]
    unit = float(np.median(amount))
    tokens = len(used)
    highest = tokens - (tokens - 1) * LOWEST
    found = solve(WholeMarket(tokens, sell, buy, amount / unit, limit, LOWEST, highest), cells=CELLS)
    if not len(found.accepted):
        return None
    moved, fills = prices.copy(), np.zeros(len(batch.sell))
    moved[used] = worth * found.prices
    taken = there[found.accepted]
    fills[taken] = batch.amount[taken]
    return Outcome(moved, fills, np.zeros((0, 2)))
