"""An equilibrium seen from its margin: the orders left open, beside those that stay as they are, and the pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Bools, Equilibrium, Floats, Ints
from solver.selection.pools import Givers, givers
from solver.selection.sums import per_token

#: Orders near the margin that are left open beside those in part, in values of these.
ENOUGH: Final = 3.0
#: An order at its limit to within rounding may trade.
AT_LIMIT: Final = 1e-12
#: Orders left open on each side of a token: at least, at most.
FEWEST, MOST = 10, 250


@dataclass(frozen=True, slots=True)
class Near:
    """``orders`` left open, each with its ``value`` if filled, ``edge`` = 1 − limit/price, whether it is
    ``whole`` or nothing; ``settled`` (N,): what the others sell; the ``pools``; and a typical order's value, the
    ``unit``."""

    orders: Ints
    value: Floats
    edge: Floats
    whole: Bools
    settled: Floats
    pools: Givers
    unit: float


def nearby(batch: Batch, equilibrium: Equilibrium) -> Near:
    p, filled = equilibrium.prices, equilibrium.fills
    with np.errstate(all="ignore"):
        value = batch.amount * p[batch.sell]
        edge = 1 - batch.limit * p[batch.buy] / p[batch.sell]
    sane = (value > 0) & np.isfinite(value) & np.isfinite(edge) & (batch.sell != batch.buy) & (batch.limit > 0)
    partial = (filled > 0) & (filled < batch.amount)
    marginal = np.zeros(len(value), bool)
    marginal[equilibrium.marginal] = True
    candidates = np.flatnonzero(sane & (partial | (filled > 0) | (marginal & (edge >= -AT_LIMIT))))
    orders = candidates[partial[candidates] | _nearest(batch, candidates, edge, value, partial)]
    settled = np.where(filled > 0, filled, 0.0)
    settled[orders] = 0.0
    unit = float(np.median(value[orders])) if len(orders) else 1.0
    return Near(
        orders, value[orders], edge[orders], batch.fill_or_kill[orders].astype(bool),
        settled, givers(batch.pools, p), unit,
    )  # fmt: skip


def _nearest(batch: Batch, candidates: Ints, edge: Floats, value: Floats, partial: Bools) -> Bools:
    """Of the candidates, on each side of each token, those nearest their limits until they could make up for every
    order filled in part there."""
    tokens = len(batch.values)
    chosen = np.zeros(len(candidates), bool)
    by_edge = np.argsort(edge[candidates], kind="stable")
    unsure = np.where(partial, value, 0.0)
    at_stake = per_token(batch.sell, unsure, tokens) + per_token(batch.buy, unsure, tokens)
    for side in (batch.sell, batch.buy):
        token = side[candidates[by_edge]]
        grouped = by_edge[np.argsort(token, kind="stable")]
        token, worth = side[candidates[grouped]], value[candidates[grouped]]
        first = np.searchsorted(token, token)
        before = np.cumsum(worth) - worth
        rank = np.arange(len(grouped)) - first
        enough = before - before[first] > ENOUGH * at_stake[token]
        chosen[grouped[(rank < FEWEST) | (~enough & (rank < MOST))]] = True
    return chosen
