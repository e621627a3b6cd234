"""The foreign limit order (0x style): one fixed price up to one amount.

A taker fills part of the order in taker units; the maker pays pro rata, rounded down, and the fee on
top is pro rata, rounded up. What is left is again an order: filling one in parts never pays more
than filling it at once. Amounts in are fill plus fee, so a fee-free order is exactly CoW's.

Source: 0x ``LibMathV06`` as CoW's baseline solver follows it (which leaves the fee out).
"""

from __future__ import annotations

from dataclasses import replace

from intents.amounts import MAX_AMOUNT, mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.venue_states import LimitOrderState
from liquidity.errors import InsufficientLiquidity, InvalidVenue, NothingPaid, NotTraded, SameAsset, ZeroAmount
from liquidity.venue import Swap


class LimitOrderVenue:
    """A ``Venue`` of one direction: ``assets`` are (taker token, maker token)."""

    __slots__ = ("_state",)

    def __init__(self, state: LimitOrderState) -> None:
        """Raises ``InvalidVenue``. An order filled whole has nothing on either side and still opens."""
        _check(state)
        self._state = state

    @property
    def state(self) -> LimitOrderState:
        return self._state

    def quote_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> int:
        """What ``swap_in`` would pay, without building the state after it."""
        return self._fill_for(asset_in, asset_out, amount_in)[1]

    def quote_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> int:
        """The input that ``swap_out`` would take."""
        return self._cover(asset_in, asset_out, amount_out)[1]

    def swap_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Swap:
        """The largest fill ``amount_in`` pays for, fee included; a unit too many goes to the fee."""
        filled, paid = self._fill_for(asset_in, asset_out, amount_in)
        return self._swap(filled, amount_in, paid)

    def swap_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Swap:
        """``amount_out`` of the result is what the fill pays, at least what was asked for."""
        filled, amount_in = self._cover(asset_in, asset_out, amount_out)
        state = self._state
        return self._swap(filled, amount_in, mul_div_floor(filled, state.maker_amount, state.taker_amount))

    def marginal_price(self, asset_in: AssetId, asset_out: AssetId) -> float:
        self._check_direction(asset_in, asset_out)
        state = self._state
        if state.taker_amount == 0:
            raise InsufficientLiquidity(state.id, 1, 0)
        return state.maker_amount / (state.taker_amount + state.taker_fee)

    def _fill_for(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> tuple[int, int]:
        """(fill in taker units, maker units paid)."""
        self._check_direction(asset_in, asset_out)
        if amount_in <= 0:
            raise ZeroAmount(self._state.id, amount_in)
        taker, maker, fee = self._state.taker_amount, self._state.maker_amount, self._state.taker_fee
        if amount_in > taker + fee:
            raise InsufficientLiquidity(self._state.id, amount_in, taker + fee)
        filled = mul_div_floor(amount_in, taker, taker + fee)
        paid = mul_div_floor(filled, maker, taker)
        if paid == 0:
            raise NothingPaid(self._state.id, amount_in)
        return filled, paid

    def _cover(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> tuple[int, int]:
        """(fill in taker units, input with fee)."""
        self._check_direction(asset_in, asset_out)
        if amount_out <= 0:
            raise ZeroAmount(self._state.id, amount_out)
        taker, maker, fee = self._state.taker_amount, self._state.maker_amount, self._state.taker_fee
        if amount_out > maker:
            raise InsufficientLiquidity(self._state.id, amount_out, maker)
        filled = mul_div_ceil(amount_out, taker, maker)
        return filled, filled + mul_div_ceil(filled, fee, taker)

    def _check_direction(self, asset_in: AssetId, asset_out: AssetId) -> None:
        taker, maker = self._state.assets
        if asset_in == asset_out and asset_in in (taker, maker):
            raise SameAsset(self._state.id, asset_in)
        if asset_in != taker:
            raise NotTraded(self._state.id, asset_in)
        if asset_out != maker:
            raise NotTraded(self._state.id, asset_out)

    def _swap(self, filled: int, amount_in: int, paid: int) -> Swap:
        state = self._state
        after = replace(
            state,
            taker_amount=state.taker_amount - filled,
            maker_amount=state.maker_amount - paid,
            taker_fee=state.taker_fee - (amount_in - filled),
        )
        return Swap(state.assets[0], state.assets[1], amount_in, paid, after)


def _check(state: LimitOrderState) -> None:
    if len(state.assets) != 2 or state.assets[0] == state.assets[1]:
        raise InvalidVenue(state.id, "a limit order names exactly two different assets")
    for name, amount in (
        ("taker amount", state.taker_amount),
        ("maker amount", state.maker_amount),
        ("taker fee", state.taker_fee),
        ("taker amount and fee", state.taker_amount + state.taker_fee),
    ):
        if not 0 <= amount <= MAX_AMOUNT:
            raise InvalidVenue(state.id, f"{name} {amount} is not within 0 .. {MAX_AMOUNT}")
    if (state.taker_amount == 0) != (state.maker_amount == 0):
        raise InvalidVenue(
            state.id, f"{state.maker_amount} for {state.taker_amount}: one side of the order is nothing"
        )
