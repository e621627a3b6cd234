"""Weighted graph Laplacians over tokens: assembled without loops, factorised dense or sparse.

``K = Σ_e w_e (e_i − e_j)(e_i − e_j)ᵀ + diag``: the curvature of what venues earn, in log prices. Dense Cholesky up
to `DENSE` tokens, where it costs less than anything that looks at the pattern first; sparse LU beyond.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.linalg import lapack

from solver.router.families import Floats, Ints
from solver.tally import totals

#: Tokens up to which the matrix is kept whole.
DENSE: Final = 1500
#: What is added to the diagonal, of itself: tokens that hang together but on nothing else make it singular.
EASE: Final = 1e-13
SYMMETRIC: Final = {"SymmetricMode": True}

#: Right-hand side (T,) → solution (T,).
Solve = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Pattern:
    """The edges of a network: ``tails`` and ``heads`` (E,) of ``tokens`` tokens."""

    tokens: int
    tails: Ints
    heads: Ints

    @cached_property
    def cells(self) -> Ints:
        """(E,) where an edge's weight goes in the flattened lower triangle."""
        high, low = np.maximum(self.tails, self.heads), np.minimum(self.tails, self.heads)
        return high * self.tokens + low

    @cached_property
    def columns(self) -> tuple[Ints, Ints, Ints]:
        """The sparse pattern: rows and columns of the distinct cells, and (E,) which of them an edge is."""
        distinct, which = np.unique(self.cells, return_inverse=True)
        return distinct // self.tokens, distinct % self.tokens, which

    def factor(self, weights: Floats, extra: Floats) -> tuple[Solve, Floats] | None:
        """A solver for the Laplacian plus ``extra`` (T,) ≥ 0 on the diagonal, and that diagonal (T,) without
        ``extra``. ``None`` where the matrix is not positive definite in floats. An ``extra`` of infinity holds
        a token where it is: its solution is 0."""
        return self._dense(weights, extra) if self.tokens <= DENSE else self._sparse(weights, extra)

    def _dense(self, weights: Floats, extra: Floats) -> tuple[Solve, Floats] | None:
        t = self.tokens
        matrix = totals(self.cells, -weights, t * t).reshape(t, t)
        degree = -(matrix.sum(axis=0) + matrix.sum(axis=1))
        matrix.reshape(-1)[:: t + 1] = diagonal(degree, extra)
        # The lower triangle by rows is the upper one by columns: nothing is copied.
        factor, info = lapack.dpotrf(matrix.T, lower=0, clean=0, overwrite_a=1)
        if info != 0:
            return None

        def solve(right: Floats) -> Floats:
            solution: Floats = lapack.dpotrs(factor, right, lower=0)[0]
            return solution

        return solve, degree

    def _sparse(self, weights: Floats, extra: Floats) -> tuple[Solve, Floats] | None:
        from scipy.sparse import csc_array
        from scipy.sparse.linalg import splu

        t = self.tokens
        rows, columns, which = self.columns
        across = totals(which, -weights, len(rows))
        degree = -totals(self.tails, -weights, t)
        degree += totals(self.heads, weights, t)
        every = np.arange(t)
        values = np.concatenate([across, across, diagonal(degree, extra)])
        at = (np.concatenate([rows, columns, every]), np.concatenate([columns, rows, every]))
        matrix = csc_array((values, at), shape=(t, t))
        try:
            factor: Any = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=SYMMETRIC)
        except RuntimeError:
            return None
        return lambda right: np.asarray(factor.solve(right), np.float64), degree


def diagonal(degree: Floats, extra: Floats) -> Floats:
    """The whole diagonal; held tokens get one so large that they do not move."""
    top = float(degree.max(initial=0.0))
    whole = degree * (1 + EASE)
    whole += np.minimum(extra, 1e30 * (top if top > 0 else 1.0))
    whole += top * 1e-30 + np.finfo(float).tiny
    return whole
