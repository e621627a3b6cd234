"""The stableswap curve in floats, as a solver walks along it; ``settlement.certificate.stable`` has the invariant.

With balances x of equal worth, their sum S and product P, and the invariant D held, trades keep

    A·n·S + D − A·n·D − Dⁿ⁺¹ / (nⁿ·P)  ≥ 0.

Fees are taken from what comes in (Balancer) or what goes out (Curve).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from settlement.certificate.stable import Stableswap


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve on which trades keep equality; balances are lists that its methods change in place."""

    flat: float
    invariant: float

    @classmethod
    def of(cls, pool: Stableswap) -> Curve:
        return cls(float(pool.flat), float(pool.invariant))

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
