"""The constant product pool, x·y = k with a fee on the input (Uniswap v2).

The rounding is the reference library's: outputs round down, inputs are ⌊…⌋ + 1 even where the
division is exact. The fee may be any fraction; only its ratio matters. Source: UniswapV2Library and
CoW's liquidity-sources.
"""

from __future__ import annotations

from intents.venue_states import ConstantProductState
from liquidity.errors import InvalidVenue
from liquidity.reserves import ReserveVenue


class ConstantProductVenue(ReserveVenue[ConstantProductState]):
    def __init__(self, state: ConstantProductState) -> None:
        super().__init__(state)
        if len(state.assets) != 2:
            raise InvalidVenue(state.id, f"a constant product pool has 2 assets, this one {len(state.assets)}")
        self._unit = state.fee.denominator
        self._kept = self._unit - state.fee.numerator

    def _paid(self, i: int, j: int, amount_in: int) -> int:
        kept = amount_in * self._kept
        return kept * self._reserves[j] // (self._reserves[i] * self._unit + kept)

    def _asked(self, i: int, j: int, amount_out: int) -> int:
        numerator = self._reserves[i] * amount_out * self._unit
        return numerator // ((self._reserves[j] - amount_out) * self._kept) + 1

    def _marginal(self, i: int, j: int) -> float:
        return self._reserves[j] * self._kept / (self._reserves[i] * self._unit)
