"""Statistics of paired differences: intervals for their mean, and a correction for looking at many.

Everything random is drawn from a generator seeded with a constant, so the same differences give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEVEL: Final = 0.95
#: Odd, so that no quantile falls on a tie of ranks.
DRAWS: Final = 4_999
SEED: Final = 20_605
#: Fewer pairs in a row than this make too few blocks to tell their spread from.
MIN_SERIAL: Final = 8
#: Differences this much smaller than the values themselves are rounding.
_RELATIVE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Paired:
    """What n paired differences say of their mean, at ``LEVEL``; ``None`` where n does not allow it.

    ``low``, ``high`` and the two-sided ``p`` (for a mean of 0) decide. ``boot_*`` is a plain percentile
    interval beside them, from blocks of ``block`` pairs in a row. ``same``: no pair differs at all.
    """

    n: int
    mean: float
    same: bool
    low: float | None = None
    high: float | None = None
    boot_low: float | None = None
    boot_high: float | None = None
    block: int = 1
    p: float | None = None


def paired(a: Sequence[float], b: Sequence[float], serial: bool = False) -> Paired:
    """Differences b − a of pairs in order. ``serial``: neighbours resemble one another, so blocks count.

    Independent pairs: Student's interval (1908). Serial ones: blocks of ⌈n^(1/3)⌉ pairs, the rate at which the
    error of a block bootstrap's variance is least (Hall, Horowitz & Jing, Biometrika 82, 1995), drawn circularly
    (Politis & Romano 1992); their standard error, as of k = n / block values, with Student's t on k − 1 degrees of
    freedom. The plain percentile interval is too narrow for the few auctions of a run: see ``docs/metrics.md``.
    """
    import numpy as np

    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    differences = second - first
    differences[np.abs(differences) <= _RELATIVE * np.maximum(np.abs(first), np.abs(second))] = 0.0
    n = len(differences)
    mean, same = math.fsum(differences.tolist()) / n, not differences.any()
    if n < (MIN_SERIAL if serial else 2):
        return Paired(n, mean, same)
    block = math.ceil(n ** (1 / 3) - 1e-9) if serial else 1
    drawn = block_means(differences, block)
    tail = 100 * (1 - LEVEL) / 2
    boot_low, boot_high = np.percentile(drawn, [tail, 100 - tail])
    blocks = n / block
    error = float(drawn.std()) * math.sqrt(blocks / (blocks - 1))
    if not serial:
        error = float(differences.std(ddof=1)) / math.sqrt(n)
    low, high, p = _student(mean, error, blocks)
    return Paired(n, mean, same, low, high, float(boot_low), float(boot_high), block, p)


def _student(mean: float, error: float, values: float) -> tuple[float, float, float]:
    """Interval and p of a mean with that standard error of so many values; if all are equal, the sign test's p."""
    from scipy.special import stdtr, stdtrit

    if error <= _RELATIVE * abs(mean):
        return mean, mean, (min(1.0, 2 * 0.5**values) if mean else 1.0)
    reach = float(stdtrit(values - 1, (1 + LEVEL) / 2)) * error
    return mean - reach, mean + reach, float(2 * stdtr(values - 1, -abs(mean) / error))


def block_means(values: npt.NDArray[np.float64], block: int) -> npt.NDArray[np.float64]:
    """``DRAWS`` means of resamples made of circular blocks; the last block of each is cut to give n values."""
    import numpy as np

    n = len(values)
    count = -(-n // block)
    starts = np.random.default_rng(SEED).integers(0, n, (DRAWS, count))
    sums = np.concatenate(([0.0], np.cumsum(np.concatenate((values, values[:block])))))
    whole = sums[starts + block] - sums[starts]
    last = n - block * (count - 1)
    cut = sums[starts[:, -1] + last] - sums[starts[:, -1]]
    means: Any = (whole[:, :-1].sum(axis=1) + cut) / n
    return means  # type: ignore[no-any-return]


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """p-values that hold for all tests together (S. Holm, Scandinavian Journal of Statistics 6, 1979)."""
    found: dict[str, float] = {}
    floor = 0.0
    for place, name in enumerate(sorted(p, key=lambda name: (p[name], name))):
        floor = max(floor, min(1.0, (len(p) - place) * p[name]))
        found[name] = floor
    return found
