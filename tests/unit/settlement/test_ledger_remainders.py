"""What is left of an order that has traded: it ends where no trade could take it, and not a unit sooner."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.codec import intent_id
from intents.intent import CurvePoint, DutchCurve, FillMode, FillRule, Intent, Kind, Leg
from intents.records import replace
from settlement.ledger.accounts import CLEARING, ROUNDING
from settlement.ledger.admission import OPEN
from settlement.ledger.books import BALANCES, check_all
from settlement.ledger.orders import ORDERS, Order, OrderState, fill
from settlement.ledger.remainders import is_dust, is_over
from settlement.ledger.rules import rules_of
from tests.ledgers import OWNERS, WHOLE, A, B, genesis, holder, ledger, minter, owner
from tests.markets import Market

ANN, BOB = OWNERS[0], OWNERS[1]
#: Not divisible by what would make a round price.
GIVEN = 10**16 + 61
AMOUNT = st.one_of(st.integers(1, 9), st.integers(1, 10**24))


def sell(give: int, *wants: int) -> Intent:
    """``give`` A for at least so much B; several wants make a basket."""
    bare = minter().intent(ANN, 1, Leg(A, give), Leg(B, wants[0])).intent
    more = tuple(Leg(B, want) for want in wants)
    return replace(bare, want=more, kind=Kind.BASKET if len(wants) > 1 else Kind.EXACT_IN)


@given(give=AMOUNT, wants=st.lists(AMOUNT, min_size=1, max_size=3), left=AMOUNT)
def test_a_sell_is_dust_where_its_limit_asks_for_less_than_a_unit(give: int, wants: list[int], left: int) -> None:
    """Of a basket each of the wanted assets; reckoned in fractions."""
    found = is_dust(sell(give, *wants), left)
    assert found == all(floor(Fraction(left * want, give)) == 0 for want in wants)


@given(give=AMOUNT, want=AMOUNT, left=AMOUNT)
def test_a_buy_is_dust_where_it_would_be_paid_less_than_a_unit_for(give: int, want: int, left: int) -> None:
    """The most it gives for what is left, rounded down as the law rounds it."""
    bought = replace(sell(give, want), kind=Kind.EXACT_OUT)
    assert is_dust(bought, left) == (floor(Fraction(left * give, want)) == 0)


@pytest.mark.parametrize("kind", [Kind.EXACT_IN, Kind.EXACT_OUT])
def test_of_a_moving_limit_the_most_that_it_comes_to_counts(kind: Kind) -> None:
    """A limit that began ten times higher could have been met with what is left; only less than that is dust."""
    points = DutchCurve((CurvePoint(1, 10_000), CurvePoint(9, 1_000)))
    bare = sell(10**6, 1_000) if kind is Kind.EXACT_IN else replace(sell(1_000, 10**6), kind=kind)
    moving = replace(bare, curve=points)
    assert [is_dust(bare, left) for left in (99, 100, 999, 1_000)] == [True, True, True, False]
    assert [is_dust(moving, left) for left in (99, 100)] == [True, False]


@pytest.mark.parametrize(
    ("filled", "ends"),
    [
        # 100 A for 45 B: what is left is worth as many A, and must be worth 20.
        (79 * WHOLE, False),
        (80 * WHOLE, False),
        (80 * WHOLE + 1, True),
        (100 * WHOLE, True),
    ],
)
def test_what_is_too_small_to_be_taken_anew_ends(filled: int, ends: bool) -> None:
    """By the bound that an intent must pass to rest at all; without one, what is left rests on."""
    state = ledger(replace(genesis().rules, min_notional=20 * WHOLE))
    draft, rules, intent = state.draft(), rules_of(state), sell(100 * WHOLE, 45 * WHOLE)
    assert is_over(draft, rules, intent, filled, 1) is ends
    assert is_over(draft, replace(rules, min_notional=0), intent, filled, 1) is (filled == 100 * WHOLE)
    draft.set(ORDERS, intent_id(intent), Order(intent, b"", OrderState.BATCHED, WHOLE, 1))
    fill(draft, rules, intent_id(intent), 2, filled - WHOLE)
    found = draft.get(ORDERS, intent_id(intent))
    assert found is not None
    assert found.state is (OrderState.SETTLED if ends else OrderState.PART_FILLED)
    assert (found.filled, found.since) == (filled, 2)


def test_size_is_told_by_what_is_wanted_where_what_is_given_has_no_price() -> None:
    """Here by B, of which one is worth two A; where neither has a price, nobody can tell, and it rests on."""
    state = ledger(replace(genesis().rules, min_notional=20 * WHOLE))
    draft, rules, intent = state.draft(), rules_of(state), sell(100 * WHOLE, 45 * WHOLE)
    foreign = replace(intent, give=(Leg(B, 100 * WHOLE),), want=(Leg(A, 45 * WHOLE),))
    late = 1_000
    assert [is_over(draft, rules, foreign, filled * WHOLE, late) for filled in (55, 56)] == [False, True]
    nothing = replace(foreign, want=(Leg(B, 45 * WHOLE),))
    assert not is_over(draft, rules, nothing, 99 * WHOLE, late)


def test_dust_ends_with_its_trade_and_makes_room() -> None:
    """Two owners meet in whole lots. What one keeps buys nothing, so its order is settled: it is in no later
    batch, its place is free for another, and every unit is where it belongs."""
    first = genesis()
    # A unit of B is worth 333 million of A: whole lots leave some of what is given.
    dear = replace(first.assets[1], reference_price=10**18 * 10**9 // 3)
    market = Market(replace(first, venues=(), assets=(first.assets[0], dear)), solver="naive")
    seller = market.minter.intent(ANN, 1, Leg(A, GIVEN), Leg(B, 29_700_000))
    buyer = market.minter.intent(BOB, 1, Leg(B, 40_000_000), Leg(A, 132 * 10**14))
    market.auction(seller, buyer)
    order = market.orders[intent_id(seller.intent)]
    left = GIVEN - order.filled
    assert 0 < left < GIVEN // 29_700_000
    assert order.state is OrderState.SETTLED
    state = market.chain.state
    assert state.rows(OPEN).get(holder(ANN), 0) == 0
    balances = state.rows(BALANCES)
    assert balances[owner(ANN), A] == 1000 * WHOLE - order.filled
    assert CLEARING not in {account for account, _ in balances}
    assert ROUNDING not in {account for account, _ in balances}
    check_all(state)
    market.step()
    assert intent_id(seller.intent) not in market.batched()
    assert market.chain.batch is not None
    assert [order.id for order in market.chain.batch.orders] == list(market.batched())


def test_an_order_filled_whole_or_not_at_all_leaves_nothing() -> None:
    """It trades all of it, so there is no remainder to judge."""
    intent = replace(sell(100, 45), fill=FillRule(FillMode.FILL_OR_KILL))
    state = ledger()
    assert is_over(state.draft(), rules_of(state), intent, 100, 1)
