"""Whole orders of one pair and one pool: bounds beside every subset, idle pools, and the choice at the margin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from math import gcd
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.auction import Auction
from settlement.errors import LawError, LeftoversTooLarge
from settlement.solution import Fill, Solution
from settlement.verify import Verifier
from solver.asks import Ask, lawful_asks
from solver.flagship import Walras
from solver.flagship.at_rate import settle_at_rate
from solver.flagship.best_rate import Best, best_rate
from solver.flagship.margin import whole_at_margin
from solver.flagship.market import measure
from solver.flagship.one_pair import OnePair, one_pair
from solver.naive import Naive, net_at_home
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, pool, swap

#: (gives B, whole units and how many base units beyond them, limit in hundredths): some meet exactly, most do not.
drawn = st.tuples(st.booleans(), st.integers(1, 12), st.sampled_from([0, 0, 0, 1, 7]), st.integers(90, 102))
reserves = st.tuples(st.sampled_from([20, 1_000, 10**6]), st.integers(98, 102)).map(
    lambda drawn: (drawn[0] * ONE, drawn[0] * drawn[1] * ONE // 100)
)


def world_of(orders: Sequence[tuple[bool, int, int, int]], holds: tuple[int, int]) -> Auction:
    swaps = [
        swap(i + 1, "AB"[turned], whole * ONE + odd, "BA"[turned], (whole * ONE + odd) * limit // 100)
        for i, (turned, whole, odd, limit) in enumerate(orders)
    ]
    return auction(swaps, [pool("ab", "A", holds[0], "B", holds[1])])


def pair_of(world: Auction) -> OnePair:
    pair = one_pair(measure(world, "walras"))
    assert pair is not None
    return pair


def best_of(world: Auction) -> Best:
    return best_rate(pair_of(world), Deadline.work(10**9))


def alone(asks: Sequence[Ask]) -> Solution | None:
    """All of them whole without the pool, where both sides are multiples of the lots of their price."""
    gives = [[ask.sell_amount for ask in asks if ask.sell == asset] for asset in "AB"]
    if not all(gives):
        return None
    common = gcd(*map(sum, gives))
    prices = {AssetId("A"): sum(gives[1]) // common, AssetId("B"): sum(gives[0]) // common}
    return Solution("walras", 0, prices, tuple(Fill(ask.order.id, ask.sell_amount) for ask in asks))


def worths(world: Auction) -> Iterator[int]:
    """What every subset of the orders is worth, alone and netted with the pool, where the law accepts it."""
    verifier, asks = Verifier(world), lawful_asks(world, "walras")
    state = pair_of(world).state
    for count in range(1, len(asks) + 1):
        for some in combinations(asks, count):
            for solution in (alone(some), net_at_home(world, 0, some, state)):
                if solution is not None:
                    try:
                        yield verifier.verify(solution).score.net
                    except LawError:
                        continue


def settled(world: Auction) -> int:
    """The most that batches at the best rate are worth; the law may only find that too much stays behind."""
    worth = 0
    for batch in settle_at_rate(measure(world, "walras"), best_of(world), "walras", 0):
        with suppress(LeftoversTooLarge):
            worth = max(worth, Verifier(world).verify(batch).score.net)
    return worth


@settings(max_examples=40, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=5), reserves)
def test_no_subset_is_worth_more_than_the_bound(
    orders: list[tuple[bool, int, int, int]], holds: tuple[int, int]
) -> None:
    """Every subset of whole orders in exact integers, also those that meet in lots beside an idle pool."""
    world = world_of(orders, holds)
    most = best_of(world).most
    assert max(worths(world), default=0) / ONE <= most * (1.0 + 1e-9) + 1e-12
    assert settled(world) / ONE <= most * (1.0 + 1e-9) + 1e-12


@pytest.mark.parametrize(("odd", "all_meet"), [(0, True), (1, False)])
def test_whole_orders_meet_in_lots_or_not_at_all(odd: int, all_meet: bool) -> None:
    """Three that meet exactly at 101 for 100 count beside an idle pool; with a unit more in one they cannot."""
    world = world_of(
        [(False, 60, odd, 101), (False, 40, 0, 101), (True, 101, 0, 99)], (10**6 * ONE, 1_010_000 * ONE)
    )
    asks = lawful_asks(world, "walras")
    together = alone(asks)
    assert together is not None
    in_part = replace(pair_of(world), stretches=())
    assert pair_of(world).stretches
    relaxed, best = best_rate(in_part, Deadline.work(10**9)), best_of(world)
    if all_meet:
        assert Verifier(world).verify(together).score.net / ONE <= best.most * (1.0 + 1e-9)
        assert best.most > 0.99 * relaxed.most
    else:
        with pytest.raises(LawError):
            Verifier(world).verify(together)
        assert best.most < 0.95 * relaxed.most


def even_crowd(seed: int, parts: int = 0) -> Auction:
    """Orders for whom a pool's fee is too much, all whole or every so many in part."""
    draw = Random(seed)
    swaps = []
    for i in range(300):
        size, turned = draw.randint(ONE, 100 * ONE), i % 2 == 1
        partial = bool(parts) and i % parts == 0
        want = size * draw.randint(95, 99) // 100
        swaps.append(swap(i + 1, "AB"[turned], size, "BA"[turned], want, partial=partial))
    return auction(swaps, [pool("ab", "A", 10**6 * ONE, "B", 1_009_000 * ONE)])


@pytest.mark.parametrize("parts", [0, 2, 5])
@pytest.mark.parametrize("seed", range(3))
def test_of_a_crowd_of_whole_orders_hardly_anything_is_lost(seed: int, parts: int) -> None:
    """Those at the margin are chosen so that what is over is what the pool takes."""
    world = even_crowd(seed, parts)
    assert settled(world) / ONE > best_of(world).most * (1.0 - 1e-5)


def test_a_crowd_of_whole_orders_ends_the_search() -> None:
    """No more is spent than on simple answers, batches at the best rate and proofs: no program is solved."""
    world = even_crowd(0)
    simple, whole = Deadline.work(10**6), Deadline.work(10**6)
    assert list(Naive().solve(world, simple))
    assert list(Walras().solve(world, whole))
    assert simple.meter is not None
    assert whole.meter is not None
    assert whole.meter.spent < 3 * simple.meter.spent


@settings(max_examples=40, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=6), reserves)
def test_what_is_chosen_at_the_margin_is_netted_whole(
    orders: list[tuple[bool, int, int, int]], holds: tuple[int, int]
) -> None:
    """The price that was reckoned with bears everybody who is chosen, so that netting drops nobody; and no single
    order more or less is worth more."""
    world = world_of(orders, holds)
    best, state, verifier = best_of(world), pair_of(world).state, Verifier(world)
    chosen = whole_at_margin(best.pair, best.filled)

    def netted(ids: frozenset[bytes]) -> Solution | None:
        return net_at_home(world, 0, [a for a in lawful_asks(world, "walras") if a.order.id in ids], state)

    def worth(solution: Solution | None) -> int:
        try:
            return 0 if solution is None else verifier.verify(solution).score.net
        except LawError:
            return 0

    found = netted(chosen)
    if found is None:
        return
    for order in world.orders:
        other = netted(chosen ^ {order.id})
        if other is not None and {fill.order for fill in other.fills} == chosen ^ {order.id}:
            assert worth(other) <= worth(found) * (1.0 + 1e-9) + 10**3
