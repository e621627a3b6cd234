"""Positions in ticks: what goes in and comes out, and whose the fees are."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction

import pytest

from intents.errors import WalrasError
from intents.intent import Leg
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    RestingOrder,
    VenueId,
)
from liquidity.book import Side
from liquidity.errors import InvalidVenue
from liquidity.swap_math import swap_step
from liquidity.tick_math import Q96, sqrt_price_at
from liquidity.ticks import Position as Range
from liquidity.ticks import ticks_of
from settlement.ledger.accounts import REWARDS, account_of_venue
from settlement.ledger.books import check_all
from settlement.ledger.errors import (
    BelowMinimum,
    NoSharesThere,
    NotOnLedger,
    NotProportional,
    Overdrawn,
    TooMuch,
    UnknownAsset,
    UnknownVenue,
    WrongRange,
)
from settlement.ledger.positions import POOLS, POSITIONS, TICKS, PositionKey, earned
from settlement.ledger.transactions import (
    Action,
    AddLiquidity,
    AddPosition,
    Deposit,
    OpenVenue,
    PlaceQuote,
    RemoveLiquidity,
    RemovePosition,
)
from settlement.ledger.venues import FIRST_SHARES, VENUES
from tests.ledgers import GATEWAY, OWNERS, POOL, WHOLE, A, B, Run, genesis, holder, owner
from tests.shared import shared

ANN, BOB, CAT, DAN = OWNERS
TICKED = VenueId("ticked")
#: A fee that the factory does not know, so that every tick may be used and a swap steps from tick to tick.
FEE = Fraction(1, 400)


def empty(fee: Fraction = FEE, tick: int = 0) -> ConcentratedState:
    return ConcentratedState(TICKED, (A, B), 0, "", sqrt_price_at(tick), 0, tick, (), fee)


def run(fee: Fraction = FEE) -> Run:
    """An empty pool at a price of one, opened by Ann."""
    made = Run()
    made.do(ANN, OpenVenue(empty(fee), ()))
    return made


def add(lower: int, upper: int, liquidity: int) -> AddPosition:
    return AddPosition(TICKED, lower, upper, liquidity, ())


def remove(lower: int, upper: int, liquidity: int) -> RemovePosition:
    return RemovePosition(TICKED, lower, upper, liquidity, ())


def fees(made: Run, key: object, lower: int, upper: int) -> tuple[int, int]:
    return earned(made.state.draft(), PositionKey(TICKED, holder(key), lower, upper))  # type: ignore[arg-type]


def test_a_range_takes_what_its_place_needs() -> None:
    """Around the price both assets, above it the first alone, below it the second; the pool lists all of it."""
    made = run()
    for lower, upper, assets in ((-100, 100, {A, B}), (10, 20, {A}), (-20, -10, {B}), (0, 5, {A}), (-5, 0, {B})):
        before = {asset: made.held(owner(BOB), asset) for asset in (A, B)}
        made.do(BOB, add(lower, upper, WHOLE))
        assert {asset for asset in (A, B) if made.held(owner(BOB), asset) < before[asset]} == assets
    state = made.state.rows(VENUES)[TICKED]
    assert isinstance(state, ConcentratedState)
    ranges = [Range(key.lower, key.upper, held.liquidity) for key, held in made.state.rows(POSITIONS).items()]
    assert (state.ticks, state.liquidity) == ticks_of(ranges, 0)
    assert made.state.rows(POOLS)[TICKED].liquidity == 5 * WHOLE


def test_what_is_taken_out_again_is_at_most_a_unit_less() -> None:
    """In rounds up, out rounds down; ticks of nobody are gone."""
    made = run()
    made.do(BOB, add(-77, 33, WHOLE + 7))
    made.do(BOB, add(-77, 33, 5))
    made.do(BOB, remove(-77, 33, WHOLE + 12))
    for asset in (A, B):
        assert 1000 * WHOLE - 2 <= made.held(owner(BOB), asset) <= 1000 * WHOLE
    assert made.state.rows(POSITIONS) == {}
    assert made.state.rows(TICKS) == {}
    assert made.state.rows(VENUES)[TICKED] == empty()


@pytest.mark.parametrize(("lower", "upper", "liquidity"), [(-7, 5, 10**9 + 7), (-900, 33, 999_983), (-1, 1, 1)])
def test_in_rounds_up_and_out_rounds_down(lower: int, upper: int, liquidity: int) -> None:
    """Beside exact fractions of the same square roots: L·(1/√p − 1/√b) and L·(√p − √a)."""
    made = run()
    low, high = Fraction(sqrt_price_at(lower), Q96), Fraction(sqrt_price_at(upper), Q96)
    exact = {A: liquidity * (1 - 1 / high), B: liquidity * (1 - low)}
    made.do(BOB, add(lower, upper, liquidity))
    assert {asset: made.held(account_of_venue(TICKED), asset) for asset in (A, B)} == {
        asset: math.ceil(amount) for asset, amount in exact.items()
    }
    assert all(amount.denominator > 1 for amount in exact.values())
    before = {asset: made.held(owner(BOB), asset) for asset in (A, B)}
    made.do(BOB, remove(lower, upper, liquidity))
    for asset, amount in exact.items():
        assert made.held(owner(BOB), asset) - before[asset] == math.floor(amount)


def test_fees_go_to_those_whose_range_the_price_was_in() -> None:
    """In proportion to liquidity inside; outside nothing."""
    made = run()
    made.do(ANN, add(-100, 100, 3 * WHOLE))
    made.do(BOB, add(-100, 100, WHOLE))
    made.do(CAT, add(50, 100, WHOLE))
    made.do(CAT, add(-100, -50, WHOLE))
    made.swap(DAN, TICKED, A, 4 * 10**15)
    ann, bob = fees(made, ANN, -100, 100), fees(made, BOB, -100, 100)
    assert ann in ((int(3 * 10**15 * FEE), 0), (int(3 * 10**15 * FEE) - 1, 0))
    assert bob[0] in (int(10**15 * FEE), int(10**15 * FEE) - 1)
    assert (fees(made, CAT, 50, 100), fees(made, CAT, -100, -50)) == ((0, 0), (0, 0))


def test_fees_of_a_crossing_swap_follow_the_price() -> None:
    """Each stretch's fee to those in force there, counted by a model that only knows single steps."""
    ranges = {ANN: Range(-200, 200, WHOLE), BOB: Range(-50, -10, 7 * WHOLE), CAT: Range(-90, -50, 2 * WHOLE)}
    made = run()
    for key, found in ranges.items():
        made.do(key, add(found.lower, found.upper, found.liquidity))
    expected = dict.fromkeys(ranges, Fraction(0))
    amount, price = 20 * 10**15, Q96
    left = amount
    for edge in (-10, -50, -90, -200):
        inside = {key: r.liquidity for key, r in ranges.items() if r.lower <= edge < r.upper}
        liquidity = sum(inside.values())
        step = swap_step(price, sqrt_price_at(edge), liquidity, left, FEE)
        for key, part in inside.items():
            expected[key] += Fraction(step.fee * part, liquidity)
        left -= step.amount_in + step.fee
        price = step.price
        if not left:
            break
    assert (left, edge) == (0, -90)
    made.swap(DAN, TICKED, A, amount)
    for key, found in ranges.items():
        got = fees(made, key, found.lower, found.upper)
        assert expected[key] - 2 < got[0] <= expected[key]
        assert got[1] == 0
    assert sum(expected.values()) > 0
    # Back over the same ticks: now the second asset's fees, and the first's as they were.
    before = {key: fees(made, key, r.lower, r.upper)[0] for key, r in ranges.items()}
    made.swap(DAN, TICKED, B, 19 * 10**15)
    for key, r in ranges.items():
        first, second = fees(made, key, r.lower, r.upper)
        assert first == before[key]
        assert second > 0


