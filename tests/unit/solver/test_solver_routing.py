"""The best single path: all candidates, exact amounts, nothing lost to the float pre-screen."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.auction import Auction
from intents.venue_states import VenueId, WeightedState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.solution import Interaction
from solver.routing import Market, Route, Router, candidate_paths
from tests.solver_worlds import ONE, auction, pool

A, B, C, D, E, F = (AssetId(name) for name in "ABCDEF")


def market(world: Auction) -> Market:
    return Market(world, lambda state: state.gas)


def test_paths_are_counted_as_in_the_reference() -> None:
    """Three base assets give 1, 4, 10, 16 and again 16 paths for 0 to 4 hops (CoW's own test)."""
    bases = (A, B, C)
    assert [len(candidate_paths(D, E, bases, hops)) for hops in range(5)] == [1, 4, 10, 16, 16]
    assert set(candidate_paths(A, D, bases, 1)) == {(A, D), (A, B, D), (A, C, D)}
    assert set(candidate_paths(D, A, bases, 1)) == {(D, A), (D, B, A), (D, C, A)}
    assert candidate_paths(A, A, bases, 2) == []


def test_a_route_needs_a_venue_on_every_leg() -> None:
    """No venue from B to C, no route through it."""
    world = auction((), [pool("1", "A", 100 * ONE, "B", 100 * ONE)])
    router = Router(market(world), (B,), 1)
    assert router.sell(A, C, ONE, 0) is None
    assert router.buy(A, C, ONE, 10**30) is None


def test_depth_beats_price_when_the_amount_is_large() -> None:
    """A small pool with the better price loses a large sell and wins a small one."""
    world = auction(
        (), [pool("small", "A", 10 * ONE, "B", 11 * ONE), pool("deep", "A", 10_000 * ONE, "B", 10_000 * ONE)]
    )
    router = Router(market(world), (), 0)
    large, small = router.sell(A, B, 10 * ONE, 0), router.sell(A, B, ONE // 1000, 0)
    assert large is not None
    assert large.hops[0].venue == "deep"
    assert small is not None
    assert small.hops[0].venue == "small"


def test_gas_decides_between_near_equals() -> None:
    """Two hops that pay a little more lose against one once gas is worth the difference."""
    world = auction(
        (),
        [
            pool("ab", "A", 10**6 * ONE, "B", 10**6 * ONE),
            pool("ac", "A", 10**6 * ONE, "C", 1_006_000 * ONE),
            pool("cb", "C", 10**6 * ONE, "B", 10**6 * ONE),
        ],
    )
    router = Router(market(world), (C,), 1)
    free, costly = router.sell(A, B, ONE, 0), router.sell(A, B, ONE, 0, (ONE, 10**7))
    assert free is not None
    assert [hop.venue for hop in free.hops] == ["ac", "cb"]
    assert costly is not None
    assert [hop.venue for hop in costly.hops] == ["ab"]


def test_a_venue_met_twice_is_met_in_its_new_state() -> None:
    """A three-asset pool used for both hops is executed in order, as the verifier will."""
    third = Fraction(1, 3)
    state = WeightedState(
        VenueId("w"),
        (A, B, C),
        90_000,
        "",
        (ONE, ONE, ONE),
        (third, third, 1 - 2 * third),
        (Fraction(1),) * 3,
        Fraction(0),
    )
    router = Router(market(auction((), [state])), (B,), 1)
    route = router.market.through_in((A, B, C), ONE // 10)
    assert route is not None
    first = open_venue(state).swap_in(A, B, ONE // 10)
    second = open_venue(first.state).swap_in(B, C, first.amount_out)
    assert route.amount_out == second.amount_out
    assert route.amount_out != open_venue(state).quote_in(B, C, first.amount_out)


reserves = st.integers(10**3, 10**24)
pools = st.lists(
    st.tuples(st.sampled_from(["AB", "AC", "CB", "AD", "DB", "CD"]), reserves, reserves), min_size=1, max_size=8
)


def world_of(drawn: list[tuple[str, int, int]]) -> Auction:
    return auction((), [pool(str(i), pair[0], x, pair[1], y) for i, (pair, x, y) in enumerate(drawn)])


def every_sale(world: Auction, amount: int) -> list[int]:
    """What every path over every choice of pools pays, computed the slow way."""
    found = []
    for path in candidate_paths(A, B, (C, D), 2):
        legs = list(pairwise(path))
        choices = [[v for v in world.venues if set(leg) == set(v.assets)] for leg in legs]
        for chosen in product(*choices):
            paid = amount
            try:
                for (sold, bought), state in zip(legs, chosen, strict=True):
                    paid = open_venue(state).quote_in(sold, bought, paid)
            except VenueError:
                continue
            found.append(paid)
    return found


@settings(max_examples=60, deadline=None)
@given(pools, st.integers(1, 10**22))
def test_selling_finds_the_best_of_all_paths(drawn: list[tuple[str, int, int]], amount: int) -> None:
    """The pre-screened search pays exactly what brute force finds."""
    world = world_of(drawn)
    route = Router(market(world), (C, D), 2).sell(A, B, amount, 0)
    assert (route.amount_out if route else 0) == max(every_sale(world, amount), default=0)
    if route is not None:
        assert replayed(world, route) == amount


@settings(max_examples=60, deadline=None)
@given(pools, st.integers(1, 10**22))
def test_buying_covers_the_amount_and_no_path_asks_less(drawn: list[tuple[str, int, int]], amount: int) -> None:
    """What a buy takes in really buys the amount, and selling that little less on any path does not."""
    world = world_of(drawn)
    route = Router(market(world), (C, D), 2).buy(A, B, amount, 2**127 - 1)
    if route is None:
        return
    assert route.amount_out >= amount
    assert replayed(world, route) == route.amount_in
    # Each leg rounds up once, so a cheaper path could only be cheaper by those units' worth.
    less = route.amount_in - 1 - route.amount_in // 10**6
    if route.amount_in > 10**9 and amount > 10**9:
        assert max(every_sale(world, less), default=0) < amount + amount // 10**5


def replayed(world: Auction, route: Route) -> int:
    """Check every hop against its venue and the chain between them; returns what went in."""
    before: Interaction | None = None
    for hop in route.hops:
        assert before is None or (before.asset_out, before.amount_out) == (hop.asset_in, hop.amount_in)
        assert (
            open_venue(world.venue[hop.venue]).quote_in(hop.asset_in, hop.asset_out, hop.amount_in)
            == hop.amount_out
        )
        before = hop
    return route.hops[0].amount_in
