"""Venues in auctions of a whole chain: what a solver's swaps leave them with, and who is paid."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from intents.assets import AssetId
from intents.intent import Leg
from intents.venue_states import ConcentratedState, OrderBookState, VenueId
from liquidity.book import Side
from liquidity.tick_math import sqrt_price_at
from settlement.ledger.accounts import Account, account_of_venue
from settlement.ledger.books import BALANCES
from settlement.ledger.orders import OrderState
from settlement.ledger.positions import POSITIONS, PositionKey, earned
from settlement.ledger.transactions import AddPosition, PlaceQuote, RemovePosition
from settlement.ledger.venues import VENUES, reserves_of
from tests.ledgers import OWNERS, WHOLE, A, B, genesis, holder, owner
from tests.markets import Market

ANN, BOB, CAT, DAN = OWNERS
BOOK, TICKED = VenueId("book"), VenueId("ticked")
HALF = -6_930


def held(market: Market, account: Account, asset: AssetId) -> int:
    return market.chain.state.rows(BALANCES).get((account, asset), 0)


def test_quotes_that_are_hit_are_paid_with_the_fee() -> None:
    """Each at its own price, the fee and what buys no lot in proportion; the book keeps its reserves alone."""
    book = OrderBookState(BOOK, (B, A), 0, "", WHOLE // 1000, WHOLE, (), (), Fraction(1, 100))
    first = genesis()
    market = Market(replace(first, venues=((book, ()),)))
    market.act(BOB, PlaceQuote(BOOK, Side.SELL, 1_500, 4))
    market.act(CAT, PlaceQuote(BOOK, Side.SELL, 1_600, 4))
    market.auction()
    buy = market.minter.intent(ANN, 1, Leg(A, 10 * WHOLE), Leg(B, 5 * WHOLE), whole=True)
    market.auction(buy)
    assert market.state_of(buy) is OrderState.SETTLED
    # 9.9 A after the fee of 0.1: four lots for 6, two for 3.2, and 0.7 that buys no third.
    bob, cat = (held(market, owner(key), A) - 1000 * WHOLE for key in (BOB, CAT))
    assert bob + cat == 10 * WHOLE
    assert abs(bob - 6 * WHOLE - Fraction(8 * WHOLE, 10) * Fraction(60, 92)) < 1
    state = market.chain.state.rows(VENUES)[BOOK]
    assert reserves_of(state) == {B: 2 * WHOLE, A: 0}
    assert (held(market, account_of_venue(BOOK), B), held(market, account_of_venue(BOOK), A)) == (2 * WHOLE, 0)


def test_an_auctions_fees_reach_the_positions_it_traded_through() -> None:
    """In range half a thousandth of the input, out of range nothing, and both can be taken out to the unit."""
    ticked = ConcentratedState(TICKED, (A, B), 0, "", sqrt_price_at(HALF), 0, HALF, (), Fraction(1, 2000))
    first = genesis()
    market = Market(replace(first, venues=((ticked, ()),)))
    market.act(BOB, AddPosition(TICKED, HALF - 600, HALF + 600, 5_000 * WHOLE, ()))
    market.act(CAT, AddPosition(TICKED, HALF + 600, HALF + 700, 1_000 * WHOLE, ()))
    market.auction()
    buy = market.minter.intent(ANN, 1, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE), whole=True)
    market.auction(buy)
    assert market.state_of(buy) is OrderState.SETTLED
    due = earned(market.chain.state.draft(), PositionKey(TICKED, holder(BOB), HALF - 600, HALF + 600))
    assert 10**16 - 2 <= due[0] <= 10**16
    assert due[1] == 0
    other = earned(market.chain.state.draft(), PositionKey(TICKED, holder(CAT), HALF + 600, HALF + 700))
    assert other == (0, 0)
    before = held(market, owner(BOB), A)
    market.act(BOB, RemovePosition(TICKED, HALF - 600, HALF + 600, 0, ()))
    market.auction()
    assert held(market, owner(BOB), A) - before == due[0]
    market.act(BOB, RemovePosition(TICKED, HALF - 600, HALF + 600, 5_000 * WHOLE, ()))
    market.act(CAT, RemovePosition(TICKED, HALF + 600, HALF + 700, 1_000 * WHOLE, ()))
    market.auction()
    assert market.chain.state.rows(POSITIONS) == {}
    assert all(0 <= held(market, account_of_venue(TICKED), asset) <= 5 for asset in (A, B))
