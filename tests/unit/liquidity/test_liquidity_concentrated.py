"""Concentrated pools: the recorded swaps, real pools of a mainnet auction, windows, gaps and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import ConcentratedState, VenueId
from liquidity.concentrated import ConcentratedVenue
from liquidity.errors import (
    AmountTooLarge,
    InsufficientLiquidity,
    InvalidVenue,
    MathOutOfRange,
    NothingPaid,
    NotTraded,
    SameAsset,
    ZeroAmount,
)
from liquidity.tick_math import MAX_TICK, MIN_TICK, Q96, sqrt_price_at
from liquidity.ticks import Position, tick_table, ticks_of
from tests.shared import shared
from tests.vectors import uniswap_v3
from tests.vectors.registry import Case, parametrized

A, B = AssetId("a"), AssetId("b")


def pool(*positions: Position, tick: int = 0, fee: Fraction = Fraction(3, 1000)) -> ConcentratedState:
    ticks, liquidity = ticks_of(positions, tick)
    price = sqrt_price_at(tick)
    return ConcentratedState(VenueId("u"), (A, B), 100_000, "", price, liquidity, tick, ticks, fee)


#: One position around the price, as narrow as a window gets.
NARROW = pool(Position(-600, 600, 10**18))
WIDE = pool(Position(-60_000, 60_000, 10**18), Position(-600, 1_200, 5 * 10**18))


@parametrized(uniswap_v3.FILE)
def test_recorded_rows_hold_to_the_unit(case: Case) -> None:
    """Swaps in and out, with price limits, ticks after, fee growth; prices of ticks; swap steps."""
    case.check()


def test_every_concentrated_pool_of_a_mainnet_auction_opens_and_quotes_both_ways() -> None:
    """299 pools; in each direction what one unit costs pays at least one."""
    document = json.loads(shared("data/cow_auctions/7400681.json").read_bytes())
    rows = [row for row in document["liquidity"] if row["kind"] == "concentratedLiquidity"]
    assert len(rows) == 299
    quotes = 0
    for row in rows:
        state = ConcentratedState(
            id=VenueId(row["id"]),
            assets=tuple(map(AssetId, row["tokens"])),
            gas=int(row["gasEstimate"]),
            address=row["address"],
            sqrt_price=int(row["sqrtPrice"]),
            liquidity=int(row["liquidity"]),
            tick=row["tick"],
            ticks=tuple(sorted((int(tick), int(net)) for tick, net in row["liquidityNet"].items())),
            fee=Fraction(row["fee"]),
        )
        venue = ConcentratedVenue(state)
        assert tick_table(state).spacing is not None
        for asset_in, asset_out in (state.assets, state.assets[::-1]):
            assert venue.marginal_price(asset_in, asset_out) > 0
            bought = venue.swap_out(asset_in, asset_out, 1)
            sold = venue.swap_in(asset_in, asset_out, bought.amount_in)
            assert sold.amount_out >= 1
            ConcentratedVenue(sold.state)  # type: ignore[arg-type]
            quotes += 1
    assert quotes == 2 * 299


def test_a_swap_keeps_what_the_next_one_needs() -> None:
    """The state after has the price, tick and liquidity in force, and opens again."""
    swap = ConcentratedVenue(WIDE).swap_in(A, B, 3 * 10**17)
    after = swap.state
    assert isinstance(after, ConcentratedState)
    assert after.tick < -600
    assert after.liquidity == 10**18
    assert sqrt_price_at(after.tick) <= after.sqrt_price < sqrt_price_at(after.tick + 1)
    back = ConcentratedVenue(after).swap_in(B, A, swap.amount_out)
    assert back.amount_out < 3 * 10**17


def test_past_the_last_known_tick_there_is_no_liquidity() -> None:
    """An input that would leave the window is refused, naming the most that fits."""
    venue = ConcentratedVenue(NARROW)
    with pytest.raises(InsufficientLiquidity) as refused:
        venue.swap_in(A, B, 10**18)
    most = refused.value.available
    assert venue.quote_in(A, B, most) > 0
    with pytest.raises(InsufficientLiquidity):
        venue.swap_in(A, B, most + 1)
    with pytest.raises(InsufficientLiquidity) as refused:
        venue.swap_out(B, A, 10**18)
    assert venue.swap_out(B, A, refused.value.available).amount_out == refused.value.available


def test_a_cut_window_is_not_filled_from_liquidity_beyond_it() -> None:
    """Where ticks are missing, liquidity still in force at the last known one is not used past it."""
    cut = replace(WIDE, ticks=WIDE.ticks[1:-1])
    whole, venue = ConcentratedVenue(WIDE), ConcentratedVenue(cut)
    assert venue.quote_in(A, B, 10**16) == whole.quote_in(A, B, 10**16)
    assert whole.quote_in(A, B, 10**18) > 0
    with pytest.raises(InsufficientLiquidity):
        venue.swap_in(A, B, 10**18)


def test_a_pool_without_ticks_trades_nothing() -> None:
    """Liquidity in force means nothing if nobody knows how far it reaches."""
    venue = ConcentratedVenue(replace(NARROW, ticks=()))
    for asset_in, asset_out in ((A, B), (B, A)):
        with pytest.raises(InsufficientLiquidity) as refused:
            venue.swap_in(asset_in, asset_out, 10)
        assert refused.value.available == 0


def test_a_record_that_contradicts_itself_is_used_up_to_there() -> None:
    """A tick whose crossing would leave negative liquidity ends the window."""
    ticks = ((-6_000, 10**18), (-600, 10**17), (600, -(10**18)), (6_000, -2 * 10**18))
    venue = ConcentratedVenue(replace(NARROW, ticks=ticks))
    assert tick_table(venue.state).ticks == (-600, 600)
    with pytest.raises(InsufficientLiquidity):
        venue.swap_in(B, A, 10**18)


def test_a_gap_between_positions_is_crossed_for_nothing() -> None:
    """The price jumps to the next position, and so does the marginal price."""
    gap = pool(Position(-1_200, -600, 10**18), Position(600, 1_200, 10**18))
    venue = ConcentratedVenue(gap)
    assert venue.marginal_price(A, B) == pytest.approx(1.0001**-600 * 0.997)
    assert venue.marginal_price(B, A) == pytest.approx(1.0001**-600 * 0.997)
    paid = venue.swap_in(A, B, 10**12).amount_out
    assert paid / 10**12 == pytest.approx(1.0001**-600 * 0.997, rel=1e-4)


def test_outside_all_positions_one_direction_is_empty() -> None:
    """Below a lone position nobody sells b for a."""
    venue = ConcentratedVenue(pool(Position(600, 1_200, 10**18)))
    assert venue.quote_in(B, A, 10**12) > 0
    with pytest.raises(InsufficientLiquidity):
        venue.quote_in(A, B, 10**12)
    with pytest.raises(InsufficientLiquidity):
        venue.marginal_price(A, B)


def test_spacing_follows_the_fee_only_where_the_ticks_agree() -> None:
    """A foreign fee, or ticks the factory's spacing cannot hold, leave it unknown."""
    assert tick_table(NARROW).spacing == 60
    assert tick_table(replace(NARROW, fee=Fraction(1, 400))).spacing is None
    assert tick_table(pool(Position(-601, 600, 10**18))).spacing is None
    assert tick_table(NARROW, 10).spacing == 10


