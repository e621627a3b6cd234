"""How good a venue's offer can be at most, without asking it: so that most need not be asked.

Walking a concentrated pool's ticks costs far more than its first price, and from there a swap only gets
dearer: net of the fee it pays at most amount·P, and asks at least amount/P.
"""

from __future__ import annotations

from typing import Final

from intents.amounts import mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.venue_states import ConcentratedState

#: P = sqrt_price² / 2^192, in units of the second asset per unit of the first.
_SCALE: Final = 1 << 192


def most_paid(state: ConcentratedState, asset_in: AssetId, amount_in: int) -> int:
    """No swap of ``amount_in`` pays more than this."""
    price, scale = _price(state, asset_in)
    kept = state.fee.denominator - state.fee.numerator
    return mul_div_floor(amount_in * kept, price, scale * state.fee.denominator)


def least_asked(state: ConcentratedState, asset_in: AssetId, amount_out: int) -> int:
    """No swap that pays ``amount_out`` takes less than this."""
    price, scale = _price(state, asset_in)
    kept = state.fee.denominator - state.fee.numerator
    return mul_div_ceil(amount_out * state.fee.denominator, scale, price * kept) if kept else amount_out


def _price(state: ConcentratedState, asset_in: AssetId) -> tuple[int, int]:
    """Output per input before the fee, as a fraction's two parts."""
    squared = state.sqrt_price * state.sqrt_price
    return (squared, _SCALE) if asset_in == state.assets[0] else (_SCALE, squared)
