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
from solver.router.laplacian import EASE
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
    levels, gains = model.levels, model.gains
    between = (parts > 0.0) & (parts < 1.0)
    core = eased(model.curvature)
    for _ in range(CHANGES):
        if between.sum() > len(model.left):
            return None
        step = _balanced(model, core, parts, between)
        if step is None:
            return None
        after = gains + levels.along(step.change)
        over, under = between & (step.parts > 1.0), between & (step.parts < 0.0)
        enters = ~between & (((parts <= 0.0) & (after > ROUNDING)) | ((parts >= 1.0) & (after < -ROUNDING)))
        if not (over | under | enters).any():
            return step
        between = (between & ~over & ~under) | enters
        parts = np.where(over, 1.0, np.where(under, 0.0, parts))
    return None


def _balanced(model: Model, core: Floats, parts: Floats, between: Bools) -> Step | None:
    """The step with levels ``between`` neither gaining nor losing, and all others at their ``parts``."""
    levels, tokens = model.levels, len(model.left)
    moving, free = np.flatnonzero(~model.held), np.flatnonzero(between)
    place = np.full(tokens, -1)
    place[moving] = np.arange(len(moving))
    count = len(moving) + len(free)
    matrix = np.zeros((count, count))
    matrix[: len(moving), : len(moving)] = core[np.ix_(moving, moving)]
    column = len(moving) + np.arange(len(free))
    for token, sign in ((place[levels.out[free]], 1.0), (place[levels.paid[free]], -1.0)):
        here = token >= 0
        matrix[token[here], column[here]] += sign
        matrix[column[here], token[here]] += sign
    moved = model.values * (np.where(between, 0.0, parts) - model.whole)
    right = np.concatenate([-(model.left + levels.spread(moved, moved))[moving], -model.gains[free]])
    solution, info = lapack.dgesv(matrix, right)[2:] if count else (right, 0)
    if info != 0 or not np.isfinite(solution).all():
        return None
    change, share = np.zeros(tokens), np.where(between, 0.0, parts)
    change[moving] = solution[: len(moving)]
    share[free] = solution[len(moving) :] / model.values[free]
    return Step(change, share)


def eased(matrix: Floats) -> Floats:
    """With a little more on the diagonal, for tokens that hang on nothing."""
    matrix = matrix.copy()
    diagonal = matrix.reshape(-1)[:: len(matrix) + 1]
    diagonal += EASE * diagonal + 1e-30 * max(float(diagonal.max(initial=0.0)), np.finfo(float).tiny)
    return matrix
