"""Quotes: what they promise the ledger's venues give, and what stands in an intent's way is the first thing that
does."""

from __future__ import annotations

from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.errors import WalrasError
from intents.intent import IntentId, Kind, Leg
from intents.records import replace
from intents.venue_states import ConstantProductState, VenueId
from liquidity.registry import open_venue
from node.chain.genesis import build
from node.explaining import explain
from node.history.base import IntentLife
from node.history.lives import life_on_ledger
from node.history.store import HistoryStore
from node.quoting import BadQuote, NoMarket, Quote, clearing_prices, quote
from settlement.ledger.orders import ORDERS
from settlement.ledger.rules import Rules
from settlement.ledger.state import State
from settlement.ledger.transactions import Transfer
from settlement.ledger.venues import VENUES
from tests.history_worlds import Chain
from tests.ledgers import OWNERS, POOL, WHOLE, A, B, genesis, holder, item, minter

ANN, BOB = OWNERS[0], OWNERS[1]
OTHER = VenueId("other")


def two_pools() -> State:
    """The ledger's pool, and one half as deep at the same price."""
    first = genesis()
    pool = first.venues[0][0]
    assert isinstance(pool, ConstantProductState)
    half = tuple(amount // 2 for amount in pool.reserves)
    return build(replace(first, venues=((pool, ()), (replace(pool, id=OTHER, reserves=half), ()))))


def carried_out(state: State, found: Quote) -> tuple[int, int]:
    """What really goes in and comes out when the route's swaps are done one after the other."""
    venues = dict(state.rows(VENUES))
    held: dict[AssetId, int] = {}
    for hop in found.route:
        swap = open_venue(venues[VenueId(hop.venue)]).swap_in(hop.sold, hop.bought, hop.amount_in)
        assert swap.amount_out >= hop.amount_out
        venues[VenueId(hop.venue)] = swap.state
        held[hop.sold] = held.get(hop.sold, 0) - hop.amount_in
        held[hop.bought] = held.get(hop.bought, 0) + hop.amount_out
    return -held[found.give], held[found.want]


@pytest.mark.parametrize("kind", [Kind.EXACT_IN, Kind.EXACT_OUT])
def test_a_quote_is_what_its_route_really_gives(kind: Kind) -> None:
    """Both amounts; the side asked for is kept to."""
    state = two_pools()
    found = quote(state, A, B, 5_000 * WHOLE, kind)
    given, got = carried_out(state, found)
    assert given <= found.amount_in
    assert got >= found.amount_out
    assert (found.amount_in if kind is Kind.EXACT_IN else found.amount_out) == 5_000 * WHOLE
    assert found.price == Fraction(found.amount_out, found.amount_in)


def test_a_large_amount_is_split_over_pools_and_is_better_for_it() -> None:
    """In proportion to depth, so that it moves the price as one pool of both would."""
    state, amount = two_pools(), 20_000 * WHOLE
    found = quote(state, A, B, amount, Kind.EXACT_IN)
    assert {hop.venue for hop in found.route} == {POOL, OTHER}
    assert found.amount_out > open_venue(state.rows(VENUES)[POOL]).quote_in(A, B, amount)
    assert found.impact_bps is not None
    # 20,000 into 300,000: 6.25% below the price of nothing, whatever the fee.
    assert 610 < found.impact_bps < 640
    assert found.against_reference_bps is not None
    assert -680 < found.against_reference_bps < -620


def test_the_limit_is_the_quote_less_cost_and_slippage() -> None:
    """What a settlement would cost is asked for less, at the agreed price of what it is counted in."""
    state = two_pools()
    found = quote(state, A, B, WHOLE, Kind.EXACT_IN, slippage_bps=100)
    assert found.limit == found.amount_out * 99 // 100
    wanted = quote(state, A, B, WHOLE, Kind.EXACT_OUT, slippage_bps=100)
    assert wanted.limit == -(-wanted.amount_in * 101 // 100)


def test_the_last_clearing_prices_tell_what_would_have_been_filled() -> None:
    """An intent that asks what they give is filled by the same batch; without a batch nothing is said."""
    with HistoryStore(None) as history:
        chain = Chain([history])
        assert (
            quote(chain.app.state, A, B, WHOLE, Kind.EXACT_IN, clearing=clearing_prices(history)).cleared is None
        )
        chain.submit(ANN, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE))
        chain.submit(BOB, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE))
        chain.auction()
        chain.auction()
        prices = clearing_prices(history)
        found = quote(chain.app.state, A, B, 20 * WHOLE, Kind.EXACT_IN, clearing=prices)
        detail = history.auction(1)
        assert detail is not None
        ann = next(trade for trade in detail.trades if trade.owner == holder(ANN))
        assert found.cleared is not None
        assert abs(found.cleared - ann.got * 20 * WHOLE // ann.gave) <= 1


@pytest.mark.parametrize(
    ("give", "want", "amount", "kind", "error"),
    [
        (A, A, WHOLE, Kind.EXACT_IN, BadQuote),
        (A, AssetId("???"), WHOLE, Kind.EXACT_IN, BadQuote),
        (A, B, 0, Kind.EXACT_IN, BadQuote),
        (A, B, 1 << 300, Kind.EXACT_IN, BadQuote),
        (A, B, WHOLE, Kind.BASKET, BadQuote),
        (A, B, 10**6 * WHOLE, Kind.EXACT_OUT, NoMarket),
        (A, B, 1, Kind.EXACT_IN, NoMarket),
    ],
)
def test_questions_without_answer_are_refused_by_name(
    give: AssetId, want: AssetId, amount: int, kind: Kind, error: type[WalrasError]
) -> None:
    with pytest.raises(error):
        quote(two_pools(), give, want, amount, kind)


# Explaining


def rested(chain: Chain, give: Leg, want: Leg) -> IntentLife:
    """Ann's intent after an auction that nobody answered."""
    chain.submit(ANN, give, want)
    chain.auction(answered=False)
    ((number, order),) = chain.app.state.rows(ORDERS).items()
    return life_on_ledger(number, order)


def test_one_that_asks_too_much_is_told_by_how_much() -> None:
    """The distance is that of the law's own explanation; giving way by it, part of it could trade."""
    chain = Chain([])
    found = explain(rested(chain, Leg(A, 10 * WHOLE), Leg(B, 6 * WHOLE)), chain.app.state)
    assert (found.code, found.auction) == ("out_of_the_money", 2)
    assert found.best is not None
    assert found.distance_bps is not None
    assert found.best.amount_out < 6 * WHOLE
    part = quote(chain.app.state, A, B, 10 * WHOLE // 16, Kind.EXACT_IN)
    needed = 6 * WHOLE * (10_000 - int(found.distance_bps)) // 10_000
    assert needed // 16 <= part.amount_out < 6 * WHOLE // 16


def test_one_that_can_trade_waits_for_the_next_batch() -> None:
    """Nothing is in its way, and the quote says what it could have."""
    chain = Chain([])
    found = explain(rested(chain, Leg(A, 10 * WHOLE), Leg(B, 4 * WHOLE)), chain.app.state)
    assert (found.code, found.distance_bps) == ("", 0.0)
    assert found.best is not None
    assert found.best.amount_out > 4 * WHOLE


def test_an_owner_without_balance_is_told_so() -> None:
    """Spent elsewhere after the intent was taken: the ledger's reason comes before the market's."""
    chain = Chain([])
    life = rested(chain, Leg(A, 10 * WHOLE), Leg(B, 6 * WHOLE))
    chain.app.add(item(minter().transaction(ANN, 0, Transfer(holder(BOB), A, 1000 * WHOLE))))
    chain.auction(answered=False)
    assert explain(life, chain.app.state).code == "no_balance"


def test_one_whose_time_has_not_come_is_told_when_it_will() -> None:
    """By the auction's number."""
    chain = Chain([])
    early = minter().intent(ANN, 1, Leg(A, WHOLE), Leg(B, WHOLE))
    life = rested(chain, Leg(A, 10 * WHOLE), Leg(B, 6 * WHOLE))
    order = chain.app.state.rows(ORDERS)[IntentId(life.intent)]
    later = replace(order, intent=replace(early.intent, valid_from=50))
    draft = chain.app.state.draft()
    draft.set(ORDERS, IntentId(life.intent), later)
    draft.commit()
    found = explain(life, chain.app.state)
    assert found.code == "not_yet_valid"
    assert "50" in found.why


def test_one_that_has_ended_is_told_how() -> None:
    """From its life: the ledger forgets those that ended."""
    with HistoryStore(None) as history:
        chain = Chain([history])
        chain.submit(ANN, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE), valid_to=1)
        chain.auction(answered=False)
        chain.auction(answered=False)
        (life,) = history.intents(ANN.public, None, 5).rows
        found = explain(life, chain.app.state)
        assert (found.state, found.code, found.best) == ("expired", "expired", None)


def test_costs_are_counted_in_the_asset_that_is_found() -> None:
    """With a gas price the limit asks for so much less."""
    first = genesis()
    costly = replace(first.rules, costs=replace(Rules(bytes(32), A).costs, gas_price=10**12, settlement_gas=10**5))
    state = build(replace(first, rules=costly))
    found = quote(state, B, A, WHOLE, Kind.EXACT_IN, slippage_bps=0)
    assert found.cost == 10**17
    assert found.limit == found.amount_out - found.cost
