"""Statistics that several metrics share. Sums are correctly rounded (``math.fsum``), so order does not matter."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

BPS = 10_000.0


def total(values: Iterable[float]) -> float:
    """The sum; not a number where values without bound stand against one another."""
    try:
        return math.fsum(values)
    except (ValueError, OverflowError):
        return math.nan


def mean(values: Sequence[float]) -> float | None:
    return total(values) / len(values) if values else None


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``, undefined where the whole is not positive."""
    return part / whole if whole > 0 else None


def weighted_mean(pairs: Iterable[tuple[float, float]]) -> float | None:
    """The mean of (value, weight) pairs; weights that are not positive do not count."""
    kept = [(value, weight) for value, weight in pairs if weight > 0]
    return ratio(total(v * w for v, w in kept), total(w for _, w in kept))


def quantile(values: Sequence[float], q: float) -> float | None:
    """The smallest value that at least a share ``q`` of all values do not exceed (nearest rank, 0 < q ≤ 1)."""
    return sorted(values)[max(0, math.ceil(q * len(values)) - 1)] if values else None


def jain(values: Sequence[float]) -> float | None:
    """Jain's fairness index (Σx)² / (n Σx²) of values ≥ 0, in [1/n, 1]; 1 where all are equal, zeros too.

    R. Jain, D. Chiu, W. Hawe, DEC-TR-301 (1984).
    """
    if not values:
        return None
    top = max(values)
    if top <= 0:
        return 1.0
    shares = [value / top for value in values]
    index = total(shares) ** 2 / (len(shares) * total(share * share for share in shares))
    return min(1.0, max(1.0 / len(values), index))


def gini(values: Sequence[float]) -> float | None:
    """The Gini coefficient Σᵢ (2i − n − 1) xᵢ / (n Σx) of ascending values ≥ 0, in [0, 1); 0 where all are 0."""
    if not values:
        return None
    n, top = len(values), max(values)
    if top <= 0:
        return 0.0
    shares = sorted(value / top for value in values)
    spread = total((2 * i - n - 1) * share for i, share in enumerate(shares, start=1))
    return min(1.0 - 1.0 / n, max(0.0, spread / (n * total(shares))))


def hhi(counts: Iterable[float]) -> float | None:
    """The Herfindahl–Hirschman index Σ sᵢ² of shares, in [1/n, 1]; 1 is a monopoly."""
    kept = [count for count in counts if count > 0]
    whole = total(kept)
    return min(1.0, total((count / whole) ** 2 for count in kept)) if kept else None


def nakamoto(counts: Iterable[float]) -> float | None:
    """The Nakamoto coefficient: the fewest parties that together hold more than half (Srinivasan & Lee, 2017)."""
    kept = sorted((count for count in counts if count > 0), reverse=True)
    half, held = total(kept) / 2, 0.0
    for place, count in enumerate(kept, start=1):
        held += count
        if held > half:
            return float(place)
    return None


def shares(names: Iterable[str]) -> dict[str, float]:
    """How often each name comes, as a share of all; the most frequent first, then by name."""
    counts = Counter(names)
    whole = sum(counts.values())
    return {name: count / whole for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def sums(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Sums by key, by first appearance."""
    return {key: total(values) for key, values in grouped(pairs).items()}


def means(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Means by key, by first appearance."""
    return {key: total(values) / len(values) for key, values in grouped(pairs).items()}


def grouped(pairs: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    """Values by key, both in the order they come."""
    found: dict[str, list[float]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
