"""Roots of sums of clipped lines: Σ vᵢ·min(z − dᵢ, 0) + Σ wᵢ·max(z − uᵢ, 0) + tilt·z + c = 0, many at once.

Such a sum is piecewise linear and never falls, so its root is found by sorting the breakpoints d and u. This is
what a pool of many tokens asks of its multiplier: tokens go out below one level and come in above another.
"""

from __future__ import annotations

import numpy as np

from solver.router.families import Floats


def root(down: Floats, out: Floats, up: Floats, into: Floats, tilt: float, constant: Floats | float) -> Floats:
    """(P,) z per row. ``down`` and ``up``: (P, n) finite breakpoints with weights ``out``, ``into`` ≥ 0 (0 for
    none). Where the sum is zero over a whole range, its lower end."""
    points = np.concatenate([down, up], axis=1)
    rows, count = points.shape
    start_of = np.arange(0, rows * count, count)[:, None]
    order = np.argsort(points, axis=1) + start_of
    points = points.ravel()[order]
    steps = np.concatenate([-out, into], axis=1).ravel()[order]
    total = out.sum(1, keepdims=True) + tilt
    slopes = total + np.cumsum(steps, axis=1)
    lowest = points[:, :1]
    start = (out * np.minimum(lowest - down, 0.0)).sum(1, keepdims=True) + tilt * lowest
    start = start + np.reshape(constant, (-1, 1))
    heights = np.concatenate([start, start + np.cumsum(slopes[:, :-1] * np.diff(points, axis=1), axis=1)], axis=1)
    # The last breakpoint at or below zero, then along its slope; flat there means that nothing moves.
    last = (heights <= 0.0).sum(1)[:, None] - 1
    below = last < 0
    last = np.maximum(last, 0)
    last += start_of
    slope = np.where(below, total, slopes.ravel()[last])
    height = heights.ravel()[last]
    tiny = 1e-12 * (total + into.sum(1, keepdims=True)) + 1e-300
    found: Floats = points.ravel()[last] - np.where(slope > tiny, height / np.maximum(slope, tiny), 0.0)
    return found[:, 0]
