"""Jumps approached by the method of multipliers: ramps centred on the last answer.

Something worth z(p) per whole is used by a part θ in 0 … 1; the best answer to prices jumps where z = 0. A ramp
answers with the θ that maximises θ·z − μ/2·(θ − c)²: continuous, and exact in its flows, which are θ times the
whole. When c has become θ itself, z is 0 wherever θ lies between, so the answer is that of the jump. Source: the
proximal method of multipliers (Rockafellar 1976), with Newton inside as in semismooth augmented Lagrangian
methods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeGuard

import numpy as np

from solver.router.families import Family, Floats


@dataclass(frozen=True, slots=True)
class Ramp:
    """``centre`` c in 0 … 1 and ``scale`` μ > 0, in value, of K jumps; ``low`` and ``high`` bound θ: 0 and 1, the
    centre itself where θ is held, or wider where it is taken to lie between anyway."""

    centre: Floats
    scale: Floats
    low: Floats | float = 0.0
    high: Floats | float = 1.0

    def part(self, z: Floats) -> Floats:
        """θ."""
        return np.maximum(np.minimum(self.centre + z / self.scale, self.high), self.low)

    def worth(self, z: Floats, part: Floats) -> float:
        away = part - self.centre
        return float(part @ z - 0.5 * (self.scale * away) @ away)

    def bend(self, part: Floats) -> Floats:
        """dθ/dz."""
        return np.where((part > self.low) & (part < self.high), 1.0 / self.scale, 0.0)


class Jumping(Family, Protocol):
    """A family with jumps. Once centred it answers by its ramps whenever ``width`` is above 0."""

    def parts(self, log_prices: Floats, width: float) -> Floats:
        """(K,) θ per jump."""

    def gains(self, log_prices: Floats) -> Floats:
        """(K,) z per jump."""

    def centred(
        self,
        parts: Floats,
        log_prices: Floats,
        width: float,
        low: Floats | float = 0.0,
        high: Floats | float = 1.0,
    ) -> Jumping:
        """The same venues with ramps around ``parts``, as wide in log prices as ``width`` at ``log_prices``."""


def jumps(family: Family) -> TypeGuard[Jumping]:
    """Whether the family has jumps. (Asked so often that looking for the methods would cost a third of a
    solve.)"""
    return family.kinked
