"""Splitting a whole number in proportion to weights, by largest remainder (Hamilton's method)."""

from __future__ import annotations

from collections.abc import Sequence


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of ``total`` (≥ 0) in proportion to ``weights`` (≥ 0), summing to it exactly.

    Each part is its exact share rounded down, and the units left go to the largest remainders,
    earlier weights first among equals. Weights that are all zero count as equal.
    """
    if not weights:
        return []
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts
