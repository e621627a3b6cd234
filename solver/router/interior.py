"""The best step beside order books (``model.py``), from anywhere: a primal-dual interior point method.

With θ·s₀ = μ, (1 − θ)·s₁ = μ and s₁ − s₀ = δ + Δδ for every level and μ falling to nothing, by predictor and
corrector (Mehrotra, "On the Implementation of a Primal-Dual Interior Point Method", 1992). What is eliminated
leaves a Laplacian over tokens, to which a level adds S / (s₀/θ + s₁/(1 − θ)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.families import Floats
from solver.router.laplacian import Solve
from solver.router.model import Model, Step, factor, settled, without_circles

STEPS: Final = 25
#: The μ, in log price, at which it is told which levels lie between.
NEAR: Final = 1e-8
#: How far towards the border a step may go.
BORDER: Final = 0.995
#: A level lies between where its distances from both ends are this many times its gain's.
BETWEEN: Final = 1e3


@dataclass(frozen=True, slots=True)
class _Inside:
    """A point within: ``change`` d, ``part`` θ, ``low`` s₀ and ``high`` s₁, all but d above 0."""

    change: Floats
    part: Floats
    low: Floats
    high: Floats

    @property
    def mu(self) -> float:
        return float(self.part @ self.low + (1.0 - self.part) @ self.high) / (2 * len(self.part))

    def room(self, way: _Inside) -> float:
        """How many times ``way`` fits, at most once."""
        steep = max(
            float(np.maximum(-way.part / self.part, way.part / (1.0 - self.part)).max()),
            float(np.maximum(-way.low / self.low, -way.high / self.high).max()),
        )
        return min(1.0, 1.0 / steep) if steep > 0.0 else 1.0

    def moved(self, way: _Inside, far: float) -> _Inside:
        return _Inside(
            self.change + far * way.change,
            self.part + far * way.part,
            self.low + far * way.low,
            self.high + far * way.high,
        )


@dataclass(frozen=True, slots=True)
class _Newton:
    """Newton's equations at a point: ``solve`` for its Laplacian, ``left`` over and gains ``off`` there."""

    model: Model
    at: _Inside
    solve: Solve
    width: Floats
    left: Floats
    off: Floats

    @classmethod
    def of(cls, model: Model, at: _Inside) -> _Newton | None:
        levels = model.levels
        width = at.low / at.part + at.high / (1.0 - at.part)
        solve = factor(model.curvature + levels.laplacian(model.values / width), model.held)
        if solve is None:
            return None
        moved = model.values * (at.part - model.whole)
        left = model.left + model.curvature @ at.change + levels.spread(moved, moved)
        return cls(model, at, solve, width, left, model.gains + levels.along(at.change) - at.high + at.low)

    def way(self, below: Floats, above: Floats) -> _Inside:
        """The step after which, to first order, θ·s₀ is ``below`` more and (1 − θ)·s₁ ``above`` more."""
        at, levels = self.at, self.model.levels
        extra = (self.off - above / (1.0 - at.part) + below / at.part) / self.width
        value = self.model.values * extra
        change = self.solve(np.where(self.model.held, 0.0, -(self.left + levels.spread(value, value))))
        part = levels.along(change) / self.width + extra
        return _Inside(change, part, (below - at.low * part) / at.part, (above + at.high * part) / (1.0 - at.part))


def best_step(model: Model, parts: Floats | None, reach: float) -> Step | None:
    """Exact where numbers allow, from ``parts`` where these are nearly right already.

    Otherwise from anywhere; then only levels that gain or lose less than ``reach`` are taken to change sides, but
    whichever does not agree in the end still may. ``None`` where numbers fail.
    """
    found = settled(model, parts) if parts is not None else None
    if found is not None:
        return found
    near = np.abs(model.gains) < reach
    rough = interior(model.only(near))
    if rough is None:
        return None
    parts = model.whole
    parts[near] = rough.parts
    return settled(model, parts) or Step(rough.change, parts)


def interior(model: Model) -> Step | None:
    """Near the best step: θ of levels between to a few digits, all others 0 or 1."""
    if not len(model.gains):
        return settled(model, np.zeros(0))
    mu = max(NEAR, 0.3 * float(np.abs(model.gains).mean()))
    part = _centre(model.gains / mu)
    at = _Inside(np.zeros(len(model.left)), part, mu / part, mu / (1.0 - part))
    for _ in range(STEPS):
        mu = at.mu
        if not mu > NEAR:
            break
        newton = _Newton.of(model, at)
        if newton is None:
            return None
        below, above = -at.part * at.low, (at.part - 1.0) * at.high
        way = newton.way(below, above)
        aim = mu * (at.moved(way, at.room(way)).mu / mu) ** 3
        way = newton.way(aim + below - way.part * way.low, aim + above + way.part * way.high)
        at = at.moved(way, min(1.0, BORDER * at.room(way)))
    if not np.isfinite(at.change).all():
        return None
    asking = (at.part > BETWEEN * at.low) & (1.0 - at.part > BETWEEN * at.high)
    parts = np.where(at.part < 0.5, 0.0, 1.0)
    between = without_circles(model, np.zeros_like(asking), asking, -np.abs(at.part - 0.5))
    parts[between] = at.part[between]
    return Step(at.change, parts)


def _centre(gain: Floats) -> Floats:
    """θ with 1/θ − 1/(1 − θ) = −gain."""
    flat = np.abs(gain) < 1e-6
    safe = np.where(flat, 1.0, gain)
    part = np.where(flat, 0.5, (safe - 2.0 + np.sqrt(safe * safe + 4.0)) / (2.0 * safe))
    return np.clip(part, 1e-6, 1.0 - 1e-6)
