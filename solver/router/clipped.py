"""Roots of sums of clipped lines: Σ vᵢ·min(z − dᵢ, 0) + Σ wᵢ·max(z − uᵢ, 0) + tilt·z + c = 0, many at once.

Such a sum is piecewise linear and never falls, so its root lies between two of the breakpoints d and u. This is
what a pool of many tokens asks of its multiplier: tokens go out below one level and come in above another.
"""

from __future__ import annotations

import numpy as np

from solver.router.families import Floats


def root(down: Floats, out: Floats, up: Floats, into: Floats, tilt: float, constant: Floats | float) -> Floats:
    """(P,) z per column. ``down`` and ``up``: (n, P) finite breakpoints with weights ``out``, ``into`` ≥ 0 (0 for
    none). Where the sum is zero over a whole range, its upper end."""
    ends = np.concatenate([down, up])
    # One more on either side, so that the root lies on the line through two of them wherever it is.
    points = np.concatenate([ends, [ends.min(0) - 1.0, ends.max(0) + 1.0]])
    # All of them tried at once cost less than sorting columns this short.
    tried = points[:, None]
    heights = (np.minimum(tried - down, 0.0) * out + np.maximum(tried - up, 0.0) * into).sum(1)
    heights += tilt * points + constant
    below = heights <= 0.0
    below[-2], below[-1] = True, False
    low, under = np.where(below, points, -np.inf).max(0), np.where(below, heights, -np.inf).max(0)
    high, over = np.where(below, np.inf, points).min(0), np.where(below, np.inf, heights).min(0)
    rise = over - under
    return np.asarray(low - np.where(rise > 0.0, under * (high - low) / np.where(rise > 0.0, rise, 1.0), 0.0))
