"""One pair and one pool: the best rate beside a linear program per rate, and what a solver makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog

from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder, CostModel
from intents.fees import VolumeFee
from intents.intent import Kind
from liquidity.registry import open_venue
from settlement.greedy import alone
from settlement.mechanism import bid_of
from settlement.settle import judge
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.flagship import Walras
from solver.flagship.best_rate import best_rate
from solver.flagship.market import measure
from solver.flagship.one_pair import OnePair, one_pair
from solver.naive import Naive
from solver.protocol import Deadline, Solver
from tests.solver_worlds import ONE, auction, pool, swap

#: (gives B, whole units, limit in hundredths): amounts from dust to more than the pool holds.
drawn = st.tuples(st.booleans(), st.integers(1, 3_000), st.integers(40, 110))
reserves = st.tuples(st.integers(1, 10_000), st.integers(90, 110)).map(
    lambda drawn: (drawn[0] * ONE, drawn[0] * drawn[1] * ONE // 100)
)


def world_of(orders: Sequence[tuple[bool, int, int]], holds: tuple[int, int]) -> Auction:
    swaps = [
        swap(i + 1, "AB"[turned], amount * ONE, "BA"[turned], amount * limit * ONE // 100)
        for i, (turned, amount, limit) in enumerate(orders)
    ]
    return auction(swaps, [pool("ab", "A", holds[0], "B", holds[1])])


def crowd(count: int, seed: int) -> list[tuple[bool, int, int]]:
    """More gives A than B, so that something is left for the pool."""
    draw = Random(seed)
    return [(draw.random() < 0.4, draw.randint(1, 100), draw.randint(95, 99)) for _ in range(count)]


def pair_of(world: Auction) -> OnePair:
    pair = one_pair(measure(world, "walras"))
    assert pair is not None
    return pair


def by_program(world: Auction, rate: float) -> float:
    """The most that fills at ``rate`` gain: fractions of orders, and as much through the pool as pays the rate."""
    venue = open_venue(world.venues[0])
    gains, over = [], []
    for order in world.orders:
        give, want = order.intent.give[0], order.intent.want[0]
        gives_a = give.asset == "A"
        own = rate if gives_a else 1.0 / rate
        if own >= want.amount / give.amount:
            gains.append((give.amount * own - want.amount) / ONE)
            over.append(give.amount / ONE if gives_a else -give.amount * own / ONE)

    def bought(units: float, into: str, out: str) -> float:
        return venue.swap_in(AssetId(into), AssetId(out), int(units * ONE)).amount_out / ONE

    def capacity(into: str, out: str, own: float) -> float:
        """How many whole units the pool takes and still pays ``own`` on average."""

        def spare(log_units: float) -> float:
            units = math.exp(log_units)
            return bought(units, into, out) / units - own

        low, high = math.log(1e-5), math.log(1e6)
        if spare(low) <= 0.0:
            return 0.0
        return math.exp(float(brentq(spare, low, high, xtol=1e-13)))

    if not gains:
        return 0.0
    most = (capacity("A", "B", rate), capacity("B", "A", 1.0 / rate) / rate)
    solved = linprog(-np.array(gains), np.array([over, [-x for x in over]]), np.array(most), bounds=(0.0, 1.0))
    assert solved.fun is not None
    return -solved.fun


@settings(max_examples=60, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=8), reserves, st.floats(0.5, 2.0))
def test_a_rate_is_worth_what_a_linear_program_gains_at_it(
    orders: list[tuple[bool, int, int]], holds: tuple[int, int], rate: float
) -> None:
    """The closed form agrees with fractions of orders chosen by a program, and a pool that is asked for quotes."""
    world = world_of(orders, holds)
    assert pair_of(world).at(rate).value == pytest.approx(by_program(world, rate), rel=1e-6, abs=2e-5)


@settings(max_examples=50, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=12), reserves, st.lists(st.floats(0.3, 3.0), max_size=30))
def test_no_rate_is_worth_more_than_the_search_says(
    orders: list[tuple[bool, int, int]], holds: tuple[int, int], rates: list[float]
) -> None:
    """Neither the rates at which orders come in nor any others beat the bound, which is reached or nearly so."""
    world = world_of(orders, holds)
    pair = pair_of(world)
    best = best_rate(pair, Deadline.work(10**9))
    asked = [limit / 100 if not turned else 100 / limit for turned, _, limit in orders]
    beside = [rate * (1.0 + shift) for rate in (*asked, best.rate) for shift in (-1e-6, 0.0, 1e-6)]
    assert max(pair.at(rate).value for rate in (*rates, *beside)) <= best.most * (1.0 + 1e-12)
    assert pair.at(best.rate).value == best.value <= best.most


@pytest.mark.parametrize("seed", range(5))
def test_the_proof_closes_for_a_crowd(seed: int) -> None:
    """Of hundreds of orders at a handful of limits, the best rate is proven to a ten-millionth."""
    world = world_of(crowd(400, seed), (10**6 * ONE, 10**6 * ONE))
    best = best_rate(pair_of(world), Deadline.work(10**9))
    assert best.value > 0.0
    assert best.most <= best.value * (1.0 + 1.01e-7)


@settings(max_examples=8, deadline=None)
@given(st.lists(drawn, min_size=2, max_size=6), reserves)
def test_no_lawful_answer_is_worth_more_than_the_bound(
    orders: list[tuple[bool, int, int]], holds: tuple[int, int]
) -> None:
    """Neither simple answers nor the whole search get past it, all bids of a solver counted that win together."""
    world = world_of(orders, holds)
    most = best_rate(pair_of(world), Deadline.work(10**9)).most
    for solver in (Naive(), Walras()):
        assert worth(solver, world, 60_000) <= most * (1.0 + 1e-9) * ONE + 10


def bids_of(solver: Solver, world: Auction, units: int = 10**6) -> tuple[Verified, ...]:
    """What stands at the end under each id; all of it must be lawful."""
    last = {solution.id: solution for solution in solver.solve(world, Deadline.work(units))}
    passed, refused = judge(Verifier(world), last.values())
    assert [str(item.error) for item in refused] == []
    return passed


def worth(solver: Solver, world: Auction, units: int) -> int:
    """What a solver's bids win together."""
    return alone([bid_of(bid) for bid in bids_of(solver, world, units)], world.seed)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_proven_best_is_not_searched_further(seed: int) -> None:
    """A crowd is netted, and hardly more work is spent than on that: nobody else is asked, no program solved."""
    world = world_of(crowd(200, seed), (10**6 * ONE, 10**6 * ONE))
    simple, whole = Deadline.work(10**6), Deadline.work(10**6)
    assert list(Naive().solve(world, simple))
    assert list(Walras().solve(world, whole))
    assert simple.meter is not None
    assert whole.meter is not None
    assert whole.meter.spent < 1.5 * simple.meter.spent


