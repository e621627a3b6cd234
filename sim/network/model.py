"""What links and nodes do to a message: delay, its spread, bandwidth, loss, copies, lateness, computing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from intents.errors import WrongValue

Integers = NDArray[np.int64]

#: A quantile of delays is 16 random bits; a factor is in 1/65,536.
QUANTILES: Final = 1 << 16
ONE: Final = 1 << 16
#: Computing per frame, both ends together, of py-libp2p 0.8.1 with 500-byte messages: five nodes, each a process,
#: took 0.9 ms of CPU per delivery with its hot path repaired and 6.5 ms without, at 4 frames per delivery.
LIBP2P_CPU_US: Final = 225
STOCK_LIBP2P_CPU_US: Final = 1_625
#: No frame takes more than so many times its link's median.
MAX_FACTOR: Final = 64.0


class Spread(StrEnum):
    """How delays of one link vary from frame to frame, around its median."""

    CONSTANT = "constant"
    UNIFORM = "uniform"
    LOGNORMAL = "lognormal"


@dataclass(frozen=True, slots=True)
class Jitter:
    """A distribution of factors with median 1. ``width``: of uniform, how far to each side, at most 1; of
    lognormal, the standard deviation of the log (0.1 to 0.5 covers what is seen on wide-area paths).
    """

    spread: Spread = Spread.LOGNORMAL
    width: float = 0.3

    def factors(self) -> Integers:
        """The factor at each of 65,536 equally likely quantiles, ascending, in 1/65,536. Whole numbers, so that
        the same random bits are the same delay on any machine.
        """
        return _factors(self)


@lru_cache(maxsize=64)
def _factors(jitter: Jitter) -> Integers:
    middles = [(2 * i + 1) / (2 * QUANTILES) for i in range(QUANTILES)]
    match jitter.spread:
        case Spread.CONSTANT:
            factors = [1.0] * QUANTILES
        case Spread.UNIFORM:
            factors = [1.0 + jitter.width * (2 * p - 1) for p in middles]
        case Spread.LOGNORMAL:
            normal = NormalDist()
            factors = [math.exp(jitter.width * normal.inv_cdf(p)) for p in middles]
    table = np.array([round(min(f, MAX_FACTOR) * ONE) for f in factors], dtype=np.int64)
    table.setflags(write=False)
    return table


@dataclass(frozen=True, slots=True)
class LinkModel:
    """What every link does, each way on its own.

    ``bandwidth_bps`` 0 is unlimited; else frames of a link leave one after the other, and those that would find
    more than ``queue_bytes`` waiting are dropped. ``loss``, ``copies``, ``reordered``: shares of frames that
    never arrive, arrive twice, and are held back by ``held_us``. ``frame_cpu_us``: computing that one frame costs
    its receiver, one frame at a time. Raises ``WrongValue`` for what is none.
    """

    jitter: Jitter = field(default_factory=Jitter)
    bandwidth_bps: int = 0
    queue_bytes: int = 1 << 20
    loss: float = 0.0
    copies: float = 0.0
    reordered: float = 0.0
    held_us: int = 50_000
    frame_cpu_us: int = 0

    def __post_init__(self) -> None:
        for name in ("loss", "copies", "reordered"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise WrongValue(f"links.{name}", "0 to 1", str(getattr(self, name)))
        for name in ("bandwidth_bps", "queue_bytes", "held_us", "frame_cpu_us"):
            if getattr(self, name) < 0:
                raise WrongValue(f"links.{name}", "at least 0", str(getattr(self, name)))
        most = 1.0 if self.jitter.spread is Spread.UNIFORM else 10.0
        if not 0.0 <= self.jitter.width <= most:
            raise WrongValue("links.jitter", f"0 to {most}", str(self.jitter.width))

    @property
    def longest_queue_us(self) -> int:
        """How far behind a link may be and still take a frame."""
        return self.queue_bytes * 8_000_000 // self.bandwidth_bps if self.bandwidth_bps else 0

    def serialising_us(self, size_bytes: int) -> int:
        """How long a frame occupies its link."""
        return -(-size_bytes * 8_000_000 // self.bandwidth_bps) if self.bandwidth_bps else 0
