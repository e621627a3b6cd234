"""Weighted pools of any number of tokens, answered at log prices by an exact piecewise-linear solve.

A pool keeps Π xᵢ^wᵢ ≥ Π Rᵢ^wᵢ, where x = R + γ·in − out. At prices p the best trade has a multiplier λ with

    xᵢ = λ·wᵢ/pᵢ       where the token goes out (xᵢ < Rᵢ),
    xᵢ = λ·wᵢ·γ/pᵢ     where it comes in (xᵢ > Rᵢ),     xᵢ = Rᵢ between.

In logarithms zᵢ = log(xᵢ/Rᵢ) is piecewise linear and monotone in log λ, so Σ wᵢ·zᵢ = 0 is solved by sorting its 2n
breakpoints (``clipped.py``). The curvature is λ·(diag w − w·wᵀ/Σw) over the tokens that move: edges of weight
λ·wᵢ·wⱼ/Σw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.clipped import root
from solver.router.families import Answer, Bools, Floats
from solver.router.layout import Laid, Layout, rows_of

#: Logarithms of balances that change by no more have not changed.
RESTING: Final = 1e-14


@dataclass(frozen=True, slots=True)
class WeightedMany(Laid):
    """P pools. Per place, (P, n): ``log_reserves`` and ``weights`` (0 where unused); ``log_gamma``: (P,), of 1 −
    fee. ``may_come``, ``may_leave``: (P, n) which tokens may be paid in and taken out."""

    layout: Layout
    log_reserves: Floats
    weights: Floats
    log_gamma: Floats
    may_come: Bools
    may_leave: Bools
    _log_depth: Floats

    kinked = False

    @classmethod
    def of(
        cls,
        tokens: int,
        rows: Sequence[Sequence[int]],
        reserves: Sequence[Sequence[float]],
        weights: Sequence[Sequence[float]],
        gamma: Sequence[float],
    ) -> WeightedMany:
        """Pools by their tokens, reserves (> 0), weights (> 0, any scale) and 1 − fee (in (0, 1])."""
        layout = Layout.of(tokens, rows)
        width = layout.place_token.shape[1]
        shares = rows_of(weights, width, 0.0)
        logs, log_gamma = np.log(rows_of(reserves, width, 1.0)), np.log(np.asarray(gamma, float))
        return cls._from(layout, logs, shares, log_gamma, layout.used, layout.used)

    @classmethod
    def _from(
        cls, layout: Layout, log_reserves: Floats, weights: Floats, log_gamma: Floats, come: Bools, leave: Bools
    ) -> WeightedMany:
        depth = log_reserves - np.log(np.where(layout.used, weights, 1.0))
        return cls(layout, log_reserves, weights, log_gamma, come, leave, depth)

    @property
    def hints(self) -> tuple[Floats, Floats]:
        """At rest prices are as R/w inverted; a token's depth is its reserve."""
        depth, first, second = self._log_depth.ravel(), self.layout.first, self.layout.second
        return depth[second] - depth[first], np.exp(self.log_reserves.ravel()[first])

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        moved, level = self._solve(log_prices)
        values = self._values(log_prices, moved)
        acts = np.where(moved != 0.0, self.weights, 0.0)
        total = acts.sum(1)
        # λ·w/Σw, once per place; the edge is w times that of its other end.
        scaled = acts * (np.exp(level) / np.where(total > 0.0, total, 1.0))[:, None]
        stiffness = scaled.ravel()[self.layout.first] * acts.ravel()[self.layout.second]
        return Answer(float(values.sum()), self.layout.net(values), stiffness)

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        moved, _ = self._solve(log_prices)
        return self._amounts(moved).ravel()[self.layout.slots]

    def only(self, keep: Bools) -> WeightedMany:
        return self._from(
            self.layout.only(keep), self.log_reserves[keep], self.weights[keep], self.log_gamma[keep],
            self.may_come[keep], self.may_leave[keep],
        )  # fmt: skip

    def directed(self, may_come: Bools, may_leave: Bools) -> WeightedMany:
        """The same pools, where only some tokens, (P, n), may be paid in and only some taken out."""
        come, leave = may_come & self.layout.used, may_leave & self.layout.used
        return self._from(self.layout, self.log_reserves, self.weights, self.log_gamma, come, leave)

    def _solve(self, log_prices: Floats) -> tuple[Floats, Floats]:
        """((P, n) log of x/R with 0 where nothing moves, (P,) log λ)."""
        gap = self.log_gamma[:, None]
        ease = -log_prices[self.layout.place_token] - self._log_depth
        level = root(-ease, self.weights * self.may_leave, -ease - gap, self.weights * self.may_come, 0.0, 0.0)
        reach = level[:, None] + ease
        moved = np.where(self.may_leave, np.minimum(reach, 0.0), 0.0)
        moved += np.where(self.may_come, np.maximum(reach + gap, 0.0), 0.0)
        # Within rounding of resting is resting; rounding may also move one side only.
        trades = (moved.min(1, initial=0.0) < -RESTING) & (moved.max(1, initial=0.0) > 0.0)
        moved *= trades[:, None]
        return moved, level

    def _amounts(self, moved: Floats) -> Floats:
        change = np.exp(self.log_reserves) * np.expm1(moved)
        return np.where(change > 0.0, -change * np.exp(-self.log_gamma)[:, None], -change)

    def _values(self, log_prices: Floats, moved: Floats) -> Floats:
        change = np.exp(self.log_reserves + log_prices[self.layout.place_token]) * np.expm1(moved)
        return np.where(change > 0.0, -change * np.exp(-self.log_gamma)[:, None], -change)
