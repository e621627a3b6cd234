"""Sums per token."""

from __future__ import annotations

import numpy as np

from solver.equilibrium.batch import Floats, Ints


def per_token(token: Ints, value: Floats, tokens: int) -> Floats:
    """(tokens,): the values of each, floats even where there are none."""
    return np.bincount(token, value, tokens).astype(np.float64)
