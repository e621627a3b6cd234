"""Statistics of paired differences: Student's interval, bootstrap, and a correction for looking at many.

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
#: Odd, so that no quantile falls on a tie of ranks; p-values go down to 2 / (DRAWS + 1).
DRAWS: Final = 4_999
SEED: Final = 20_605
#: Differences this much smaller than the values themselves are rounding.
_RELATIVE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Paired:
    """What n paired differences say of their mean. Intervals at ``LEVEL``; ``None`` where n does not allow one.

    ``t_*`` is Student's interval, which takes pairs as independent; ``boot_*`` the bootstrap's, over blocks of
    ``block`` pairs in a row. ``p`` is two-sided, for a mean of 0: from Student's t for blocks of 1 (exact sign
    test where all differences are equal), else from the bootstrap. ``same``: no pair differs at all.
    """

    n: int
    mean: float
    same: bool
    t_low: float | None = None
    t_high: float | None = None
    boot_low: float | None = None
    boot_high: float | None = None
    block: int = 1
    p: float | None = None


def paired(a: Sequence[float], b: Sequence[float], serial: bool = False) -> Paired:
    """Differences b − a of pairs in order. ``serial``: neighbours resemble one another, so blocks are drawn.

    Blocks are circular (Politis & Romano 1992) of ⌈n^(1/3)⌉ pairs, the rate at which the error of a block
    bootstrap's variance is least (Hall, Horowitz & Jing, Biometrika 82, 1995).
    """
    import numpy as np

    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    differences = second - first
    differences[np.abs(differences) <= _RELATIVE * np.maximum(np.abs(first), np.abs(second))] = 0.0
    n = len(differences)
    mean, same = math.fsum(differences.tolist()) / n, not differences.any()
    if n < 2:
        return Paired(n, mean, same)
    block = math.ceil(n ** (1 / 3) - 1e-9) if serial else 1
    drawn = block_means(differences, block)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(drawn, [tail, 100 - tail])
    t_low, t_high, p = _student(differences, mean)
    if block > 1:
        p = _bootstrap_p(drawn)
    return Paired(n, mean, same, t_low, t_high, float(low), float(high), block, p)


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


def _student(differences: npt.NDArray[np.float64], mean: float) -> tuple[float, float, float]:
    """Interval and p of the paired t test (Student, 1908)."""
    from scipy.special import stdtr, stdtrit

    n = len(differences)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    if error <= _RELATIVE * abs(mean):
        return mean, mean, (min(1.0, 2 * 0.5**n) if mean else 1.0)
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error
    return mean - reach, mean + reach, float(2 * stdtr(n - 1, -abs(mean) / error))


def _bootstrap_p(drawn: npt.NDArray[np.float64]) -> float:
    """Twice the smaller share of resampled means either side of 0, which both count (Davison & Hinkley 1997)."""
    side = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (side + 1) / (len(drawn) + 1))


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """p-values that hold for all tests together (S. Holm, Scandinavian Journal of Statistics 6, 1979)."""
    found: dict[str, float] = {}
    floor = 0.0
    for place, name in enumerate(sorted(p, key=lambda name: (p[name], name))):
        floor = max(floor, min(1.0, (len(p) - place) * p[name]))
        found[name] = floor
    return found
