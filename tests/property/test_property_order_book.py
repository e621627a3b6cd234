"""Laws of the order book: a naive reference, conservation, priority, all-or-nothing, the venue as a taker."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from intents.assets import AssetId
from intents.venue_states import OrderBookState, RestingOrder, VenueId
from liquidity.book import Side, check_book, resting
from liquidity.book_errors import NotFilledWhole, NotOrderOwner, UnknownOrder, WouldCross
from liquidity.errors import InsufficientLiquidity, NothingPaid, ZeroAmount
from liquidity.matching import NewOrder, SelfTrade, TimeInForce, cancel, crosses, submit
from liquidity.order_book import OrderBookVenue

BASE, QUOTE = AssetId("base"), AssetId("quote")
EMPTY = OrderBookState(VenueId("b"), (BASE, QUOTE), 0, "", tick=1, lot=1, bids=(), asks=())
OWNERS = ["", "ann", "bob"]
GTC, IOC = TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.IMMEDIATE_OR_CANCEL
MAY_REST = (GTC, TimeInForce.POST_ONLY)


@dataclass
class Unit:
    """One lot of one order in the reference, which knows no queues: only arrival numbers."""

    order: int
    owner: str
    side: Side
    price: int
    arrival: int


class Reference:
    """A brute-force book: every resting lot apart, and the best found by sorting all of them each time."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.arrivals = 0

    def best(self, order: NewOrder) -> Unit | None:
        facing = [unit for unit in self.units if unit.side is not order.side]
        facing = [unit for unit in facing if crosses(order.side, order.price, unit.price)]
        sign = 1 if order.side is Side.BUY else -1
        return min(facing, key=lambda unit: (sign * unit.price, unit.arrival), default=None)

    def submit(self, order: NewOrder) -> list[tuple[int, int]] | None:
        """(maker, price) lot by lot; None where the order is refused."""
        before = list(self.units)
        if order.time_in_force is TimeInForce.POST_ONLY and self.best(order) is not None:
            return None
        trades: list[tuple[int, int]] = []
        left = order.quantity
        while left > 0 and (unit := self.best(order)) is not None:
            if unit.owner and unit.owner == order.owner:
                if order.self_trade is SelfTrade.CANCEL_NEWEST:
                    left = 0
                elif order.self_trade is SelfTrade.CANCEL_OLDEST:
                    self.units = [other for other in self.units if other.order != unit.order]
                else:
                    self.units.remove(unit)
                    left -= 1
                continue
            self.units.remove(unit)
            trades.append((unit.order, unit.price))
            left -= 1
        if order.time_in_force is TimeInForce.FILL_OR_KILL and len(trades) < order.quantity:
            self.units = before
            return None
        if order.price is not None and order.time_in_force in MAY_REST:
            self.arrivals += 1
            self.units += [
                Unit(order.id, order.owner, order.side, order.price, self.arrivals) for _ in range(left)
            ]
        return trades

    def side(self, side: Side) -> tuple[RestingOrder, ...]:
        """The resting orders as the engine lists them."""
        sign = -1 if side is Side.BUY else 1
        units = sorted((u for u in self.units if u.side is side), key=lambda u: (sign * u.price, u.arrival))
        orders: dict[int, RestingOrder] = {}
        for unit in units:
            known = orders.get(unit.order, RestingOrder(unit.order, unit.owner, unit.price, 0))
            orders[unit.order] = replace(known, quantity=known.quantity + 1)
        return tuple(orders.values())


@st.composite
def new_orders(draw: st.DrawFn) -> NewOrder:
    """Small numbers, so that orders meet; the id is set by whoever submits."""
    time_in_force = draw(st.sampled_from(list(TimeInForce)))
    prices = st.integers(95, 105)
    return NewOrder(
        id=0,
        owner=draw(st.sampled_from(OWNERS)),
        side=draw(st.sampled_from(list(Side))),
        quantity=draw(st.integers(1, 12)),
        price=draw(prices if time_in_force in MAY_REST else st.none() | prices),
        time_in_force=time_in_force,
        self_trade=draw(st.sampled_from(list(SelfTrade))),
    )


