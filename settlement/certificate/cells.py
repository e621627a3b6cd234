"""A cell of price space in exact rationals: upper bounds on price ratios, closed under what they imply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from intents.assets import AssetId

#: Bounds are rounded up to this many significant bits: a wider cell is still a cell.
BITS: Final = 128


@dataclass(frozen=True)
class Cell:
    """``ratios[a, b]`` is the most that price a / price b may be; pairs that are not listed are not bounded."""

    ratios: Mapping[tuple[AssetId, AssetId], Fraction] = field(default_factory=dict)
    empty: bool = False

    def most(self, a: AssetId, b: AssetId) -> Fraction | None:
        """The upper bound of price a / price b, ``None`` where there is none."""
        return self.ratios.get((a, b))

    def narrowed(self, a: AssetId, b: AssetId, most: Fraction) -> Cell:
        """The part where price a ≤ ``most`` · price b."""
        one = Fraction(1)
        before = {i: ratio for (i, j), ratio in self.ratios.items() if j == a} | {a: one}
        after = {j: ratio for (i, j), ratio in self.ratios.items() if i == b} | {b: one}
        ratios = dict(self.ratios)
        empty = self.empty
        for i, into in before.items():
            for j, out in after.items():
                ratio = into * most * out
                if i == j:
                    empty |= ratio < one
                elif (i, j) not in ratios or ratio < ratios[i, j]:
                    ratios[i, j] = rounded_up(ratio)
        return Cell(ratios, empty)


def rounded_up(value: Fraction) -> Fraction:
    """``value`` (> 0) or a little more, in at most ``BITS`` significant bits."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= BITS:
        return value
    shift = BITS - value.numerator.bit_length() + value.denominator.bit_length()
    if shift >= 0:
        return Fraction(-(-(value.numerator << shift) // value.denominator), 1 << shift)
    return Fraction(-(-value.numerator // (value.denominator << -shift)) << -shift)
