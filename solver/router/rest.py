"""Where a network comes to rest by itself: its prices once no cycle of trades pays any more.

Venues' own prices disagree, and by how much each gives way depends on its fee, its gaps and its levels. To settle
all that costs about as much as an order. Every order after it begins where only itself is left to be answered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from solver.router.families import Floats, Goal, Ints
from solver.router.maximise import maximise
from solver.router.prepare import Prepared, centred

#: The gap up to which arbitrage is taken. Orders move prices by far more.
GAP: Final = 1e-6


def rested(prepared: Prepared) -> Prepared:
    """The same network, its ``log_prices`` being those at rest. Worth it from the second order on."""
    log_prices, part = prepared.log_prices, prepared.part
    worth, given = np.zeros(len(part)), np.zeros(len(part))
    # What arbitrage earns is counted, and kept, in one token of each part.
    money = busiest(prepared)
    worth[money], given[money] = np.exp(log_prices[money]), np.inf
    routing = maximise(prepared, Goal(worth, given), log_prices, GAP)
    if not routing.converged:
        return prepared
    return replace(prepared, log_prices=centred(part, np.log(routing.prices)))


def busiest(prepared: Prepared) -> Ints:
    """The token with most edges of each part of the network, by part."""
    pattern, part = prepared.pattern, prepared.part
    ends = np.concatenate([pattern.tails, pattern.heads])
    edges: Floats = np.bincount(ends, minlength=len(part)).astype(np.float64)
    order = np.lexsort((-edges, part))
    return np.asarray(order[np.unique(part[order], return_index=True)[1]], np.int64)