class BookMachine(RuleBasedStateMachine):
    """Any sequence of orders and cancellations, side by side with the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.book = EMPTY
        self.reference = Reference()
        self.submitted: list[NewOrder] = []

    @rule(order=new_orders())
    def submit(self, order: NewOrder) -> None:
        order = replace(order, id=len(self.submitted) + 1)
        self.submitted.append(order)
        expected = self.reference.submit(order)
        if expected is None:
            with pytest.raises((NotFilledWhole, WouldCross)):
                submit(self.book, order)
            return
        report = submit(self.book, order)
        assert [(f.maker, f.price) for f in report.fills for _ in range(f.quantity)] == expected
        assert all(fill.taker == order.id and fill.taker_owner == order.owner for fill in report.fills)
        assert all(not f.maker_owner or f.maker_owner != f.taker_owner for f in report.fills)
        cut = sum(c.quantity for c in report.cancelled if c.order == order.id)
        assert report.filled + report.rested + cut == order.quantity
        removed = report.filled + sum(c.quantity for c in report.cancelled) - cut
        assert _lots(report.book) == _lots(self.book) - removed + report.rested
        self.book = report.book

    @rule(choice=st.integers(0, 10**6), owner=st.sampled_from(OWNERS))
    def cancel(self, choice: int, owner: str) -> None:
        if not self.submitted:
            return
        order = self.submitted[choice % len(self.submitted)]
        units = [unit for unit in self.reference.units if unit.order == order.id]
        if not units:
            with pytest.raises(UnknownOrder):
                cancel(self.book, order.id, owner)
            return
        if owner != order.owner:
            with pytest.raises(NotOrderOwner):
                cancel(self.book, order.id, owner)
            return
        self.book, gone = cancel(self.book, order.id, owner)
        assert gone.quantity == len(units)
        self.reference.units = [unit for unit in self.reference.units if unit.order != order.id]

    @invariant()
    def equals_the_reference(self) -> None:
        assert self.book.bids == self.reference.side(Side.BUY)
        assert self.book.asks == self.reference.side(Side.SELL)

    @invariant()
    def is_a_book(self) -> None:
        check_book(self.book)  # sorted, uncrossed, each id once, nothing empty


def _lots(book: OrderBookState) -> int:
    return sum(order.quantity for order in (*book.bids, *book.asks))


TestBookMachine = BookMachine.TestCase
TestBookMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@st.composite
def books(draw: st.DrawFn) -> OrderBookState:
    """Whatever resting orders leave behind, in some tick, lot and fee."""
    book = replace(
        EMPTY,
        tick=draw(st.integers(1, 10**6)),
        lot=draw(st.integers(1, 10**6)),
        fee=draw(st.sampled_from([Fraction(0), Fraction(1, 1000), Fraction(1, 7)])),
    )
    for number, order in enumerate(draw(st.lists(new_orders(), max_size=12))):
        if order.price is not None:
            book = submit(book, replace(order, id=number, owner="", time_in_force=GTC)).book
    return book


@given(books(), st.sampled_from(list(Side)), st.integers(1, 10**12))
def test_a_venue_swap_is_an_immediate_or_cancel_order_of_the_same_lots(
    book: OrderBookState, side: Side, amount: int
) -> None:
    """Same lots, same prices, same book left."""
    asset_in, asset_out = (QUOTE, BASE) if side is Side.BUY else (BASE, QUOTE)
    try:
        swap = OrderBookVenue(book).swap_in(asset_in, asset_out, amount)
    except (InsufficientLiquidity, NothingPaid):
        return
    assert isinstance(swap.state, OrderBookState)
    facing = side.opposite
    lots = sum(o.quantity for o in resting(book, facing)) - sum(o.quantity for o in resting(swap.state, facing))
    report = submit(book, NewOrder(10**6, "", side, lots, None, IOC))
    assert report.book == swap.state
    earned = sum(fill.price * fill.quantity for fill in report.fills) * book.tick
    assert swap.amount_out == (lots * book.lot if side is Side.BUY else earned)
    paid_to_makers = earned if side is Side.BUY else lots * book.lot
    assert paid_to_makers <= amount * (1 - book.fee)


@given(books(), st.booleans(), st.integers(1, 10**12))
def test_no_round_trip_through_a_book_gains(book: OrderBookState, buy: bool, amount: int) -> None:
    """Both ways over the spread, or nothing at all."""
    asset_in, asset_out = (QUOTE, BASE) if buy else (BASE, QUOTE)
    try:
        swap = OrderBookVenue(book).swap_in(asset_in, asset_out, amount)
        assert isinstance(swap.state, OrderBookState)
        back = OrderBookVenue(swap.state).swap_in(asset_out, asset_in, swap.amount_out)
    except (InsufficientLiquidity, NothingPaid):
        return
    assert back.amount_out < amount


@given(books(), st.booleans(), st.integers(1, 10**9))
def test_what_an_exact_output_costs_buys_exactly_that(book: OrderBookState, buy: bool, amount: int) -> None:
    """Selling the asked input gives the same swap; a unit less pays less than was wanted."""
    asset_in, asset_out = (QUOTE, BASE) if buy else (BASE, QUOTE)
    venue = OrderBookVenue(book)
    try:
        bought = venue.swap_out(asset_in, asset_out, amount)
    except InsufficientLiquidity:
        return
    assert bought.amount_out >= amount
    assert venue.swap_in(asset_in, asset_out, bought.amount_in) == bought
    with suppress(NothingPaid, ZeroAmount):
        assert venue.quote_in(asset_in, asset_out, bought.amount_in - 1) < amount
