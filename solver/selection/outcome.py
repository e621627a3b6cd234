"""What is settled at one price vector, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.equilibrium.batch import Batch, Equilibrium, Floats
from solver.selection.pools import asked_by_curve, givers


@dataclass(frozen=True, slots=True)
class Outcome:
    """``prices`` (T,); ``fills`` (N,) sold; ``pool_flows`` (P, 2) into each pool's two tokens, worth zero at
    prices."""

    prices: Floats
    fills: Floats
    pool_flows: Floats


def of(equilibrium: Equilibrium) -> Outcome:
    return Outcome(equilibrium.prices, equilibrium.fills, equilibrium.pool_flows)


def surplus(batch: Batch, outcome: Outcome, values: Floats | None = None) -> float:
    """What owners get above their limits, at ``values`` (T,) or outside ones: Σ c_buy·(p_sell/p_buy − limit)·x."""
    x = np.flatnonzero(outcome.fills)
    rate = outcome.prices[batch.sell[x]] / outcome.prices[batch.buy[x]]
    if values is None:
        values = np.where(np.isfinite(batch.values) & (batch.values > 0), batch.values, 0.0)
    return float(np.sum(values[batch.buy[x]] * (rate - batch.limit[x]) * outcome.fills[x]))


def welfare(batch: Batch, outcome: Outcome, prices: Floats) -> float:
    """What owners and pools gain, every token counted at ``prices``. At an equilibrium's own prices no allocation
    whatever gains more than that equilibrium's: the shortfall is the loss that is nobody's gain."""
    x = np.flatnonzero(outcome.fills)
    sell, buy = batch.sell[x], batch.buy[x]
    orders = outcome.fills[x] * (prices[sell] - batch.limit[x] * prices[buy])
    pools = batch.pools
    tokens = np.stack([pools.a, pools.b], axis=1) if len(pools.a) else np.zeros((0, 2), np.int64)
    given = np.maximum(-outcome.pool_flows, 0.0)
    asked = asked_by_curve(pools, given)
    return float(orders.sum() + np.sum(prices[tokens] * given - prices[tokens[:, ::-1]] * asked))


def most_welfare(batch: Batch, prices: Floats) -> float:
    """The welfare if everyone could trade what they would at ``prices``: a bound on any outcome's."""
    worth = prices[batch.sell] - batch.limit * prices[batch.buy]
    pools = givers(batch.pools, prices)
    with np.errstate(all="ignore"):
        gains = batch.amount * np.maximum(worth, 0)
    return float(np.sum(gains[np.isfinite(gains)]) + pools.gain(pools.best).sum())
