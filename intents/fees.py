"""Protocol fee policies as recorded with an order. The arithmetic is law: see ``settlement.fees``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

#: A factor of one would withhold everything and has no inverse when scores are unwound.
MAX_FACTOR: Final = Fraction(99_999, 100_000)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a quote promised: sell ``sell`` and pay ``fee`` on top (both sell token), get ``buy``."""

    sell: int
    buy: int
    fee: int


@dataclass(frozen=True, slots=True)
class SurplusFee:
    """``factor`` of the surplus over the limit, at most ``max_volume_factor`` of the volume."""

    factor: Fraction
    max_volume_factor: Fraction


@dataclass(frozen=True, slots=True)
class PriceImprovementFee:
    """``factor`` of the improvement over ``quote``, at most ``max_volume_factor`` of the volume."""

    factor: Fraction
    max_volume_factor: Fraction
    quote: Quote


@dataclass(frozen=True, slots=True)
class VolumeFee:
    """``factor`` of the traded volume."""

    factor: Fraction


FeePolicy = SurplusFee | PriceImprovementFee | VolumeFee
