"""The stableswap curve in floats and its invariant in rationals, as a solver looks at it.

With balances x of equal worth, their sum S and product P, and the invariant D held, trades keep

    F(x) = A·n·S + D − A·n·D − Dⁿ⁺¹ / (nⁿ·P)  ≥ 0,

and F is concave in x. Fees are taken from what comes in (Balancer) or what goes out (Curve).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod, sqrt

from intents.assets import AssetId
from intents.venue_states import StableFlavour, StableState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.stable import StableswapVenue


@dataclass(frozen=True)
class Stableswap:
    """The tradable legs: their ``place``, ``exact`` balances in common units and ``scaling`` into them.

    ``flat`` is A·n; ``invariant`` is D, a few units less than the pool computes it so that F(exact) ≥ 0.
    """

    place: Mapping[AssetId, int]
    exact: tuple[Fraction, ...]
    scaling: tuple[Fraction, ...]
    flat: Fraction
    invariant: Fraction
    kept_in: Fraction
    kept_out: Fraction

    @classmethod
    def of(cls, state: StableState) -> Stableswap | None:
        """``None`` for a pool whose numbers make no curve."""
        try:
            venue = open_venue(state)
            if not isinstance(venue, StableswapVenue):
                return None
            invariant = venue.invariant
        except VenueError:
            return None
        curve = state.flavour is StableFlavour.CURVE
        legs = [k for k, asset in enumerate(state.assets) if curve or asset != state.address.lower()]
        ratio = state.amplification
        a = Fraction(ratio.numerator * venue.precision // ratio.denominator, venue.precision)
        pool = cls(
            place={state.assets[leg]: k for k, leg in enumerate(legs)},
            exact=tuple(state.reserves[leg] * state.scaling[leg] for leg in legs),
            scaling=tuple(state.scaling[leg] for leg in legs),
            flat=a * len(legs),
            invariant=Fraction(invariant - 2 * len(legs)),
            kept_in=Fraction(1) if curve else 1 - state.fee,
            kept_out=1 - state.fee if curve else Fraction(1),
        )
        return pool if pool.invariant > 0 and pool.level(pool.exact) >= 0 else None

    @property
    def kept(self) -> Fraction:
        return self.kept_in * self.kept_out

    def level(self, x: Sequence[Fraction]) -> Fraction:
        """F(x)."""
        d = self.invariant
        return self.flat * (sum(x) - d) + d - self._curved(x)

    def slopes(self, x: Sequence[Fraction]) -> list[Fraction]:
        """∇F(x)."""
        curved = self._curved(x)
        return [self.flat + curved / balance for balance in x]

    def _curved(self, x: Sequence[Fraction]) -> Fraction:
        n, d = len(x), self.invariant
        return d * prod((d / (n * balance) for balance in x), start=Fraction(1))

    def floats(self) -> Curve:
        return Curve(float(self.flat), float(self.invariant))


@dataclass(frozen=True, slots=True)
class Curve:
    """The level set F = 0 in floats; balances are lists that its methods change in place."""

    flat: float
    invariant: float

    def rate(self, x: Sequence[float], i: int, j: int) -> float:
        """What a further unit of i brings of j, without fee."""
        curved = self.invariant
        for balance in x:
            curved *= self.invariant / (len(x) * balance)
        return (self.flat + curved / x[i]) / (self.flat + curved / x[j])

    def move(self, x: list[float], i: int, balance: float, j: int) -> float:
        """Set balance i, let j follow along the curve: y² + b·y = c. Returns the rate there."""
        x[i] = balance
        n, d = len(x), self.invariant
        c, total = d * d / (self.flat * n), 0.0
        for k, other in enumerate(x):
            if k != j:
                c *= d / (n * other)
                total += other
        b = total + d / self.flat - d
        root = sqrt(b * b + 4.0 * c)
        x[j] = (root - b) / 2.0 if b <= 0.0 else 2.0 * c / (root + b)
        return self.rate(x, i, j)

    def move_until(self, x: list[float], i: int, j: int, rate: float, *, steps: int) -> None:
        """Pay i into the pool for j until the rate has fallen to ``rate``."""
        if self.rate(x, i, j) <= rate:
            return
        low, high = x[i], 2.0 * x[i]
        for _ in range(steps):
            if self.move(x, i, high, j) <= rate:
                break
            high *= 2.0
        for _ in range(steps):
            middle = (low + high) / 2.0
            low, high = (middle, high) if self.move(x, i, middle, j) > rate else (low, middle)
        self.move(x, i, high, j)
