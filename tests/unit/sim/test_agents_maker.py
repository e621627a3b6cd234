"""Market makers at a real ledger: quotes as intents and on order books."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from intents.venue_states import OrderBookState, RestingOrder
from liquidity.book import Side
from settlement.ledger.transactions import CancelQuote, PlaceQuote, Transfer
from sim.agents.book_quotes import wanted_quotes
from sim.agents.maker import MakerPart
from sim.agents.oracle import OraclePart
from sim.agents.retail import RetailPart
from sim.agents.valuing import Anchor
from sim.prices.declared import Law, PricesPart, Shock
from tests.desks import CASH, GOLD, Town, book


def test_makers_quote_both_ways_every_auction() -> None:
    """Around the outside price, as far apart as the formula says, one size each."""
    part = MakerPart(name="maker", assets=("GOLD",), size=0.01)
    town = Town([part]).run(3)
    bids = [found.intent for found in town.offers if found.intent.give[0].asset == CASH]
    asks = [found.intent for found in town.offers if found.intent.give[0].asset == GOLD]
    assert len(bids) == len(asks) == 4
    spread = 10_000 * math.log1p(0.01 / 0.2) * 0.02 + 0.01 * 100**2 / 60
    for bid, ask in zip(bids, asks, strict=True):
        buys = (bid.give[0].amount / 10**18) / (bid.want[0].amount / 10**6)
        sells = (ask.want[0].amount / 10**18) / (ask.give[0].amount / 10**6)
        assert buys < 2.0 < sells
        assert 10_000 * (sells - buys) / 2.0 == pytest.approx(spread, rel=1e-2)
        assert ask.give[0].amount == 5_000_000


def test_a_maker_that_has_bought_quotes_lower() -> None:
    """People sell gold to it; its quotes move down, and past its limit it only sells."""
    people = RetailPart(
        name="people", assets=("GOLD",), buy_share=0.0, per_minute=600.0, slack_bps=100.0, patience=1
    )
    part = MakerPart(name="maker", assets=("GOLD",), size=0.02, most_inventory=3.0, risk_aversion=0.5)
    town = Town([people, part], solver="naive").run(6)
    held = town.desks[1].balance(GOLD) / 10**6 - 250.0
    assert held > 0
    asks = [found.intent for found in town.offers if found.desk == "maker" and found.intent.give[0].asset == GOLD]
    prices = [(ask.want[0].amount / 10**18) / (ask.give[0].amount / 10**6) for ask in asks]
    assert prices[-1] < prices[0]


def test_quotes_on_a_book_replace_one_another() -> None:
    """After every auction the book holds one bid and one ask of each account, paid for by the maker."""
    drifting = PricesPart(volatility_bps=3_000.0)
    part = MakerPart(name="maker", count=2, assets=("GOLD",), books=("book",), fill_decay=0.05)
    town = Town([part], moves=drifting, venues=[book()]).run(6)
    assert town.refused == []
    found = town.venue("book")
    assert isinstance(found, OrderBookState)
    desk = town.desks[0]
    assert sorted(order.owner for order in found.bids) == sorted(holder.hex() for holder in desk.holders)
    assert len(found.asks) == 2
    assert found.bids[0].price < found.asks[0].price
    mine = sum(order.quantity for order in found.asks if order.owner == desk.holders[0].hex())
    assert desk.balance(GOLD, 0) + mine * found.lot == 250_000_000


@pytest.mark.parametrize("books", [(), ("book",)])
@pytest.mark.parametrize("given", [20, -20])
def test_a_maker_with_too_much_or_too_little_quotes_one_side(books: tuple[str, ...], given: int) -> None:
    """Past its limit of three sizes it only sells; short by as much it only buys."""
    part = MakerPart(name="maker", assets=("GOLD",), size=0.01, most_inventory=3.0, books=books)
    town = Town([part, RetailPart(name="friend", count=1, per_minute=1e-3)], venues=[book()])
    maker, friend = town.desks
    giver, taker = (friend, maker) if given > 0 else (maker, friend)
    town.kernel.after(10, giver.transact, Transfer(taker.holder(), GOLD, abs(given) * 10**6))
    town.run(3)
    state = town.venue("book")
    assert isinstance(state, OrderBookState)
    if books:
        assert (bool(state.bids), bool(state.asks)) == (given < 0, given > 0)
    else:
        late = [found.intent.give[0].asset for found in town.offers if found.at_us > 1_000_000]
        assert set(late) == ({GOLD} if given > 0 else {CASH})


def test_quotes_neither_cross_nor_promise_what_is_not_there() -> None:
    """Bids stay below the lowest ask of others, asks above their highest bid; funds bound what is quoted."""
    others = (RestingOrder(1, "x", 19_000, 10),), (RestingOrder(2, "x", 20_000, 10),)
    state = replace(book(), bids=others[0], asks=others[1])
    town = Town([MakerPart(name="maker", funds=30.0)], venues=[book()])
    desk = town.desks[0]
    assert isinstance(state, OrderBookState)
    # A lot is a hundredth of a gold, a tick a millionth of a cash: two cash a gold are 20,000 ticks.
    high = wanted_quotes(desk, state, 0, 2.5, 2.6, 1.0)
    assert high == [
        PlaceQuote(state.id, Side.BUY, 19_999, 100),
        PlaceQuote(state.id, Side.SELL, 26_000, 100),
    ]
    low = wanted_quotes(desk, state, 0, 1.5, 1.6, 1.0)
    assert low == [PlaceQuote(state.id, Side.BUY, 15_000, 100), PlaceQuote(state.id, Side.SELL, 19_001, 100)]
    # It holds ten cash and five gold.
    poor = wanted_quotes(desk, state, 0, 1.95, 2.05, 1_000.0)
    assert poor == [PlaceQuote(state.id, Side.BUY, 19_500, 512), PlaceQuote(state.id, Side.SELL, 20_500, 500)]
    mine = replace(state, asks=(RestingOrder(3, desk.holder().hex(), 19_500, 40), *state.asks))
    again = wanted_quotes(desk, mine, 0, 0.0, 2.05, 1_000.0)
    assert again == [CancelQuote(state.id, 3), PlaceQuote(state.id, Side.SELL, 20_500, 540)]


def test_a_maker_may_go_by_the_agreed_price() -> None:
    """Which an oracle reports ten seconds late."""
    rise = PricesPart(law=Law.CONSTANT, shocks=(Shock(1.0, "GOLD", 1_000.0),))
    parts = [
        MakerPart(name="maker", assets=("GOLD",), anchor=Anchor.AGREED),
        OraclePart(name="oracle", lag_ms=6_000),
    ]
    town = Town(parts, moves=rise).run(8)
    asks = [found.intent for found in town.offers if found.intent.give[0].asset == GOLD]
    prices = [(ask.want[0].amount / 10**18) / (ask.give[0].amount / 10**6) for ask in asks]
    assert prices[1] == pytest.approx(2.0, rel=2e-3)
    assert prices[-1] == pytest.approx(2.2, rel=2e-3)
