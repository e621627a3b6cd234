"""A proven upper bound on what any batch could be worth to its orders: the pay-as-bid optimum's dual.

Let every order be paid its limit and no more, pools trade on their own curves, and value what is left at
``values``: no uniform price can give the orders a greater surplus at these values, since its trades are among
these. By weak duality Σ q·max(0, y_sell − limit·y_buy) + Σ (pools' arbitrage profit at y) is no less than that for
any y ≥ values; a linear program with the pools cut into segments only proposes y.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from solver.equilibrium.batch import Batch, Floats
from solver.equilibrium.book import Orders, prepare
from solver.selection.program import Program, relax

#: Where pools' curves are cut, in log prices beyond their limit.
CUTS: Final = (0.0, 3e-4, 1e-3, 2e-3, 4e-3, 8e-3, 0.02, 0.1)
#: Orders the program sees; of more than that it sees a sample.
COLUMNS: Final = 50_000


def pay_as_bid_bound(batch: Batch) -> float:
    """At least the surplus of any uniform-price batch, at ``batch.values`` (all positive), which is their unit."""
    orders = prepare(batch)
    values = batch.values
    best = dual_value(orders, values)
    proposed = _propose(orders, values)
    return best if proposed is None else min(best, dual_value(orders, proposed))


def dual_value(orders: Orders, y: Floats) -> float:
    """Σ q·max(0, y_sell − limit·y_buy) plus what arbitrage with pools is worth at ``y`` (T,)."""
    rate = np.exp(orders.limit)
    gains = float(np.sum(orders.amount * np.maximum(0.0, y[orders.sell] - rate * y[orders.buy])))
    c = orders.curves
    z = np.maximum(np.log(y[c.sell]) - np.log(y[c.buy]) - c.limit, 0.0)
    out, into = _trade(orders, z)
    return gains + float(np.sum(np.maximum(0.0, y[c.sell] * out - y[c.buy] * into)))


def _trade(orders: Orders, z: Floats) -> tuple[Floats, Floats]:
    """What each pool gives out and takes in, on its own curve, when it moves z beyond its limit."""
    c = orders.curves
    out = -c.reserve * np.expm1(-c.weight * z)
    # At the limit one unit in fetches exp(−limit) out; on from there the curve bends by both weights.
    into = c.reserve * c.weight / (1 - c.weight) * np.exp(c.limit) * np.expm1((1 - c.weight) * z)
    return out, into


def _propose(orders: Orders, values: Floats) -> Floats | None:
    """Dual prices of the linear program over (a sample of) the orders and segments of the pools."""
    t, c = orders.tokens, orders.curves
    every = -(-len(orders.sell) // COLUMNS) or 1
    sell, buy = orders.sell[::every], orders.buy[::every]
    worth = orders.amount[::every] * every * values[sell]
    cost = np.exp(orders.limit[::every]) * values[buy] / values[sell]
    steps = [_trade(orders, np.full(len(c.sell), z)) for z in CUTS]
    out = np.concatenate([b[0] - a[0] for a, b in pairwise(steps)])
    into = np.concatenate([b[1] - a[1] for a, b in pairwise(steps)])
    parts = len(CUTS) - 1
    pool_sell, pool_buy = np.tile(c.sell, parts), np.tile(c.buy, parts)
    plus = np.concatenate([worth, out * values[pool_sell]])
    minus = np.concatenate([worth * cost, into * values[pool_buy]])
    sells, buys = np.concatenate([sell, pool_sell]), np.concatenate([buy, pool_buy])
    n = len(plus)
    if not n:
        return None
    scale = float(np.median(plus)) or 1.0
    columns = np.arange(n)
    entries = np.concatenate([plus, -minus]) / scale
    rows = csr_matrix((entries, (np.concatenate([sells, buys]), np.concatenate([columns, columns]))), shape=(t, n))
    free, none = np.full(t, np.inf), np.zeros(n)
    answer = relax(Program((plus - minus) / scale, none, np.ones(n), none > 0, rows, np.zeros(t), free))
    if answer is None:
        return None
    proposed: Floats = values * (1 + np.abs(answer.duals))
    return proposed
