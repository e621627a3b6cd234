"""From a plan that balances to a solver's tolerance to an outcome that balances to rounding.

Where prices must stay, what is strictly between its bounds moves (least squares). Where they may move, every fill
stays, and prices become the stationary measure of all flows: at these every token balances exactly. Then every limit
and every pool's curve is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Floats
from solver.selection.outcome import Outcome
from solver.selection.pools import Givers, asked_by_curve

#: A token's net may miss zero by this share of its turnover.
BALANCED: Final = 1e-11
#: A limit met to within rounding is met; a curve, by this share of what is given.
AT_LIMIT: Final = 1e-12
COVERED: Final = 1e-11
#: Corrections to exact balance; each leaves the square of what was missing.
STEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """``fills`` (N,), and ``given`` value (K,) by the ``pools`` that gain, at the prices planned for."""

    fills: Floats
    pools: Givers
    given: Floats
    prices_move: bool


def exact(batch: Batch, prices: Floats, plan: Plan) -> Outcome | None:
    """The plan in exact balance, with limits met and curves covered; None when that cannot be had."""
    balanced = balance_out(batch, prices, plan)
    return balanced if balanced is not None and lawful(batch, balanced) else None


def balance_out(batch: Batch, prices: Floats, plan: Plan) -> Outcome | None:
    """The plan in exact balance, whatever limits and curves say."""
    plan = Plan(plan.fills.copy(), plan.pools, np.clip(plan.given, 0, plan.pools.most), plan.prices_move)
    moved = _by_prices(batch, prices, plan) if plan.prices_move else _by_amounts(batch, prices, plan)
    if moved is None:
        return None
    pools = plan.pools
    given = plan.given / prices[pools.out]
    flows = np.zeros((len(batch.pools.a), 2))
    flows[pools.pool, pools.side] = -given
    flows[pools.pool, 1 - pools.side] = given * moved[pools.out] / moved[pools.into]
    return Outcome(moved, plan.fills, flows)


def lawful(batch: Batch, outcome: Outcome) -> bool:
    """Whether every limit is met and every pool is on or above its curve."""
    prices = outcome.prices
    x = np.flatnonzero(outcome.fills)
    met = prices[batch.sell[x]] >= batch.limit[x] * prices[batch.buy[x]] * (1 - AT_LIMIT)
    given = np.maximum(-outcome.pool_flows, 0.0)
    taken = np.maximum(outcome.pool_flows, 0.0)[:, ::-1]
    asked = asked_by_curve(batch.pools, given)
    return bool(met.all() and np.all(asked <= taken * (1 + COVERED)))


def _by_amounts(batch: Batch, prices: Floats, plan: Plan) -> Floats | None:
    """Moves the plan's loose fills and pools in place; the prices, or None when they cannot balance it."""
    fills, given, pools = plan.fills, plan.given, plan.pools
    loose = np.flatnonzero((fills > 0) & (fills < batch.amount))
    bendy = np.flatnonzero((given > 1e-6 * pools.most) & (given < (1 - 1e-6) * pools.most))
    out, into = np.r_[batch.sell[loose], pools.out[bendy]], np.r_[batch.buy[loose], pools.into[bendy]]
    columns = np.zeros((len(prices), len(out)))
    columns[out, np.arange(len(out))] = 1.0
    columns[into, np.arange(len(out))] = -1.0
    for _ in range(STEPS):
        net, turnover = balance(batch, prices, plan)
        if np.all(np.abs(net) <= BALANCED * turnover):
            return prices
        if not len(out):
            return None
        step = np.linalg.lstsq(columns, -net, rcond=None)[0]
        moved = fills[loose] + step[: len(loose)] / prices[batch.sell[loose]]
        fills[loose] = np.clip(moved, 0, batch.amount[loose])
        given[bendy] = np.clip(given[bendy] + step[len(loose) :], 0, pools.most[bendy])
    return None


def _by_prices(batch: Batch, prices: Floats, plan: Plan) -> Floats | None:
    """Prices at which the amounts planned balance, the nearest such; None when rounding stands in the way."""
    pools, tokens = plan.pools, len(prices)
    moved = prices.copy()
    for _ in range(STEPS):
        scale = moved[pools.out] / prices[pools.out]
        now = Plan(plan.fills, pools, plan.given * scale, True)
        net, turnover = balance(batch, moved, now)
        if np.all(np.abs(net) <= BALANCED * turnover):
            return moved
        flow = np.bincount(batch.sell * tokens + batch.buy, plan.fills * moved[batch.sell], tokens * tokens)
        flow += np.bincount(pools.out * tokens + pools.into, now.given, tokens * tokens)
        flow = flow.reshape(tokens, tokens)
        # A relative rise of p_t raises what is sold of t, and what is bought with it.
        slope = np.diag(flow.sum(axis=1)) - flow.T
        unit = np.maximum(turnover, 1e-300)
        step = np.linalg.lstsq(slope / unit[:, None], -net / unit, rcond=1e-13)[0]
        if not np.all(np.abs(step) < 0.5):
            return None
        moved = moved * (1 + step)
    return None


def balance(batch: Batch, prices: Floats, plan: Plan) -> tuple[Floats, Floats]:
    """Per token the value sold less that bought, and their sum."""
    tokens, pools = len(prices), plan.pools
    value = plan.fills * prices[batch.sell]
    sold = np.bincount(batch.sell, value, tokens) + np.bincount(pools.out, plan.given, tokens)
    bought = np.bincount(batch.buy, value, tokens) + np.bincount(pools.into, plan.given, tokens)
    return sold - bought, sold + bought
