"""Stableswap pools of n coins, answered at log prices by Newton's method in two unknowns per pool.

In units of the invariant D (x = balance·scaling/D) a pool keeps

    F(x) = A·n·(Σ xᵢ − 1) + 1 − Q ≥ 0,   Q = 1 / (nⁿ·Π xᵢ),   ∂F/∂xᵢ = A·n + Q/xᵢ,

with D held (the fee stays beside the curve). At prices p the best trade has a multiplier λ with λ·∂Fᵢ = pᵢ where a
coin goes out, pᵢ/γ where it comes in, and xᵢ = Rᵢ where λ·∂Fᵢ lies between. So xᵢ = Q/(p̃ᵢ/λ − A·n), and only λ
and Q are unknown: F = 0 and the definition of Q. Told by t = log(p̃/λ − A·n) of the cheapest coin and κ = log Q,
both unbounded, the two are smooth but for kinks where a coin starts to move.

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
from solver.router.layout import Laid, Layout, rows_of
from solver.router.stable_curve import Solved, invariant, solve


@dataclass(frozen=True, slots=True)
class Stable(Laid):
    """P pools. Per place, (P, n): ``balances`` R in units of D (1 where unused) and ``log_unit``: log of the token
    amount that one such unit is. Per pool: ``flat`` = A·n, ``log_gamma`` of 1 − fee, ``on_output``: fee on what
    goes out."""

    layout: Layout
    balances: Floats
    log_unit: Floats
    flat: Floats
    log_gamma: Floats
    on_output: Bools
    may_come: Bools
    may_leave: Bools
    #: The last answer: it serves again at the very same prices, and near by the next is found in fewer steps.
    _last: list[tuple[Floats, Floats, Solved]] = field(default_factory=list, compare=False)

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
        width = layout.place_token.shape[1]
        scale = rows_of(scaling, width, 1.0)
        worth = rows_of(reserves, width, 0.0) * scale
        flat = np.asarray(amplification, float) * layout.used.sum(1)
        unit = invariant(worth, flat, layout.used)[:, None]
        balances = np.where(layout.used, worth / unit, 1.0)
        log_gamma = np.log(np.asarray(gamma, float))
        return cls(
            layout,
            balances,
            np.log(unit / scale),
            flat,
            log_gamma,
            np.asarray(on_output, bool),
            layout.used,
            layout.used,
        )

    @property
    def hints(self) -> tuple[Floats, Floats]:
        """At rest prices are as the slopes of F; the depth is what the flat part of the curve holds."""
        used = self.layout.used
        count = used.sum(1)
        product = np.where(used, count[:, None] * self.balances, 1.0).prod(1)
        logs = (np.log(self.flat[:, None] + 1.0 / (product[:, None] * self.balances)) - self.log_unit).ravel()
        first, second = self.layout.first, self.layout.second
        firm = self.balances.ravel() * np.exp(self.log_unit.ravel()) * np.repeat(1.0 + self.flat, used.shape[1])
        return logs[first] - logs[second], firm[first]

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        prices, solved = self._solve(log_prices)
        values = np.exp(prices) * self._amounts(solved.balances)
        return Answer(float(values.sum()), self.layout.net(values), self._stiffness(prices, solved))

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        _, solved = self._solve(log_prices)
        return (self._amounts(solved.balances) * np.exp(self.log_unit)).ravel()[self.layout.slots]

    def only(self, keep: Bools) -> Stable:
        return Stable(
            self.layout.only(keep), self.balances[keep], self.log_unit[keep], self.flat[keep],
            self.log_gamma[keep], self.on_output[keep], self.may_come[keep], self.may_leave[keep],
        )  # fmt: skip

    def directed(self, may_come: Bools, may_leave: Bools) -> Stable:
        """The same pools, where only some tokens, (P, n), may be paid in and only some taken out."""
        come, leave = may_come & self.layout.used, may_leave & self.layout.used
        return replace(self, may_come=come, may_leave=leave, _last=[])

    def _solve(self, log_prices: Floats) -> tuple[Floats, Solved]:
        if self._last and np.array_equal(self._last[0][0], log_prices):
            return self._last[0][1:]
        prices = log_prices[self.layout.place_token] + self.log_unit
        solved = solve(
            prices, self.balances, self.flat, self.log_gamma, self.layout.used, self.may_come, self.may_leave,
            self._last[0][2].near if self._last else None,
        )  # fmt: skip
        self._last[:] = [(log_prices.copy(), prices, solved)]
        return prices, solved

    def _amounts(self, balances: Floats) -> Floats:
        change = np.where(self.layout.used, balances - self.balances, 0.0)
        gamma = np.exp(self.log_gamma)[:, None]
        inner = np.where(change > 0.0, -change / gamma, -change)
        return np.where(self.on_output[:, None], gamma * inner, inner)

    def _stiffness(self, prices: Floats, solved: Solved) -> Floats:
        """See above; nothing where nothing moves."""
        values = np.where(solved.moves, np.exp(prices) * solved.balances, 0.0)
        gamma = np.exp(self.log_gamma)[:, None]
        values = np.where(solved.balances > self.balances, values / gamma, values)
        count = 1.0 + solved.moves.sum(1)
        total = values.sum(1)
        part = total / count
        spread = (values * values).sum(1) - total * part
        still = ~solved.moves.any(1)
        spread, scale = np.where(still, 1.0, spread), np.where(still, 1.0, solved.multiplier * solved.curved)
        scale = np.where(self.on_output, scale / gamma[:, 0], scale)
        leaning = (np.where(solved.moves, values - part[:, None], 0.0) * values).ravel()
        rows = self.layout.first // self.balances.shape[1]
        first, second = self.layout.first, self.layout.second
        flat = values.ravel()
        bent = leaning[first] * leaning[second] / spread[rows]
        stiffness: Floats = (bent + flat[first] * flat[second] / count[rows]) / scale[rows]
        return stiffness
