"""Correlated normal increments of Brownian and mean-reverting log prices, exact over a step of any length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

#: Relative size below which a pivot is rounding, so that perfect correlation is allowed.
TINY: Final = 1e-9

Matrix = list[list[float]]


def covariance(correlations: Sequence[Sequence[float]], reversions: Sequence[float], hours: float) -> Matrix:
    """Of the unit-volatility increments x over ``hours``, where dx = −κ·x·dt + dW with correlated W:
    ρᵢⱼ·(1 − e^(−(κᵢ+κⱼ)t)) / (κᵢ+κⱼ), which is ρᵢⱼ·t without reversion."""
    return [
        [
            correlation * _weight(reversions[i] + reversions[j], hours)
            for j, correlation in enumerate(correlations[i])
        ]
        for i in range(len(correlations))
    ]


def _weight(speed: float, hours: float) -> float:
    return hours if speed == 0.0 else -math.expm1(-speed * hours) / speed


def cholesky(matrix: Sequence[Sequence[float]]) -> Matrix | None:
    """Lower triangular L with L·Lᵀ = ``matrix``; ``None`` where it is not positive semidefinite."""
    lower: Matrix = [[0.0] * len(matrix) for _ in matrix]
    for i, row in enumerate(matrix):
        for j in range(i + 1):
            rest = row[j] - math.fsum(a * b for a, b in zip(lower[i][:j], lower[j][:j], strict=True))
            scale = math.sqrt(matrix[i][i] * matrix[j][j])
            if i == j:
                if rest < -TINY * scale:
                    return None
                lower[i][i] = math.sqrt(rest) if rest > TINY * scale else 0.0
            elif lower[j][j] > 0.0:
                lower[i][j] = rest / lower[j][j]
            elif abs(rest) > math.sqrt(TINY) * scale:
                return None
    return lower
