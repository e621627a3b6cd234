"""Stableswap pools of n coins, answered at log prices by Newton's method in one unknown per pool.

In units of the invariant D (x = balance·scaling/D) a pool keeps

    F(x) = A·n·(Σ xᵢ − 1) + 1 − Q ≥ 0,   Q = 1 / (nⁿ·Π xᵢ),   ∂F/∂xᵢ = A·n + Q/xᵢ,

with D held (the fee stays beside the curve). At prices p the best trade has a multiplier λ with λ·∂Fᵢ = pᵢ where a
coin goes out, pᵢ/γ where it comes in, and xᵢ = Rᵢ where λ·∂Fᵢ lies between. So xᵢ = Q/(p̃ᵢ/λ − A·n), and only λ
and Q are unknown: F = 0 and the definition of Q.

With m = value of the balances that move (k of them), M = Σm and K = λ·Q, the curvature in log prices has edges

    mᵢmⱼ/K · [(mᵢ − M')(mⱼ − M')/(Σm² − M·M') + 1/(1+k)],   M' = M/(1+k).

Balancer charges its fee on what comes in, Curve on what goes out; after scaling λ by γ they differ by the factor
γ. Source of the invariant: M. Egorov, "StableSwap" (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from solver.router.families import Answer, Bools, Floats
from solver.router.layout import Laid, Layout, places_of
from solver.router.stable_curve import solve
from solver.router.stable_pools import Pools, invariant
from solver.router.stable_search import Found


@dataclass(frozen=True, slots=True)
class Stable(Laid):
    """P pools in units of their D. Per place, (n, P), ``unit``: the token amount that one such unit is, and
    ``_units_apart``: its log less that of the pool's first. Per pool, ``gamma``: 1 − fee, and ``on_output``: the
    fee is on what goes out."""

    layout: Layout
    pools: Pools
    unit: Floats
    gamma: Floats
    on_output: Bools
    _units_apart: Floats
    #: The last answer: it serves again at the very same prices, and near by the next is found in fewer steps.
    _last: list[tuple[Floats, Found]] = field(default_factory=list, compare=False)

    kinked = False

    @classmethod
    def of(
        cls,
        tokens: int,
        rows: Sequence[Sequence[int]],
        reserves: Sequence[Sequence[float]],
        scaling: Sequence[Sequence[float]],
        amplification: Sequence[float],
        gamma: Sequence[float],
        on_output: Sequence[bool],
    ) -> Stable:
        """Pools by their tokens, reserves, scaling into units of equal worth, A (with F as above) and 1 − fee."""
        layout = Layout.of(tokens, rows)
        places = len(layout.place_token)
        scale = places_of(scaling, places, 1.0)
        worth = places_of(reserves, places, 0.0) * scale
        flat = np.asarray(amplification, float) * layout.used.sum(0)
        unit = invariant(worth, flat, layout.used)
        balances = np.where(layout.used, worth / unit, 1.0)
        kept = np.asarray(gamma, float)
        pools = Pools.of(balances, flat, np.log(kept), layout.used, layout.used, layout.used)
        return cls(layout, pools, unit / scale, kept, np.asarray(on_output, bool), np.log(scale[:1] / scale))

    @property
    def may_come(self) -> Bools:
        return self.pools.come

    @property
    def may_leave(self) -> Bools:
        return self.pools.leave

    @property
    def hints(self) -> tuple[Floats, Floats]:
        """At rest prices are as the slopes of F; the depth is what the flat part of the curve holds."""
        logs = (self.pools.slopes - self._units_apart).ravel()
        firm = (self.pools.balances * self.unit * (1.0 + self.pools.flat)).ravel()
        first, second = self.layout.first, self.layout.second
        return logs[first] - logs[second], firm[first]

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        found = self._solve(log_prices)
        worth = np.exp(log_prices)[self.layout.place_token] * self.unit
        values = worth * self._paid(found)
        return Answer(float(values.sum()), self.layout.net(values), self._stiffness(worth, found))

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        return (self._paid(self._solve(log_prices)) * self.unit).ravel()[self.layout.slots]

    def only(self, keep: Bools) -> Stable:
        return Stable(
            self.layout.only(keep), self.pools.only(keep), self.unit[:, keep], self.gamma[keep],
            self.on_output[keep], self._units_apart[:, keep],
        )  # fmt: skip

    def directed(self, may_come: Bools, may_leave: Bools) -> Stable:
        """The same pools, where only some tokens, (n, P), may be paid in and only some taken out."""
        return replace(self, pools=self.pools.directed(may_come, may_leave), _last=[])

    def without_fees(self) -> Stable:
        free = replace(self.pools, log_gamma=np.zeros(self.venues))
        return replace(self, pools=free, gamma=np.ones(self.venues), _last=[])

    def _solve(self, log_prices: Floats) -> Found:
        if self._last and np.array_equal(self._last[0][0], log_prices):
            return self._last[0][1]
        # Only how far prices are apart matters, and of that every digit.
        placed = log_prices[self.layout.place_token]
        apart = placed - placed[:1] + self._units_apart
        found = solve(self.pools, apart, self._last[0][1] if self._last else None)
        self._last[:] = [(log_prices.copy(), found)]
        return found

    def _paid(self, found: Found) -> Floats:
        """(n, P) what the trader gets, in units of D."""
        change = self.pools.balances - found.balances
        dear = np.where(change < 0.0, 1.0 / self.gamma, 1.0)
        return np.asarray(change * dear * np.where(self.on_output, self.gamma, 1.0), np.float64)

    def _stiffness(self, worth: Floats, found: Found) -> Floats:
        """See above, with ``worth`` (n, P) of a unit of D; nothing where nothing moves."""
        values = worth * found.balances * (found.into / self.gamma + found.out)
        count = 1.0 + found.moves.sum(0)
        total = values.sum(0)
        part = total / count
        spread = (values * values).sum(0) - total * part
        spread = np.where(spread > 0.0, spread, 1.0)
        scale = worth[:1].sum(0) * np.exp(found.level + found.kappa) / np.where(self.on_output, self.gamma, 1.0)
        first, second, pools = self.layout.first, self.layout.second, self.layout.edge_venue
        flat, leaning = values.ravel(), (found.moves * (values - part) * values).ravel()
        bent = leaning[first] * leaning[second] / (spread * scale)[pools]
        stiffness: Floats = bent + flat[first] * flat[second] / (count * scale)[pools]
        return stiffness