def test_who_comes_later_has_no_part_in_earlier_fees() -> None:
    """Not even at ticks that were crossed before they were listed."""
    made = run()
    made.do(ANN, add(-200, 200, WHOLE))
    made.swap(DAN, TICKED, A, 3 * 10**15)
    earlier = fees(made, ANN, -200, 200)
    assert earlier[0] > 0
    for lower, upper in ((-200, 200), (-100, 200), (10, 30), (-300, -250), (-300, 300)):
        made.do(BOB, add(lower, upper, WHOLE))
        assert fees(made, BOB, lower, upper) == (0, 0)
    assert fees(made, ANN, -200, 200) == earlier


def test_fees_are_paid_when_a_position_is_touched() -> None:
    """Collected alone, or with more or less liquidity; each once."""
    made = run()
    made.do(ANN, add(-200, 200, WHOLE))
    for action in (remove(-200, 200, 0), add(-200, 200, 10), remove(-200, 200, 10)):
        made.swap(DAN, TICKED, A, 10**15)
        due, before = fees(made, ANN, -200, 200)[0], made.held(owner(ANN))
        assert due > 0
        made.do(ANN, action)
        assert fees(made, ANN, -200, 200) == (0, 0)
        assert abs(made.held(owner(ANN)) - before - due) <= 1
    check_all(made.state)


