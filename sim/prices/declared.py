"""How outside prices move, as a scenario declares it.

Volatility is the standard deviation of the log price per square-root hour, in basis points: 100 is about 94% a
year. Drift is the growth of the expected price per hour. Neither depends on how often anybody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scenarios.declare import number, parts, text


class Law(StrEnum):
    """The process that a price follows."""

    CONSTANT = "constant"
    GBM = "gbm"  # geometric Brownian motion
    JUMPS = "jumps"  # with lognormal jumps at Poisson times (Merton 1976)
    PEGGED = "pegged"  # the log price pulled back to where it began (Ornstein–Uhlenbeck)


@dataclass(frozen=True, slots=True)
class Moves:
    """One law and its parameters; those of other laws are not looked at."""

    law: Law = text(Law.GBM, "the process that prices follow")
    volatility_bps: float = number(
        100.0, 0.0, 100_000.0, "standard deviation of the log price per square-root hour"
    )
    drift_bps: float = number(0.0, -100_000.0, 100_000.0, "growth of the expected price per hour (gbm, jumps)")
    jumps_per_hour: float = number(1.0, 0.0, 100_000.0, "expected number of jumps (jumps)")
    jump_mean_bps: float = number(0.0, -10_000.0, 10_000.0, "mean log size of a jump (jumps)")
    jump_sigma_bps: float = number(100.0, 0.0, 10_000.0, "standard deviation of a jump's log size (jumps)")
    reversion_per_hour: float = number(10.0, 1e-6, 1e6, "speed of the pull back to the peg (pegged)")


@dataclass(frozen=True, slots=True)
class OwnMoves(Moves):
    """An asset that moves by a law of its own."""

    asset: str = text("", "its id")


@dataclass(frozen=True, slots=True)
class Correlated:
    """Two assets whose moves go together, or against each other."""

    first: str = text("", "an asset's id")
    second: str = text("", "another's")
    correlation: float = number(0.0, -1.0, 1.0, "between their Brownian parts")


@dataclass(frozen=True, slots=True)
class Shock:
    """A move at a known moment, whatever the law."""

    at_s: float = number(10.0, 0.0, 1e7, "when")
    asset: str = text("", "whose price; none: every asset's but the numeraire's")
    move_bps: float = number(0.0, -9_999.0, 1e6, "by how much")


@dataclass(frozen=True, slots=True)
class PricesPart(Moves):
    """How prices elsewhere move; that of the numeraire stays 1."""

    step_ms: int = number(100, 10, 3_600_000, "how often they change")
    correlation: float = number(0.0, -1.0, 1.0, "between any two assets' Brownian parts")
    own: tuple[OwnMoves, ...] = parts("assets that move by a law of their own", most=64)
    pairs: tuple[Correlated, ...] = parts("correlations of single pairs", most=256)
    shocks: tuple[Shock, ...] = parts("moves at known moments", most=64)
