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
from solver.router.layout import Laid, Layout, places_of

#: Logarithms of balances that change by no more have not changed.
RESTING: Final = 1e-14


@dataclass(frozen=True, slots=True)
class WeightedMany(Laid):
    """P pools. Per place, (n, P): ``log_reserves`` and ``weights`` (0 where unused); ``log_gamma``: (P,), of 1 −
    fee. ``may_come``, ``may_leave``: (n, P) which tokens may be paid in and taken out.

    ``_coming``, ``_leaving``: their weights, 0 for others; ``_log_depth``: log R/w; ``_dear``: (P,) 1/γ."""

    layout: Layout
    log_reserves: Floats
    weights: Floats
    log_gamma: Floats
    may_come: Bools
    may_leave: Bools
    _coming: Floats
    _leaving: Floats
    _log_depth: Floats
    _dear: Floats

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
        places = len(layout.place_token)
        shares = places_of(weights, places, 0.0)
        logs, log_gamma = np.log(places_of(reserves, places, 1.0)), np.log(np.asarray(gamma, float))
        return cls._from(layout, logs, shares, log_gamma, layout.used, layout.used)

    @classmethod
    def _from(
        cls, layout: Layout, log_reserves: Floats, weights: Floats, log_gamma: Floats, come: Bools, leave: Bools
    ) -> WeightedMany:
        depth = log_reserves - np.log(np.where(layout.used, weights, 1.0))
        return cls(
            layout, log_reserves, weights, log_gamma, come, leave, weights * come, weights * leave, depth,
            np.exp(-log_gamma),
        )  # fmt: skip

    @property
    def hints(self) -> tuple[Floats, Floats]:
        """At rest prices are as R/w inverted; a token's depth is its reserve."""
        depth, first, second = self._log_depth.ravel(), self.layout.first, self.layout.second
        return depth[second] - depth[first], np.exp(self.log_reserves.ravel()[first])

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        moved, level = self._solve(log_prices)
        values = self._paid(np.exp(self.log_reserves + log_prices[self.layout.place_token]), moved)
        acts = np.where(moved != 0.0, self.weights, 0.0)
        total = acts.sum(0)
        # λ·w/Σw, once per place; the edge is w times that of its other end.
        scaled = acts * (np.exp(level) / np.where(total > 0.0, total, 1.0))
        stiffness = scaled.ravel()[self.layout.first] * acts.ravel()[self.layout.second]
        return Answer(float(values.sum()), self.layout.net(values), stiffness)

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        moved, _ = self._solve(log_prices)
        return self._paid(np.exp(self.log_reserves), moved).ravel()[self.layout.slots]

    def only(self, keep: Bools) -> WeightedMany:
        return self._from(
            self.layout.only(keep), self.log_reserves[:, keep], self.weights[:, keep], self.log_gamma[keep],
            self.may_come[:, keep], self.may_leave[:, keep],
        )  # fmt: skip

    def directed(self, may_come: Bools, may_leave: Bools) -> WeightedMany:
        """The same pools, where only some tokens, (n, P), may be paid in and only some taken out."""
        come, leave = may_come & self.layout.used, may_leave & self.layout.used
        return self._from(self.layout, self.log_reserves, self.weights, self.log_gamma, come, leave)

    def _solve(self, log_prices: Floats) -> tuple[Floats, Floats]:
        """((n, P) log of x/R with 0 where nothing moves, (P,) log λ)."""
        leaves_at = log_prices[self.layout.place_token] + self._log_depth
        comes_at = leaves_at - self.log_gamma
        level = root(leaves_at, self._leaving, comes_at, self._coming, 0.0, 0.0)
        moved = np.minimum(level - leaves_at, 0.0) * self.may_leave
        moved += np.maximum(level - comes_at, 0.0) * self.may_come
        # Within rounding of resting is resting; rounding may also move one side only.
        trades = (moved.min(0, initial=0.0) < -RESTING) & (moved.max(0, initial=0.0) > 0.0)
        moved *= trades
        return moved, level

    def _paid(self, reserves: Floats, moved: Floats) -> Floats:
        """(n, P) what the trader gets, in the units of ``reserves``, when logs of balances change by ``moved``."""
        change = reserves * np.expm1(moved)
        return np.asarray(-change * np.where(change > 0.0, self._dear, 1.0), np.float64)
