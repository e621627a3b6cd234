"""The levels of all order books of a network in one list: what each gains at given prices, and what it moves.

A level pays ``b`` of one token for ``a`` of another. At log prices y it gains δ = y_out − y_in + log(b/a) in the
logarithm: taken whole where δ > 0, not at all where δ < 0, in part only where δ = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solver.router.families import Bools, Floats, Ints
from solver.tally import totals


@dataclass(frozen=True)
class Levels:
    """K levels: ``out`` and ``paid`` (K,) tokens, ``log_rate`` log(b/a), ``asks`` a."""

    tokens: int
    out: Ints
    paid: Ints
    log_rate: Floats
    asks: Floats

    @classmethod
    def joined(cls, tokens: int, several: Sequence[Levels]) -> Levels:
        return cls(
            tokens,
            np.concatenate([one.out for one in several]),
            np.concatenate([one.paid for one in several]),
            np.concatenate([one.log_rate for one in several]),
            np.concatenate([one.asks for one in several]),
        )

    @cached_property
    def cells(self) -> Ints:
        """(K,) where a level's stiffness goes in the flattened lower triangle."""
        return np.maximum(self.out, self.paid) * self.tokens + np.minimum(self.out, self.paid)

    def only(self, keep: Bools | Ints) -> Levels:
        return Levels(self.tokens, self.out[keep], self.paid[keep], self.log_rate[keep], self.asks[keep])

    def gains(self, y: Floats) -> Floats:
        """(K,) δ."""
        return self.along(y) + self.log_rate

    def along(self, change: Floats) -> Floats:
        """(K,) by how much δ changes with log prices."""
        moved: Floats = change[self.out] - change[self.paid]
        return moved

    def spread(self, out: Floats, paid: Floats) -> Floats:
        """(T,) values that come out of levels, less those paid in, by token."""
        return totals(self.out, out, self.tokens) - totals(self.paid, paid, self.tokens)

    def laplacian(self, weights: Floats) -> Floats:
        """(T, T) Σ weights·(e_out − e_paid)(e_out − e_paid)ᵀ."""
        return laplacian(self.tokens, self.cells, weights)


def laplacian(tokens: int, cells: Ints, weights: Floats) -> Floats:
    """(T, T) with ``weights`` at ``cells`` of the lower triangle, and both at their tokens' diagonals."""
    matrix = totals(cells, -weights, tokens * tokens).reshape(tokens, tokens)
    matrix += matrix.T
    matrix.reshape(-1)[:: tokens + 1] = -matrix.sum(axis=0)
    return matrix
