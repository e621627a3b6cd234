"""What every pool that trades against its own reserves has in common.

A subclass knows its curve: what an input is paid (``_paid``) and what an output costs (``_asked``).
Here live the checks around it, the repair of inputs that an inexact inverse left a little short, and
the reserves afterwards: the whole input is added (the fee stays in the pool), the output is taken.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar, Final, Generic, TypeVar

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import ConstantProductState, StableState, WeightedState
from liquidity.errors import (
    AmountTooLarge,
    InsufficientLiquidity,
    InvalidVenue,
    NotConverged,
    NothingPaid,
    NotTraded,
    SameAsset,
    ZeroAmount,
)
from liquidity.venue import Swap

#: Uniswap v2 pairs and the Balancer v2 vault keep each reserve in 112 bits.
MAX_RESERVE_112: Final = 2**112 - 1
MAX_POOL_ASSETS: Final = 64
#: How often an input that pays too little is raised, ten times further each time (CoW: the same).
MAX_RAISES: Final = 6

PoolState = TypeVar("PoolState", ConstantProductState, WeightedState, StableState)


class ReserveVenue(ABC, Generic[PoolState]):
    """A ``Venue`` over reserves. Assets are addressed by their place in ``state.assets``."""

    max_reserve: ClassVar[int] = MAX_RESERVE_112

    def __init__(self, state: PoolState) -> None:
        """Raises ``InvalidVenue`` when the state can be no pool."""
        self._state: PoolState = state
        self._id: str = state.id
        self._reserves = state.reserves
        self._index = self._tradable(state)
        _check_pool(state, self._index)

    @property
    def state(self) -> PoolState:
        return self._state

    def quote_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> int:
        """What ``swap_in`` would pay, without building the state after it."""
        i, j = self._pair(asset_in, asset_out)
        if amount_in <= 0:
            raise ZeroAmount(self._id, amount_in)
        paid = self._paid_checked(i, j, amount_in)
        if paid <= 0:
            raise NothingPaid(self._id, amount_in)
        return paid

    def quote_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> int:
        """The input that ``swap_out`` would take."""
        return self._cover(*self._pair(asset_in, asset_out), amount_out)[0]

    def swap_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Swap:
        paid = self.quote_in(asset_in, asset_out, amount_in)
        return self._swap(asset_in, asset_out, amount_in, paid)

    def swap_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Swap:
        """``amount_out`` of the result is what the input pays, at least what was asked for."""
        amount_in, paid = self._cover(*self._pair(asset_in, asset_out), amount_out)
        return self._swap(asset_in, asset_out, amount_in, paid)

    def marginal_price(self, asset_in: AssetId, asset_out: AssetId) -> float:
        return self._marginal(*self._pair(asset_in, asset_out))

    @abstractmethod
    def _paid(self, i: int, j: int, amount_in: int) -> int:
        """Output ``j`` for an input of ``i`` over zero; zero or less when it buys nothing."""

    @abstractmethod
    def _asked(self, i: int, j: int, amount_out: int) -> int:
        """The pool's own answer to what ``amount_out``, below the reserve, costs."""

    @abstractmethod
    def _marginal(self, i: int, j: int) -> float: ...

    def _tradable(self, state: PoolState) -> dict[AssetId, int]:
        """The place of every asset that may be traded."""
        return {asset: place for place, asset in enumerate(state.assets)}

    def _pair(self, asset_in: AssetId, asset_out: AssetId) -> tuple[int, int]:
        index = self._index
        if asset_in not in index:
            raise NotTraded(self._id, asset_in)
        if asset_out not in index:
            raise NotTraded(self._id, asset_out)
        if asset_in == asset_out:
            raise SameAsset(self._id, asset_in)
        return index[asset_in], index[asset_out]

    def _paid_checked(self, i: int, j: int, amount_in: int) -> int:
        room = self.max_reserve - self._reserves[i]
        if amount_in > room:
            raise AmountTooLarge(self._id, amount_in, max(room, 0))
        paid = self._paid(i, j, amount_in)
        if paid >= self._reserves[j]:
            raise InsufficientLiquidity(self._id, paid, self._reserves[j] - 1)
        return paid

    def _cover(self, i: int, j: int, amount_out: int) -> tuple[int, int]:
        """An input that pays ``amount_out``, and what it pays.

        The inverse of a curve computed in rounded arithmetic may fall short by a few units. As CoW
        does, the shortfall is turned into input at the trade's own price, and the raise grows
        tenfold until it is enough.
        """
        if amount_out <= 0:
            raise ZeroAmount(self._id, amount_out)
        if amount_out >= self._reserves[j]:
            raise InsufficientLiquidity(self._id, amount_out, self._reserves[j] - 1)
        first = max(self._asked(i, j, amount_out), 1)
        paid = self._paid_checked(i, j, first)
        if paid >= amount_out:
            return first, paid
        paid = max(paid, 0)
        extra = max(-(-(amount_out - paid) * first // max(paid, 1)), 1)
        for _ in range(MAX_RAISES):
            paid = self._paid_checked(i, j, first + extra)
            if paid >= amount_out:
                return first + extra, paid
            extra *= 10
        raise NotConverged(self._id, "the input for an exact output", MAX_RAISES)

    def _swap(self, asset_in: AssetId, asset_out: AssetId, amount_in: int, paid: int) -> Swap:
        after = list(self._reserves)
        after[self._index[asset_in]] += amount_in
        after[self._index[asset_out]] -= paid
        return Swap(asset_in, asset_out, amount_in, paid, replace(self._state, reserves=tuple(after)))


def _check_pool(state: ConstantProductState | WeightedState | StableState, index: dict[AssetId, int]) -> None:
    count = len(state.assets)
    if not 2 <= len(index) <= count <= MAX_POOL_ASSETS:
        raise InvalidVenue(
            state.id, f"a pool trades 2 to {MAX_POOL_ASSETS} different assets, this one {len(index)}"
        )
    if len(set(state.assets)) != count:
        raise InvalidVenue(state.id, "an asset is listed twice")
    if len(state.reserves) != count:
        raise InvalidVenue(state.id, f"{len(state.reserves)} reserves for {count} assets")
    for asset, place in index.items():
        if not 0 < state.reserves[place] <= MAX_AMOUNT:
            raise InvalidVenue(
                state.id, f"reserve of {asset} is {state.reserves[place]}, not within 1 .. {MAX_AMOUNT}"
            )
    if not 0 <= state.fee.numerator < state.fee.denominator:
        raise InvalidVenue(state.id, f"fee {state.fee} is not at least 0 and below 1")
