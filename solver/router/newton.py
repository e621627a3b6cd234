"""Semismooth Newton on the dual in log prices.

The matrix is the venues' curvature, a graph Laplacian. Where a step goes wrong the values left over are added to
its diagonal: as a Laplacian has zero row sums, no price then moves by more than its share. Prices at their floor
stay there while more of the token is left than wanted. A whisker more than nothing is asked of every token, so
that rounding cannot leave too little; it costs a fraction of the gap that is allowed. Tokens that trade among
themselves alone cannot get it from anybody: once a step has gone wrong no such group is asked for any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.dual import Dual, Point, evaluate
from solver.router.families import Bools, Floats
from solver.router.laplacian import Solve
from solver.router.prepare import connected
from solver.tally import totals

#: Of the allowed gap, what the whiskers may cost.
WHISKER: Final = 0.01
#: Roundings of the stiffness around a token that its whisker has to cover.
ROUNDINGS: Final = 4 * np.finfo(float).eps
#: Values left over, of the bound, from where on a factorisation serves for more than one step.
NEAR: Final = 1e-6
#: A factorisation is kept while a step leaves at most this much of what was left before.
REUSE: Final = 0.01
#: Steps that raise a price by more than this factor's logarithm are taken again, held back.
RISE: Final = 1.0
FALL: Final = -40.0
#: No step is taken for more than this (2 would be an infinite rise).
STEEP: Final = 1.8
#: A step counts if the dual falls by this share of what was to be expected.
ARMIJO: Final = 1e-4
HALVINGS: Final = 30
#: Below this, of the bound, falls are lost in rounding and the values left over decide.
ROUNDED: Final = 1e-10
#: What is left may be rounding up to so many times the whiskers'. Halvings for that, and for more.
HIDDEN: Final = 4.0
COARSE: Final = 2
FINE: Final = 12


@dataclass(frozen=True, slots=True)
class Found:
    """Where Newton ended, after how many evaluations, and whether everything asked holds there."""

    point: Point
    evaluations: int
    done: bool


def newton(dual: Dual, y: Floats, width: float, gap: float, limit: int, reach: float = 1.0) -> Found:
    """From log prices ``y`` until no token falls short and the gap is at most ``gap`` of the bound.

    ``reach``: how far, in log prices, the curvature is trusted; between ramps there may be none at all."""
    point = evaluate(dual, y, width)
    bounded = dual.bounded
    held, away = dual.fixed, np.where(dual.fixed, np.inf, 0.0)
    share = WHISKER * gap / max(len(y), 1)
    rounding = np.zeros(len(y))
    damping, factor, stalled, astray = 0.0, None, 0, False
    count = 1
    while count < limit:
        scale = abs(point.value)
        if finished(dual, point, gap):
            return Found(point, count, True)
        wanting = point.left - (share * scale + rounding)
        if bounded:
            held = dual.fixed | at_floor(dual, point, wanting)
            away = np.where(held, np.inf, 0.0)
            factor = None
        # Nothing passes through a token of which exactly nothing is left; no venue would resist its price either.
        wanting[held | (point.left == 0.0)] = 0.0
        if astray:
            wanting += unobtainable(dual, point, wanting, held)
        residual = float(np.abs(wanting).sum())
        if factor is None or residual > NEAR * scale:
            factor, degree, damping = factorise(dual, point, wanting, away, damping)
            if factor is None:
                break
            rounding = ROUNDINGS * degree
        step = -factor(wanting)
        if damping == 0.0 and (step.max() > RISE * reach or step.min() < FALL * reach):
            damping, factor = (1.0 / reach if astray else 0.0), None
            count, astray = count + 1, True
            continue
        following, spent = search(dual, point, step, wanting, residual, rounding, width, held)
        count += spent
        if following is None:
            if damping > 1e3 / reach or stalled > 3:
                break
            damping = max(1.0 / reach, 8 * damping) if astray else damping
            factor, stalled, astray = None, stalled + astray, True
            continue
        damping = 0.0 if damping < 0.1 / reach else damping / 8 if spent == 1 else damping
        gone = float(np.abs(np.where(held, 0.0, following.left)).sum())
        if damping > 0 or gone > REUSE * residual:
            factor = None
        point = following
    return Found(point, count, finished(dual, point, gap))


def finished(dual: Dual, point: Point, gap: float) -> bool:
    left = np.where(dual.fixed, 0.0, point.left)
    if not left.min(initial=0.0) >= 0.0:
        return False
    return bool(left @ (1 - dual.worth / point.prices) <= gap * point.scale)


def at_floor(dual: Dual, point: Point, wanting: Floats) -> Bools:
    """Prices at, or a whisker above, their floor that would fall further."""
    slack = min(1e-2, float(np.abs(wanting).sum()) / max(abs(point.value), np.finfo(float).tiny))
    return np.asarray((point.y <= dual.floor + slack * 1e-3) & (wanting > 0), np.bool_)


def unobtainable(dual: Dual, point: Point, wanting: Floats, held: Bools) -> Floats:
    """(T,) what groups of tokens that nobody outside trades with want beyond what they have, spread evenly."""
    pattern = dual.prepared.pattern
    firm = point.stiffness > 0.0
    group = connected(pattern.tokens, pattern.tails[firm], pattern.heads[firm])
    closed = totals(group, (held | (dual.given < 0.0)).astype(np.float64), 0) == 0.0
    lacking = np.where(closed, np.maximum(-totals(group, wanting, 0), 0.0), 0.0)
    return (lacking / np.bincount(group))[group]


def factorise(
    dual: Dual, point: Point, wanting: Floats, away: Floats, damping: float
) -> tuple[Solve | None, Floats, float]:
    """The solver at this point, with as much damping as it takes for the matrix to be positive definite."""
    for _ in range(3):
        extra = away if damping == 0.0 else away + damping * np.abs(wanting)
        made = dual.prepared.pattern.factor(point.stiffness, extra)
        if made is not None:
            return made[0], made[1], damping
        damping = max(1.0, 8 * damping)
    return None, away, damping


def search(
    dual: Dual,
    point: Point,
    step: Floats,
    wanting: Floats,
    residual: float,
    rounding: Floats,
    width: float,
    held: Bools,
) -> tuple[Point | None, int]:
    """The first of ever shorter steps that serves, and how many were evaluated."""
    scale = abs(point.value)
    length = 1.0
    for tried in range(1, HALVINGS + 1):
        there = np.maximum(point.y + root_step(length * step), dual.floor)
        following = evaluate(dual, there, width)
        expected = float(wanting @ (there - point.y))
        if abs(expected) > ROUNDED * scale:
            if following.value - point.value < ARMIJO * min(expected, 0.0):
                return following, tried
        else:
            left = following.left - (point.left - wanting)
            left[held] = 0.0
            if float(np.abs(left).sum()) < 0.9 * residual:
                return following, tried
            resolved = residual > HIDDEN * float(rounding.sum())
            # Where venues begin to trade on the way, what is left may grow and yet lie less in the step's way.
            if resolved and abs(float(left @ (there - point.y))) < 0.9 * abs(expected):
                return following, tried
            if tried > (FINE if resolved else COARSE):
                break
        length *= 0.5
    return None, tried


def root_step(step: Floats) -> Floats:
    """The change of y that changes exp(−y/2) as ``step`` does to first order: venues' trades go by square roots of
    prices rather than by logs, so that steps in those terms reach further."""
    moved: Floats = -2 * np.log1p(np.minimum(step, STEEP) * -0.5)
    return moved
