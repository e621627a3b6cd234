"""Best single paths against trying every path."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction
from intents.formats import load_auction
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    VenueId,
    VenueState,
    WeightedState,
)
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.best_route import RouteBook
from settlement.offer_bounds import least_asked, most_paid
from tests.shared import shared

A, B, C, D = (AssetId(name) for name in "abcd")
FEE = Fraction(3, 1000)


def auction_of(venues: list[VenueState]) -> Auction:
    return Auction("routes", bytes(32), 1, tuple(AssetInfo(a, 18) for a in (A, B, C, D)), (), tuple(venues))


@st.composite
def snapshots(draw: st.DrawFn) -> list[VenueState]:
    """Up to six venues over four assets: two-asset pools, a three-asset pool, limit orders that run out."""
    venues: list[VenueState] = []
    for number in range(draw(st.integers(0, 6))):
        one, other = draw(st.permutations((A, B, C, D)))[:2]
        reserves = (draw(st.integers(10, 10**6)), draw(st.integers(10, 10**6)))
        name = VenueId(str(number))
        if draw(st.booleans()):
            venues.append(ConstantProductState(name, (one, other), number, "", reserves, FEE))
        else:
            venues.append(LimitOrderState(name, (one, other), number, "", *reserves))
    if draw(st.booleans()):
        third = Fraction(1, 3)
        reserves_of = tuple(draw(st.integers(10, 10**6)) for _ in range(3))
        ones = (Fraction(1),) * 3
        venues.append(WeightedState(VenueId("w"), (A, B, C), 9, "", reserves_of, (third,) * 3, ones, FEE))
    return venues


def sold(state: VenueState, give: AssetId, want: AssetId, amount: int) -> int:
    """What one venue pays, 0 without an offer."""
    try:
        return open_venue(state).quote_in(give, want, amount)
    except VenueError:
        return 0


def bought(state: VenueState, give: AssetId, want: AssetId, amount: int) -> int | None:
    """What one venue asks, ``None`` without an offer."""
    try:
        return open_venue(state).quote_out(give, want, amount) or None
    except VenueError:
        return None


@settings(deadline=None, max_examples=150)
@given(snapshots(), st.integers(1, 10**5))
def test_no_path_pays_more(venues: list[VenueState], amount: int) -> None:
    """Over one venue, or two different ones over any asset, unless a leg cannot take all of its input."""
    best = max((sold(state, A, B, amount) for state in venues), default=0)
    for middle, first, second in product((C, D), venues, venues):
        if first.id != second.id and _unlimited(second):
            passing = sold(first, A, middle, amount)
            if passing:
                best = max(best, sold(second, middle, B, passing))
    route = RouteBook(auction_of(venues)).sell(A, B, amount)
    found = route.amount_out if route else 0
    if all(_unlimited(state) for state in venues):
        assert found == best
    assert found >= best
    if route is not None:
        _check_path(venues, route.venues, amount, found)


def _unlimited(state: VenueState) -> bool:
    """Limit orders run out, and weighted pools take at most a part of what they hold."""
    return isinstance(state, ConstantProductState)


def _check_path(venues: list[VenueState], path: tuple[VenueId, ...], amount: int, out: int) -> None:
    """The path found really pays what it says, over some intermediate asset."""
    states = [next(state for state in venues if state.id == name) for name in path]
    if len(states) == 1:
        assert sold(states[0], A, B, amount) == out
        return
    assert states[0].id != states[1].id
    passed = {middle: sold(states[0], A, middle, amount) for middle in (C, D)}
    assert out in {sold(states[1], middle, B, through) for middle, through in passed.items() if through}


@settings(deadline=None, max_examples=150)
@given(snapshots(), st.integers(1, 10**5))
def test_no_path_asks_less(venues: list[VenueState], amount: int) -> None:
    """The same for exactly so much out: asked backwards, last leg first."""
    asked = [price for state in venues if (price := bought(state, A, B, amount)) is not None]
    for middle, first, second in product((C, D), venues, venues):
        if first.id == second.id or not _unlimited(first):
            continue
        between = bought(second, middle, B, amount)
        price = None if between is None else bought(first, A, middle, between)
        if price is not None:
            asked.append(price)
    route = RouteBook(auction_of(venues)).buy(A, B, amount)
    if all(_unlimited(state) for state in venues):
        assert (route.amount_in if route else None) == min(asked, default=None)
    if route is None:
        assert not asked
        return
    assert route.amount_in <= min(asked, default=route.amount_in)
    assert route.gas == sum(state.gas for state in venues if state.id in route.venues)


def test_a_venue_that_is_best_on_both_legs_is_taken_directly() -> None:
    """A pool of three assets appears once in a path, and nothing over its own third asset pays more."""
    even = (10**9,) * 3
    pool = WeightedState(VenueId("w"), (A, B, C), 9, "", even, (Fraction(1, 3),) * 3, (Fraction(1),) * 3, FEE)
    poorer = ConstantProductState(VenueId("p"), (A, C), 5, "", (10**9, 9 * 10**8), FEE)
    route = RouteBook(auction_of([pool, poorer])).sell(A, B, 10**6)
    assert route is not None
    assert route.venues == ("w",)
    twice = sold(pool, C, B, sold(pool, A, C, 10**6))
    assert route.amount_out > twice > sold(pool, C, B, sold(poorer, A, C, 10**6))
    back = RouteBook(auction_of([pool, poorer])).buy(A, B, 10**6)
    assert back is not None
    assert back.venues == ("w",)


def test_no_venues_no_route() -> None:
    """Nor with venues that lead elsewhere."""
    elsewhere = ConstantProductState(VenueId("p"), (C, D), 5, "", (10**9, 10**9), FEE)
    for venues in ([], [elsewhere]):
        assert RouteBook(auction_of(list(venues))).sell(A, B, 1) is None
        assert RouteBook(auction_of(list(venues))).buy(A, B, 1) is None


def recorded_tick_pools() -> list[ConcentratedState]:
    data = shared("data/cow_auctions/7400681.json").read_bytes()
    return [state for state in load_auction(data, "a").auction.venues if isinstance(state, ConcentratedState)]


def test_bounds_hold_on_recorded_pools() -> None:
    """No tick pool pays more, or asks less, than its first price promises; a small trade comes close."""
    near = 0
    for state in recorded_tick_pools():
        venue = open_venue(state)
        for give, want in (state.assets, state.assets[::-1]):
            for power in range(0, 25, 3):
                paid, asked = sold(state, give, want, 10**power), bought(state, give, want, 10**power)
                bound = most_paid(state, give, 10**power)
                assert paid <= bound
                near += bound > 10**6 and paid * 100 > bound * 99
                assert asked is None or asked >= least_asked(state, give, 10**power)
        assert venue.state == state
    assert near > 500


def test_asking_fewer_pools_finds_the_same_routes() -> None:
    """On the recorded auction, every order's best route is what asking every pool would give."""
    auction = load_auction(shared("data/cow_auctions/7400681.json").read_bytes(), "a").auction
    book = RouteBook(auction)
    for order in auction.orders[::25]:
        give, want = order.intent.pairs[0]
        size = order.intent.give[0].amount
        states = [state for state in auction.venues if give in state.assets or want in state.assets]
        best = max((sold(state, give, want, size) for state in states), default=0)
        for middle in book.intermediates(give, want):
            firsts = [(sold(state, give, middle, size), state.id) for state in states if middle in state.assets]
            through, first = max(firsts, key=lambda pair: pair[0], default=(0, ""))
            for state in states:
                if through and middle in state.assets and state.id != first:
                    best = max(best, sold(state, middle, want, through))
        route = book.sell(give, want, size)
        assert (route.amount_out if route else 0) == best