def test_a_price_limit_stops_the_walk_and_must_lie_ahead() -> None:
    """The walk ends on the limit itself; one behind the price is refused with its bounds."""
    venue = ConcentratedVenue(WIDE)
    limit = sqrt_price_at(-300)
    walk = venue.walk(True, MAX_AMOUNT, limit)
    assert (walk.sqrt_price, walk.tick, walk.liquidity) == (limit, -300, 6 * 10**18)
    with pytest.raises(MathOutOfRange) as refused:
        venue.walk(False, 1, limit)
    assert refused.value.low == Q96 + 1


def test_a_trade_is_refused_by_its_own_rule() -> None:
    """Unknown asset, same asset, nothing, too much, and an input too small to be paid."""
    venue = ConcentratedVenue(WIDE)
    with pytest.raises(NotTraded):
        venue.swap_in(AssetId("c"), B, 1)
    with pytest.raises(NotTraded):
        venue.swap_out(A, AssetId("c"), 1)
    with pytest.raises(SameAsset):
        venue.swap_in(A, A, 1)
    for amount in (0, -5):
        with pytest.raises(ZeroAmount):
            venue.swap_in(A, B, amount)
        with pytest.raises(ZeroAmount):
            venue.swap_out(A, B, amount)
    with pytest.raises(AmountTooLarge):
        venue.swap_in(A, B, MAX_AMOUNT + 1)
    with pytest.raises(NothingPaid):
        venue.swap_in(A, B, 1)


