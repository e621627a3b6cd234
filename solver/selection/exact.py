"""From a plan that balances to a solver's tolerance to an outcome that balances to rounding, or none.

What is strictly between its bounds moves, by least squares; then every limit and every pool's curve is looked at
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Floats
from solver.selection.outcome import Outcome
from solver.selection.pools import Givers, asked_by_curve
from solver.selection.sums import per_token

#: A token's net may miss zero by this share of its turnover.
BALANCED: Final = 1e-10
#: A limit met to within rounding is met; a curve, by this share of what is given.
AT_LIMIT: Final = 1e-12
COVERED: Final = 1e-11
#: What a token's net may miss in the end, as equilibria have it.
EVEN: Final = 1e-9
#: Corrections to exact balance.
STEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """``fills`` (N,) in sell tokens, and the value ``given`` (K,) by the ``pools`` that gain."""

    fills: Floats
    pools: Givers
    given: Floats


def exact(batch: Batch, prices: Floats, plan: Plan) -> Outcome | None:
    """The plan in exact balance, with limits met and curves covered; None when that cannot be had."""
    plan = Plan(plan.fills.copy(), plan.pools, np.clip(plan.given, 0, plan.pools.most))
    if not _balance(batch, prices, plan):
        return None
    pools = plan.pools
    flows = np.zeros((len(batch.pools.a), 2))
    flows[pools.pool, pools.side] = -plan.given / prices[pools.out]
    flows[pools.pool, 1 - pools.side] = plan.given / prices[pools.into]
    outcome = Outcome(prices, plan.fills, flows)
    return outcome if lawful(batch, outcome) else None


def lawful(batch: Batch, outcome: Outcome) -> bool:
    """Whether limits are met, pools are on or above their curves and tokens in balance, which an equilibrium
    of dust beside deep pools need not be: its prices are no finer than what rounding them moves."""
    prices = outcome.prices
    x = np.flatnonzero(outcome.fills)
    met = prices[batch.sell[x]] >= batch.limit[x] * prices[batch.buy[x]] * (1 - AT_LIMIT)
    given = np.maximum(-outcome.pool_flows, 0.0)
    taken = np.maximum(outcome.pool_flows, 0.0)[:, ::-1]
    asked = asked_by_curve(batch.pools, given)
    return bool(met.all() and np.all(asked <= taken * (1 + COVERED)) and _even(batch, outcome))


def _even(batch: Batch, outcome: Outcome) -> bool:
    pools, tokens, prices = batch.pools, len(outcome.prices), outcome.prices
    value = outcome.fills * prices[batch.sell]
    token = np.r_[pools.a, pools.b]
    flow = outcome.pool_flows.T.ravel() * prices[token]
    sold = per_token(batch.sell, value, tokens) + per_token(token, np.maximum(-flow, 0.0), tokens)
    bought = per_token(batch.buy, value, tokens) + per_token(token, np.maximum(flow, 0.0), tokens)
    return bool(np.all(np.abs(sold - bought) <= EVEN * (sold + bought)))


def _balance(batch: Batch, prices: Floats, plan: Plan) -> bool:
    """Moves the plan's loose fills and pools in place; False when they cannot balance it."""
    fills, given, pools = plan.fills, plan.given, plan.pools
    loose = np.flatnonzero((fills > 0) & (fills < batch.amount))
    bendy = np.flatnonzero((given > 1e-6 * pools.most) & (given < (1 - 1e-6) * pools.most))
    out, into = np.r_[batch.sell[loose], pools.out[bendy]], np.r_[batch.buy[loose], pools.into[bendy]]
    columns = np.zeros((len(prices), len(out)))
    columns[out, np.arange(len(out))] = 1.0
    columns[into, np.arange(len(out))] = -1.0
    for corrections in range(STEPS + 1):
        net, turnover = _nets(batch, prices, plan)
        if np.all(np.abs(net) <= BALANCED * turnover):
            return True
        if corrections == STEPS or not len(out):
            break
        step = np.linalg.lstsq(columns, -net, rcond=None)[0]
        moved = fills[loose] + step[: len(loose)] / prices[batch.sell[loose]]
        fills[loose] = np.clip(moved, 0, batch.amount[loose])
        given[bendy] = np.clip(given[bendy] + step[len(loose) :], 0, pools.most[bendy])
    return False


def _nets(batch: Batch, prices: Floats, plan: Plan) -> tuple[Floats, Floats]:
    """Per token the value sold less that bought, and their sum."""
    tokens, pools = len(prices), plan.pools
    value = plan.fills * prices[batch.sell]
    sold = per_token(batch.sell, value, tokens) + per_token(pools.out, plan.given, tokens)
    bought = per_token(batch.buy, value, tokens) + per_token(pools.into, plan.given, tokens)
    return sold - bought, sold + bought
