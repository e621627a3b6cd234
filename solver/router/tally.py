"""Sums by token, without loops."""

from __future__ import annotations

import numpy as np

from solver.router.families import Floats, Ints


def totals(places: Ints, values: Floats, count: int) -> Floats:
    """(count,) the sums of ``values`` that share a place."""
    return np.asarray(np.bincount(places, weights=values, minlength=count), np.float64)