def test_an_input_larger_than_any_amount_is_refused() -> None:
    """At the far end of the price range a few units can cost more than may exist."""
    steep = pool(Position(MIN_TICK, MAX_TICK, 2**127), tick=800_000, fee=Fraction(1, 400))
    with pytest.raises(AmountTooLarge):
        ConcentratedVenue(steep).swap_out(B, A, 7 * 10**20)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"assets": (A,)}, "exactly two"),
        ({"assets": (A, A)}, "exactly two"),
        ({"fee": Fraction(1)}, "fee 1"),
        ({"fee": Fraction(-1, 2)}, "fee -1/2"),
        ({"liquidity": -1}, "liquidity -1"),
        ({"liquidity": 2**128}, "liquidity"),
        ({"ticks": ((600, -1), (-600, 1))}, "ascending"),
        ({"ticks": ((600, 1), (600, -1))}, "ascending"),
        ({"ticks": ((MIN_TICK - 1, 1),)}, "outside"),
        ({"ticks": ((MAX_TICK + 1, 1),)}, "outside"),
        ({"ticks": tuple((tick, 0) for tick in range(20_001))}, "at most 20000"),
        ({"sqrt_price": 1}, "square-root price 1 is not"),
        ({"sqrt_price": sqrt_price_at(2)}, "does not stand on tick 0"),
        ({"tick": MAX_TICK}, "does not stand on tick"),
    ],
)
def test_a_state_that_is_no_pool_is_refused_with_its_reason(change: dict[str, object], reason: str) -> None:
    """Opening names what is wrong."""
    with pytest.raises(InvalidVenue, match=reason):
        ConcentratedVenue(replace(NARROW, **change))  # type: ignore[arg-type]


@st.composite
def pools(draw: st.DrawFn) -> ConcentratedState:
    """A price and one to four positions on the spacing of the fee, some of them away from the price."""
    spacing, fee = draw(st.sampled_from([(10, Fraction(1, 2000)), (60, Fraction(3, 1000)), (1, Fraction(1, 9))]))
    tick = draw(st.integers(-3_000, 3_000))
    positions = []
    for _ in range(draw(st.integers(1, 4))):
        lower = draw(st.integers(-6_000 // spacing, 5_000 // spacing)) * spacing
        width = draw(st.integers(1, 6_000 // spacing)) * spacing
        positions.append(Position(lower, lower + width, draw(st.integers(1, 10**20))))
    return pool(*positions, tick=tick, fee=fee)


@settings(max_examples=1_000)
@given(pools(), st.booleans(), st.integers(1, 10**20))
def test_no_round_trip_gains_and_more_input_never_pays_less(
    state: ConcentratedState, zero_for_one: bool, amount: int
) -> None:
    """There and back ends at most where it began; one unit more in never yields less out."""
    venue = ConcentratedVenue(state)
    asset_in, asset_out = (A, B) if zero_for_one else (B, A)
    try:
        swap = venue.swap_in(asset_in, asset_out, amount)
    except (InsufficientLiquidity, NothingPaid):
        return
    assert isinstance(swap.state, ConcentratedState)
    try:
        back = ConcentratedVenue(swap.state).swap_in(asset_out, asset_in, swap.amount_out)
    except (InsufficientLiquidity, NothingPaid):
        pass
    else:
        assert back.amount_out <= amount
    if amount > 1:
        try:
            less = venue.quote_in(asset_in, asset_out, amount - 1)
        except NothingPaid:
            less = 0
        assert less <= swap.amount_out


@settings(max_examples=1_000)
@given(pools(), st.booleans(), st.integers(1, 10**20))
def test_the_input_of_an_exact_output_pays_for_it(
    state: ConcentratedState, zero_for_one: bool, amount: int
) -> None:
    """The swap is that of its input, pays at least what was asked for, and costs what the contract asks."""
    venue = ConcentratedVenue(state)
    asset_in, asset_out = (A, B) if zero_for_one else (B, A)
    try:
        bought = venue.swap_out(asset_in, asset_out, amount)
    except InsufficientLiquidity:
        return
    assert bought == venue.swap_in(asset_in, asset_out, bought.amount_in)
    assert amount <= bought.amount_out
    assert venue.walk(zero_for_one, -amount).amount_in == bought.amount_in
