"""How far prices and fills are from an equilibrium, order by order and token by token, with no regard to how they
were found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats
from solver.equilibrium.book import Orders
from solver.tally import totals

#: Rates this close (relative) are the same.
AT_LIMIT: Final = 1e-13
#: What an equilibrium may leave unrealised, and the share of a token's turnover that may miss.
UNREALISED, BALANCED = 1e-12, 1e-11
#: A pool's flow is known to the rounding of its reserve.
ROUNDING: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Measure:
    """``unrealised_over_realised``; ``leftovers`` (T,) in token amounts; ``imbalance``: the worst token's leftover
    over its turnover; ``missed``: orders filled beyond their limit."""

    unrealised_over_realised: float
    leftovers: Floats
    imbalance: float
    missed: int

    @property
    def exact(self) -> bool:
        return self.missed == 0 and self.unrealised_over_realised <= UNREALISED and self.imbalance <= BALANCED


def measure(orders: Orders, values: Floats, prices: Floats, fills: Floats, given: Floats) -> Measure:
    """``values``: (T,) what utility is counted in, per token bought; ``given``: what pools hand out, by curve."""
    t, c, sell, buy = orders.tokens, orders.curves, orders.sell, orders.buy
    # In place where it can be: for a million orders each new array costs as much as the sum over it.
    rate = prices[sell]
    rate /= prices[buy]
    work = fills * rate
    came = totals(sell, fills, t) + totals(c.sell, given, t)
    went = totals(buy, work, t) + totals(c.buy, given * prices[c.sell] / prices[c.buy], t)
    rate -= orders.rate
    gain = rate
    near = np.abs(gain, out=work) <= AT_LIMIT * orders.rate
    gain[near] = 0.0
    missed = int(np.count_nonzero((gain < 0) & (fills > 0)))
    gain *= values[buy]
    realised = float(np.multiply(gain, fills, out=work).sum())
    np.subtract(orders.amount, fills, out=work)
    work *= np.maximum(gain, 0.0, out=gain)
    unrealised = float(work.sum())
    slack = totals(c.sell, c.reserve, t) * ROUNDING / BALANCED
    turnover = np.maximum(np.maximum(came, went) + slack, np.finfo(float).tiny)
    imbalance = float(np.max(np.abs(came - went) / turnover, initial=0.0))
    ratio = 0.0 if unrealised <= 0 else unrealised / realised if realised > 0 else float("inf")
    return Measure(ratio, came - went, imbalance, missed)
