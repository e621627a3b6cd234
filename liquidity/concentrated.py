"""The concentrated-liquidity pool (Uniswap v3): price ranges instead of one curve.

Exact as the pool contract is, both ways. Settlement executes inputs: ``swap_out`` asks the contract's
exact-output walk what the output costs, then reports what selling that pays, at times a few units
more. Whatever would need liquidity beyond the recorded ticks is refused.
"""

from __future__ import annotations

from dataclasses import replace

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import ConcentratedState
from liquidity.errors import (
    AmountTooLarge,
    InsufficientLiquidity,
    NothingPaid,
    NotTraded,
    SameAsset,
    ZeroAmount,
)
from liquidity.tick_math import Q96
from liquidity.tick_walk import Walk, first_price, walk
from liquidity.ticks import tick_table
from liquidity.venue import Swap


class ConcentratedVenue:
    """A ``Venue`` over ticks; assets are (token0, token1)."""

    __slots__ = ("_state", "_table")

    def __init__(self, state: ConcentratedState, *, spacing: int | None = None) -> None:
        """``spacing`` overrides what the fee implies. Raises ``InvalidVenue`` (see ``liquidity.ticks``)."""
        self._state = state
        self._table = tick_table(state, spacing)

    @property
    def state(self) -> ConcentratedState:
        return self._state

    def quote_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> int:
        """What ``swap_in`` would pay, without building the state after it."""
        return self._sell(asset_in, asset_out, amount_in).amount_out

    def quote_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> int:
        """The input that ``swap_out`` would take."""
        zero_for_one = self._direction(asset_in, asset_out)
        self._check_amount(amount_out)
        done = walk(self._state, self._table, zero_for_one, -amount_out)
        if done.amount_out < amount_out:
            raise InsufficientLiquidity(self._state.id, amount_out, done.amount_out)
        return self._checked(done).amount_in

    def swap_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Swap:
        return self._swap(asset_in, asset_out, self._sell(asset_in, asset_out, amount_in))

    def swap_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Swap:
        """``amount_out`` of the result is what the input pays, at least what was asked for."""
        return self.swap_in(asset_in, asset_out, self.quote_out(asset_in, asset_out, amount_out))

    def marginal_price(self, asset_in: AssetId, asset_out: AssetId) -> float:
        zero_for_one = self._direction(asset_in, asset_out)
        sqrt_price = first_price(self._state, self._table, zero_for_one)
        if sqrt_price is None:
            raise InsufficientLiquidity(self._state.id, 1, 0)
        root = sqrt_price / Q96
        fee = self._state.fee
        kept = (fee.denominator - fee.numerator) / fee.denominator
        return root * root * kept if zero_for_one else kept / (root * root)

    def walk(self, zero_for_one: bool, amount: int, sqrt_limit: int | None = None) -> Walk:
        """The pool contract's own ``swap``: see ``liquidity.tick_walk``."""
        return walk(self._state, self._table, zero_for_one, amount, sqrt_limit)

    def _sell(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Walk:
        zero_for_one = self._direction(asset_in, asset_out)
        self._check_amount(amount_in)
        done = walk(self._state, self._table, zero_for_one, amount_in)
        if done.amount_in < amount_in:
            raise InsufficientLiquidity(self._state.id, amount_in, done.amount_in)
        if done.amount_out == 0:
            raise NothingPaid(self._state.id, amount_in)
        return self._checked(done)

    def _checked(self, done: Walk) -> Walk:
        largest = max(done.amount_in, done.amount_out)
        if largest > MAX_AMOUNT:
            raise AmountTooLarge(self._state.id, largest, MAX_AMOUNT)
        return done

    def _direction(self, asset_in: AssetId, asset_out: AssetId) -> bool:
        first, second = self._state.assets
        if asset_in not in (first, second):
            raise NotTraded(self._state.id, asset_in)
        if asset_out not in (first, second):
            raise NotTraded(self._state.id, asset_out)
        if asset_in == asset_out:
            raise SameAsset(self._state.id, asset_in)
        return asset_in == first

    def _check_amount(self, amount: int) -> None:
        if amount <= 0:
            raise ZeroAmount(self._state.id, amount)
        if amount > MAX_AMOUNT:
            raise AmountTooLarge(self._state.id, amount, MAX_AMOUNT)

    def _swap(self, asset_in: AssetId, asset_out: AssetId, done: Walk) -> Swap:
        after = replace(self._state, sqrt_price=done.sqrt_price, tick=done.tick, liquidity=done.liquidity)
        return Swap(asset_in, asset_out, done.amount_in, done.amount_out, after)