def test_pools_of_the_reference_grow_as_it_says() -> None:
    """Swaps of exact inputs: growth per unit of liquidity as recorded, and what it makes of positions."""
    document = json.loads(shared("vectors/venues/uniswap_v3_swaps.json").read_bytes())
    checked = 0
    for pool in document["pools"]:
        fee = Fraction(pool["fee"], 10**6)
        bare = ConcentratedState(TICKED, (A, B), 0, "", int(pool["sqrt_price"]), 0, pool["tick"], (), fee)
        for swap in pool["swaps"]:
            if "error" in swap or swap["amount"] is None or int(swap["amount"]) < 0 or not swap["fee_growth_x128"]:
                continue
            first = swap["zero_for_one"]
            if swap["limit"] not in (None, "4295128740", "1461446703485210103287273052203988822378723970341"):
                continue
            paid = int(swap["amount0" if first else "amount1"])
            got = -int(swap["amount1" if first else "amount0"])
            if paid != int(swap["amount"]) or not got:
                continue
            made = Run()
            for asset in (A, B):
                for key in (ANN, DAN):
                    made.do(GATEWAY, Deposit(holder(key), asset, 2**126, b""))
            made.do(ANN, OpenVenue(bare, ()))
            for lower, upper, liquidity in pool["positions"]:
                made.do(ANN, add(lower, upper, int(liquidity)))
            assert made.swap(DAN, TICKED, A if first else B, paid).amount_out == got
            growth = made.state.rows(POOLS)[TICKED].growth
            assert growth[0 if first else 1] == int(swap["fee_growth_x128"])
            total = sum(fees(made, ANN, lower, upper)[0 if first else 1] for lower, upper, _ in pool["positions"])
            steps = 4_000
            assert paid * fee - steps <= total <= -(-paid * fee.numerator // fee.denominator) + steps
            checked += 1
    assert checked >= 20


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (add(10, 10, 1), WrongRange),
        (add(20, 10, 1), WrongRange),
        (AddPosition(TICKED, -10, 10, 0, ()), BelowMinimum),
        (AddPosition(TICKED, -10, 10, 2**127, ()), TooMuch),
        (AddPosition(TICKED, -10, 10, WHOLE, (Leg(A, 1),)), TooMuch),
        (RemovePosition(TICKED, -100, 100, WHOLE, (Leg(A, WHOLE),)), BelowMinimum),
        (remove(-100, 100, WHOLE + 1), NoSharesThere),
        (remove(-100, 99, 1), NoSharesThere),
        (remove(-100, 99, 0), NoSharesThere),
        (AddPosition(POOL, -10, 10, 1, ()), NotProportional),
        (AddPosition(VenueId("none"), -10, 10, 1, ()), UnknownVenue),
        (AddLiquidity(TICKED, 1, ()), NotProportional),
        (RemoveLiquidity(TICKED, 1, ()), NotProportional),
    ],
)
def test_what_is_refused_leaves_no_trace(action: Action, error: type[WalrasError]) -> None:
    """Each refusal by its name."""
    made = run()
    made.do(BOB, add(-100, 100, WHOLE))
    before = made.state.root
    with pytest.raises(error):
        made.do(BOB, action)
    assert made.state.root == before


def test_ticks_keep_the_spacing_of_their_fee() -> None:
    """As the factory of the reference fixes it: 60 for 0.3 %."""
    made = run(Fraction(3, 1000))
    made.do(BOB, add(-120, 60, WHOLE))
    with pytest.raises(WrongRange):
        made.do(BOB, add(-120, 61, WHOLE))


def book(owner_text: str) -> OrderBookState:
    return OrderBookState(VenueId("b"), (A, B), 0, "", 1, 1, (RestingOrder(1, owner_text, 5, 5),), ())


