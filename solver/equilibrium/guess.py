"""Prices to begin from, when nobody gave any: those that most limits and pool prices are close to.

Least absolute deviations of log rates, by a few rounds of reweighted least squares on a sample of the orders;
every order counts alike, since what it is worth is not known before prices are. A limit that is off by any factor
moves the result no more than one that is off by a little.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats
from solver.equilibrium.book import Orders
from solver.equilibrium.flows import solved
from solver.tally import totals

SAMPLE: Final = 8192
ROUNDS: Final = 8
#: Deviations below this count alike.
CLOSE: Final = 1e-3


def guess(orders: Orders) -> Floats:
    """(T,) log prices; tokens that nothing links to others are at zero."""
    t, c = orders.tokens, orders.curves
    every = -(-len(orders.sell) // SAMPLE) or 1
    half = len(c.sell) // 2
    thin = -(-half // SAMPLE) or 1
    sell = np.concatenate([orders.sell[::every], c.sell[:half:thin]])
    buy = np.concatenate([orders.buy[::every], c.buy[:half:thin]])
    # Between the limits of its two directions a pool does nothing.
    middle = (c.limit[:half] - c.limit[half:])[::thin] / 2
    rate = np.concatenate([orders.limit[::every], middle])
    y = np.zeros(t)
    weight = np.ones(len(rate))
    for _ in range(ROUNDS):
        matrix = totals(sell * t + sell, weight, t * t) + totals(buy * t + buy, weight, t * t)
        matrix -= totals(sell * t + buy, weight, t * t) + totals(buy * t + sell, weight, t * t)
        matrix = matrix.reshape(t, t)
        right = totals(sell, weight * rate, t) - totals(buy, weight * rate, t)
        matrix[np.arange(t), np.arange(t)] += 1e-9 * np.maximum(np.diag(matrix), 1e-3)
        y = solved(matrix, right)
        weight = 1 / np.maximum(np.abs(y[sell] - y[buy] - rate), CLOSE)
    return y
