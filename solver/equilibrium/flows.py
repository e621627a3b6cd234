"""Flows of value on arcs between tokens: what each token gains and how that changes with prices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.linalg import lapack

from solver.equilibrium.batch import Floats, Ints
from solver.tally import totals


def net_of(tokens: int, sell: Ints, buy: Ints, flow: Floats) -> Floats:
    """(T,) value sold of each token less value bought."""
    return totals(sell, flow, tokens) - totals(buy, flow, tokens)


def laplacian(tokens: int, sell: Ints, buy: Ints, by_sell: Floats, by_buy: Floats) -> Floats:
    """(T, T) the Jacobian of ``net_of`` by log prices, when each arc's flow rises by ``by_sell`` with its sell
    token's and falls by ``by_buy`` with the other's. Columns add up to zero."""
    size = tokens * tokens
    matrix = totals(sell * (tokens + 1), by_sell, size)
    matrix += totals(buy * (tokens + 1), by_buy, size)
    matrix -= totals(sell * tokens + buy, by_buy, size)
    matrix -= totals(buy * tokens + sell, by_sell, size)
    whole: Floats = matrix.reshape(tokens, tokens)
    return whole


def solved(matrix: Floats, right: Floats) -> Floats:
    """The solution; of least norm where the matrix is singular, and zero where it is no number at all."""
    try:
        x = np.linalg.solve(matrix, right).astype(np.float64, copy=False)
        if np.isfinite(x).all():
            return x
    except np.linalg.LinAlgError:
        pass
    if not (np.isfinite(matrix).all() and np.isfinite(right).all()):
        return np.zeros(len(right))
    try:
        least = np.linalg.lstsq(matrix, right, rcond=None)[0].astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        return np.zeros(len(right))
    return np.where(np.isfinite(least), least, 0.0)


def factored(matrix: Floats) -> Callable[[Floats], Floats]:
    """What ``solved`` finds, for several right-hand sides: the matrix is factorised once."""
    if not len(matrix):  # of a batch without tokens: LAPACK would complain of it on standard output
        return partial(solved, matrix)
    lower_upper, pivots, info = lapack.dgetrf(matrix)

    def solve(right: Floats) -> Floats:
        if info == 0:
            x = np.asarray(lapack.dgetrs(lower_upper, pivots, right)[0], np.float64)
            if np.isfinite(x).all():
                return x
        return solved(matrix, right)

    return solve
