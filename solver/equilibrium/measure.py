"""How far prices and fills are from an equilibrium, order by order and token by token, with no regard to how they
were found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Bools, Floats
from solver.equilibrium.book import Orders

#: Rates this close (relative) are the same.
AT_LIMIT: Final = 1e-13
#: What an equilibrium may leave unrealised, and the share of a token's turnover that may miss.
UNREALISED, BALANCED = 1e-12, 1e-11
ROUNDING: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Measure:
    """``unrealised_over_realised``; ``leftovers`` (T,) in token amounts; ``imbalance``: the worst token's leftover
    over its turnover; ``missed``: orders filled beyond their limit."""

    unrealised_over_realised: float
    leftovers: Floats
    imbalance: float
    missed: int
    at_limit: Bools

    @property
    def exact(self) -> bool:
        return self.missed == 0 and self.unrealised_over_realised <= UNREALISED and self.imbalance <= BALANCED


def measure(orders: Orders, weights: Floats, log_prices: Floats, fills: Floats, given: Floats) -> Measure:
    """``weights``: (T,) what utility is counted in, per token bought; ``given``: what pools hand out."""
    t, c = orders.tokens, orders.curves
    log_rate = log_prices[orders.sell] - log_prices[orders.buy]
    inside = np.expm1(log_rate - orders.limit)
    worth = np.exp(orders.limit) * weights[orders.buy]
    at_limit = np.abs(inside) <= AT_LIMIT * (1 + np.abs(orders.limit))
    gain = np.where(at_limit, 0.0, inside) * worth
    unrealised = float(np.sum(np.maximum(gain, 0.0) * (orders.amount - fills)))
    realised = float(np.sum(gain * fills))
    missed = int(np.count_nonzero((gain < 0) & (fills > 0)))
    bought = fills * np.exp(log_rate)
    taken = given * np.exp(log_prices[c.sell] - log_prices[c.buy])
    came = np.bincount(orders.sell, fills, t) + np.bincount(c.sell, given, t)
    went = np.bincount(orders.buy, bought, t) + np.bincount(c.buy, taken, t)
    left = came - went
    # A pool's flow is known to the rounding of its reserves.
    slack = np.bincount(c.sell, c.reserve, t) * ROUNDING / BALANCED
    imbalance = float(np.max(np.abs(left) / np.maximum(np.maximum(came, went) + slack, 1e-300), initial=0.0))
    ratio = 0.0 if unrealised <= 0 else unrealised / realised if realised > 0 else float("inf")
    return Measure(ratio, left, imbalance, missed, at_limit)
