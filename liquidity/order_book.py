"""The order book as a venue: settlement trades with it as an anonymous market taker.

Amounts that are no whole lots, or quote that buys no further lot, stay with the book; the fee is on
the input, rounded against the taker. An exact amount is filled whole or refused, so a swap equals an
immediate-or-cancel order of the same lots in ``liquidity.matching``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from intents.amounts import MAX_AMOUNT, mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.venue_states import OrderBookState, RestingOrder
from liquidity.book import Side, check_book, resting
from liquidity.errors import (
    AmountTooLarge,
    InsufficientLiquidity,
    NothingPaid,
    NotTraded,
    SameAsset,
    ZeroAmount,
)
from liquidity.venue import Swap


@dataclass(frozen=True, slots=True)
class _Take:
    """``lots`` taken for ``ticks`` (Σ price·quantity), and what is still resting."""

    lots: int
    ticks: int
    orders: tuple[RestingOrder, ...]


class OrderBookVenue:
    """A ``Venue`` over (base, quote)."""

    __slots__ = ("_state",)

    def __init__(self, state: OrderBookState) -> None:
        """Raises ``InvalidVenue`` (see ``liquidity.book.check_book``)."""
        check_book(state)
        self._state = state

    @property
    def state(self) -> OrderBookState:
        return self._state

    def quote_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> int:
        """What ``swap_in`` would pay."""
        return self.swap_in(asset_in, asset_out, amount_in).amount_out

    def quote_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> int:
        """The input that ``swap_out`` would take."""
        return self.swap_out(asset_in, asset_out, amount_out).amount_in

    def swap_in(self, asset_in: AssetId, asset_out: AssetId, amount_in: int) -> Swap:
        side = self._side(asset_in, asset_out)
        self._check_amount(amount_in)
        state, fee = self._state, self._state.fee
        net = mul_div_floor(amount_in, fee.denominator - fee.numerator, fee.denominator)
        orders = resting(state, side.opposite)
        if side is Side.SELL:
            taken = _take(orders, net // state.lot, _by_lots)
            missing = taken.lots < net // state.lot
        else:
            budget = net // state.tick
            taken = _take(orders, budget, _by_budget)
            # With nothing left to buy, quote for another lot at the last price has no taker.
            missing = not taken.orders and (not orders or budget - taken.ticks >= orders[-1].price)
        if missing:
            raise InsufficientLiquidity(state.id, amount_in, self._gross(self._given(side, taken)))
        if taken.lots == 0:
            raise NothingPaid(state.id, amount_in)
        return self._swap(side, taken, amount_in)

    def swap_out(self, asset_in: AssetId, asset_out: AssetId, amount_out: int) -> Swap:
        """``amount_out`` of the result is what the whole lots pay, at least what was asked for."""
        side = self._side(asset_in, asset_out)
        self._check_amount(amount_out)
        state = self._state
        orders = resting(state, side.opposite)
        if side is Side.BUY:
            taken = _take(orders, -(-amount_out // state.lot), _by_lots)
        else:
            taken = _take(orders, -(-amount_out // state.tick), _by_proceeds)
        if self._got(side, taken) < amount_out:
            raise InsufficientLiquidity(state.id, amount_out, self._got(side, taken))
        return self._swap(side, taken, self._gross(self._given(side, taken)))

    def marginal_price(self, asset_in: AssetId, asset_out: AssetId) -> float:
        side = self._side(asset_in, asset_out)
        state = self._state
        orders = resting(state, side.opposite)
        if not orders:
            raise InsufficientLiquidity(state.id, 1, 0)
        kept = (state.fee.denominator - state.fee.numerator) / state.fee.denominator
        quote = orders[0].price * state.tick
        return kept * (quote / state.lot if side is Side.SELL else state.lot / quote)

    def _given(self, side: Side, taken: _Take) -> int:
        """Base or quote units the makers get."""
        return taken.ticks * self._state.tick if side is Side.BUY else taken.lots * self._state.lot

    def _got(self, side: Side, taken: _Take) -> int:
        """Base or quote units the taker gets."""
        return taken.lots * self._state.lot if side is Side.BUY else taken.ticks * self._state.tick

    def _gross(self, net: int) -> int:
        """The least input that leaves ``net`` after the fee."""
        fee = self._state.fee
        return mul_div_ceil(net, fee.denominator, fee.denominator - fee.numerator)

    def _swap(self, side: Side, taken: _Take, amount_in: int) -> Swap:
        amount_out = self._got(side, taken)
        self._check_amount(max(amount_in, amount_out))
        state = self._state
        base, quote = state.assets
        if side is Side.BUY:
            return Swap(quote, base, amount_in, amount_out, replace(state, asks=taken.orders))
        return Swap(base, quote, amount_in, amount_out, replace(state, bids=taken.orders))

    def _side(self, asset_in: AssetId, asset_out: AssetId) -> Side:
        base, quote = self._state.assets
        for asset in (asset_in, asset_out):
            if asset not in (base, quote):
                raise NotTraded(self._state.id, asset)
        if asset_in == asset_out:
            raise SameAsset(self._state.id, asset_in)
        return Side.SELL if asset_in == base else Side.BUY

    def _check_amount(self, amount: int) -> None:
        if amount <= 0:
            raise ZeroAmount(self._state.id, amount)
        if amount > MAX_AMOUNT:
            raise AmountTooLarge(self._state.id, amount, MAX_AMOUNT)


def _by_lots(price: int, left: int) -> tuple[int, int]:
    """(lots wanted at ``price``, how much of ``left`` one lot uses): ``left`` counts lots."""
    return left, 1


def _by_budget(price: int, left: int) -> tuple[int, int]:
    """``left`` is quote, in ticks, that may be spent."""
    return left // price, price


def _by_proceeds(price: int, left: int) -> tuple[int, int]:
    """``left`` is quote, in ticks, that must be earned."""
    return -(-left // price), price


def _take(orders: tuple[RestingOrder, ...], target: int, measure: Callable[[int, int], tuple[int, int]]) -> _Take:
    """Take from the best order on until ``target``, as ``measure`` counts it, is used up."""
    lots = ticks = 0
    left = target
    for place, order in enumerate(orders):
        wanted, each = measure(order.price, left)
        quantity = min(max(wanted, 0), order.quantity)  # proceeds overshoot within a lot
        lots += quantity
        ticks += quantity * order.price
        left -= quantity * each
        if quantity < order.quantity:
            rest = (replace(order, quantity=order.quantity - quantity),) if quantity else (order,)
            return _Take(lots, ticks, rest + orders[place + 1 :])
    return _Take(lots, ticks, ())