@pytest.mark.parametrize(
    ("venue", "error"),
    [
        (ConcentratedState(TICKED, (A, B), 0, "", Q96, WHOLE, 0, ((-10, WHOLE), (10, -WHOLE)), FEE), TooMuch),
        (ConcentratedState(TICKED, (A, B), 0, "", Q96, 0, 500, (), FEE), InvalidVenue),
        (LimitOrderState(VenueId("l"), (A, B), 0, "", 5, 5), NotOnLedger),
        (book("maker-1"), NotOnLedger),
        (book(""), NotOnLedger),
        (ConstantProductState(VenueId("x"), (A, "none"), 0, "", (10**6, 10**6), FEE), UnknownAsset),  # type: ignore[arg-type]
        (ConstantProductState(VenueId("x"), (A, B), 0, "", (10**6, 10**6), Fraction(1)), InvalidVenue),
    ],
)
def test_a_venue_opens_only_with_what_it_can_pay(venue: object, error: type[WalrasError]) -> None:
    """A pool in ticks that nobody paid for, an order of somebody elsewhere, quotes of no account."""
    made = Run()
    with pytest.raises(error):
        made.do(ANN, OpenVenue(venue, ()))  # type: ignore[arg-type]


def test_opening_a_venue_has_its_price_and_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paid to the rewards; without it, or without room, nothing is opened."""
    made = Run(replace(genesis().rules, venue_price=600 * WHOLE))
    before = made.held(REWARDS)
    made.do(ANN, OpenVenue(empty(), ()))
    assert (made.held(REWARDS) - before, made.held(owner(ANN))) == (600 * WHOLE, 400 * WHOLE)
    with pytest.raises(Overdrawn):
        made.do(ANN, OpenVenue(replace(empty(), id=VenueId("second")), ()))
    monkeypatch.setattr("settlement.ledger.opening.MAX_VENUES", 2)
    with pytest.raises(TooMuch):
        made.do(BOB, OpenVenue(replace(empty(), id=VenueId("third")), ()))
    assert set(made.state.rows(VENUES)) == {POOL, TICKED}


def test_a_pool_may_open_with_its_ranges_paid_for() -> None:
    """Each stretch of equal liquidity is a position of who opened it; liquidity beyond the ticks is nobody's."""
    ticks = ((-20, 2 * WHOLE), (-10, WHOLE), (30, -2 * WHOLE))
    made = Run()
    state = ConcentratedState(TICKED, (A, B), 0, "", Q96, 3 * WHOLE, 0, ticks, FEE)
    made.do(ANN, OpenVenue(state, (Leg(A, WHOLE), Leg(B, WHOLE))))
    found = {(key.lower, key.upper): held.liquidity for key, held in made.state.rows(POSITIONS).items()}
    assert found == {(-20, -10): 2 * WHOLE, (-10, 30): 3 * WHOLE}
    made.do(ANN, remove(-20, -10, 2 * WHOLE))
    made.do(ANN, remove(-10, 30, 3 * WHOLE))
    assert all(made.held(account_of_venue(TICKED), asset) <= 2 for asset in (A, B))


def test_fees_of_pools_with_reserves_are_their_providers() -> None:
    """A share is worth what was paid in and its part of every swap's fee, and that is paid out."""
    made = Run()
    shares = FIRST_SHARES // 1_000
    made.do(ANN, AddLiquidity(POOL, shares, ()))
    for _ in range(5):
        got = made.swap(DAN, POOL, A, 100 * WHOLE).amount_out
        made.swap(DAN, POOL, B, got)
    lost = 1000 * WHOLE - made.held(owner(DAN))
    made.do(ANN, RemoveLiquidity(POOL, shares, ()))
    gained = made.held(owner(ANN)) - 1000 * WHOLE, made.held(owner(ANN), B) - 1000 * WHOLE
    assert lost > 2 * WHOLE
    # Ann's 1 of 1,001 parts of what the trader lost in A; B is as it was but for rounding.
    assert abs(gained[0] - Fraction(lost, 1001)) <= 2
    assert -2 <= gained[1] <= 0


def test_a_book_takes_no_more_quotes_than_an_entry_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, instead of an entry that cannot be read again."""
    monkeypatch.setattr("settlement.ledger.opening.MAX_QUOTES", 2)
    made = Run()
    made.do(ANN, OpenVenue(OrderBookState(VenueId("b"), (A, B), 0, "", 1, 1, (), ()), ()))
    for _ in range(2):
        made.do(ANN, PlaceQuote(VenueId("b"), Side.BUY, 1, 1))
    with pytest.raises(TooMuch):
        made.do(ANN, PlaceQuote(VenueId("b"), Side.BUY, 1, 1))
