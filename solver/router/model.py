"""The best step where venues are taken as quadratic and order books as they are: a small program without venues.

Around log prices y the rest of the network is a gradient r and a curvature K; a level that gains δ adds
S·max(0, δ + Δδ) with S the value it moves. What is looked for are the change d of log prices and the parts θ in
0 … 1 of levels with

    r + K·d + Σ θ·S·(e_out − e_paid) = 0,   θ = 1 where δ + Δδ > 0,   θ = 0 where δ + Δδ < 0.

``interior.py`` comes near from anywhere; ``settled`` ends it exactly: levels are held whole or empty, those
between are solved for, and whichever does not agree changes sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import lapack

from solver.router.families import Bools, Floats
from solver.router.laplacian import EASE, Solve
from solver.router.levels import Levels

#: Times levels may change sides.
CHANGES: Final = 12
#: Gains, in log price, smaller than this have no sign.
ROUNDING: Final = 1e-13


@dataclass(frozen=True, slots=True)
class Model:
    """``left`` (T,) r, with every level that gains taken whole; ``curvature`` (T, T) K; ``held`` (T,) tokens whose
    price does not move; per level ``gains`` δ and ``values`` S."""

    left: Floats
    curvature: Floats
    held: Bools
    levels: Levels
    gains: Floats
    values: Floats

    def only(self, keep: Bools) -> Model:
        """Without levels that stay as they are."""
        return Model(
            self.left, self.curvature, self.held, self.levels.only(keep), self.gains[keep], self.values[keep]
        )

    @property
    def whole(self) -> Floats:
        """(K,) the parts that ``left`` counts already."""
        return (self.gains > 0.0).astype(float)


@dataclass(frozen=True, slots=True)
class Step:
    """``change`` (T,) of log prices and ``parts`` (K,) θ."""

    change: Floats
    parts: Floats


def settled(model: Model, parts: Floats) -> Step | None:
    """The exact step, from parts that are nearly right; ``None`` where levels keep changing sides."""
    solve = factor(model.curvature, model.held)
    if solve is None:
        return None
    between = (parts > 0.0) & (parts < 1.0)
    for _ in range(CHANGES):
        step = _balanced(model, solve, parts, between)
        if step is None:
            return None
        after = model.gains + model.levels.along(step.change)
        over, under = between & (step.parts > 1.0), between & (step.parts < 0.0)
        enters = ~between & (((parts <= 0.0) & (after > ROUNDING)) | ((parts >= 1.0) & (after < -ROUNDING)))
        if not (over | under | enters).any():
            return step
        parts = np.where(over, 1.0, np.where(under, 0.0, parts))
        between = between & ~(over | under)
        between[without_circles(model, between, enters, np.abs(after))] = True
    return None


def _balanced(model: Model, solve: Solve, parts: Floats, between: Bools) -> Step | None:
    """The step with levels ``between`` neither gaining nor losing, and all others at their ``parts``."""
    levels, pinned = model.levels, np.flatnonzero(between)
    out, paid = levels.out[pinned], levels.paid[pinned]
    moved = model.values * (np.where(between, 0.0, parts) - model.whole)
    # What is left over, and a unit of value through each level between; then what they do to prices.
    given = np.zeros((len(model.left), 1 + len(pinned)), order="F")
    given[:, 0] = -(model.left + levels.spread(moved, moved))
    column = np.arange(1, 1 + len(pinned))
    given[out, column] = 1.0
    given[paid, column] = -1.0
    given[model.held] = 0.0
    moves = solve(given)
    gains = moves[out] - moves[paid]
    values, info = np.zeros(0), 0
    if len(pinned):
        values, info = lapack.dposv(gains[:, 1:], gains[:, 0] + model.gains[pinned])[1:]
    change = moves[:, 0] - moves[:, 1:] @ values
    if info != 0 or not np.isfinite(change).all():
        return None
    share = np.where(between, 0.0, parts)
    share[pinned] = values / model.values[pinned]
    return Step(change, share)


def without_circles(model: Model, between: Bools, asking: Bools, urgency: Floats) -> list[int]:
    """Of the levels ``asking`` to lie between, the most urgent that close no circle with others ``between``: gains
    around a circle cannot all be nothing. Tokens that are held count as one."""
    levels, root = model.levels, np.arange(len(model.left)).tolist()
    for token in np.flatnonzero(model.held).tolist():
        root[token] = -1

    def joins(level: int) -> bool:
        ends = []
        for token in (int(levels.out[level]), int(levels.paid[level])):
            while token >= 0 and root[token] != token:
                token = root[token]
            ends.append(token)
        if ends[0] == ends[1]:
            return False
        root[max(ends)] = min(ends)
        return True

    for level in np.flatnonzero(between).tolist():
        joins(level)
    ask = np.flatnonzero(asking)
    first = ask[np.argsort(-urgency[ask], kind="stable")][: 2 * len(root)]
    return [level for level in first.tolist() if joins(level)]


def factor(matrix: Floats, held: Bools) -> Solve | None:
    """A solver that leaves held tokens where they are; ``None`` where the matrix is not positive definite.

    A little more is put on the diagonal, for tokens that hang on nothing."""
    matrix = matrix.copy()
    diagonal = matrix.reshape(-1)[:: len(matrix) + 1]
    diagonal += EASE * diagonal + 1e-30 * max(float(diagonal.max(initial=0.0)), np.finfo(float).tiny)
    matrix[held, :] = 0.0
    matrix[:, held] = 0.0
    matrix[held, held] = 1.0
    found, info = lapack.dpotrf(matrix, lower=0, clean=0, overwrite_a=1)
    if info != 0:
        return None
    return lambda right: np.asarray(lapack.dpotrs(found, right, lower=0)[0], np.float64)