def test_an_order_that_spoils_the_rate_stays_out() -> None:
    """Half of what a small pool is sold asks for little, the other half costs it more than it gains itself: the
    rate found leaves it out, and the batch is netted at once."""
    world = world_of([(False, 10, 50), (False, 10, 80)], (100 * ONE, 100 * ONE))
    best = best_rate(pair_of(world), Deadline.work(10**9))
    fills = pair_of(world).fills(best.filled)
    assert [order for order, part in fills.items() if part == 1.0] == [world.orders[0].id]
    simple, whole = worth(Naive(), world, 5_000), worth(Walras(), world, 5_000)
    assert simple < 0.9 * whole
    assert whole == pytest.approx(best.value * ONE, rel=0.005)


@settings(max_examples=30, deadline=None)
@given(st.lists(drawn, min_size=2, max_size=8), reserves)
def test_a_direction_alone_is_worth_what_its_own_orders_are(
    orders: list[tuple[bool, int, int]], holds: tuple[int, int]
) -> None:
    """What a rival could bid for one direction is what the best rate gains in a world of its orders."""
    world = world_of(orders, holds)
    for (give, _), direction in pair_of(world).directions:
        own = tuple(order for order in world.orders if order.intent.give[0].asset == give)
        most = best_rate(direction, Deadline.work(10**9)).most
        if own:
            assert most == best_rate(pair_of(replace(world, orders=own)), Deadline.work(10**9)).most
            assert worth(Naive(), replace(world, orders=own), 10**6) <= most * (1.0 + 1e-9) * ONE + 10
        else:
            assert most == 0.0


BUY = swap(9, "A", 10 * ONE, "B", 9 * ONE, kind=Kind.EXACT_OUT)
CHARGED = swap(9, "A", 10 * ONE, "B", 9 * ONE, policies=(VolumeFee(Fraction(1, 500)),))
ELSEWHERE = swap(9, "A", 10 * ONE, "C", 9 * ONE)


@pytest.mark.parametrize("other", [BUY, CHARGED, ELSEWHERE])
def test_other_orders_make_it_no_such_pair(other: AuctionOrder) -> None:
    """Orders for exact amounts, fees and a third asset are for the search at large."""
    world = world_of(crowd(3, 1), (ONE, ONE))
    assert one_pair(measure(world, "walras")) is not None
    assert one_pair(measure(replace(world, orders=(*world.orders, other)), "walras")) is None


def test_costs_and_more_pools_make_it_no_such_pair() -> None:
    """What a trade costs, and a second pool, are for the search at large."""
    world = world_of(crowd(3, 1), (ONE, ONE))
    costly = replace(world, costs=CostModel(1, 1, 1))
    deeper = replace(world, venues=(*world.venues, pool("more", "A", ONE, "B", ONE)))
    assert [one_pair(measure(other, "walras")) for other in (costly, deeper)] == [None, None]
