"""The batch at the best rate in integers: lawful, worth what the search says, through the pool or in lots."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from intents.auction import Auction
from settlement.errors import LeftoversTooLarge
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.flagship import Walras
from solver.flagship.at_rate import settle_at_rate
from solver.flagship.best_rate import Best, best_rate
from solver.flagship.market import measure
from solver.flagship.one_pair import one_pair
from solver.naive import Naive
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, pool, swap

#: (gives B, amount, limit in hundredths).
drawn = st.tuples(st.booleans(), st.integers(ONE, 300 * ONE), st.integers(90, 104))
reserves = st.tuples(st.integers(10, 10_000), st.integers(90, 110)).map(
    lambda drawn: (drawn[0] * ONE, drawn[0] * drawn[1] * ONE // 100)
)


def world_of(orders: Sequence[tuple[bool, int, int]], holds: tuple[int, int], *, min_fill: int = 0) -> Auction:
    """Orders that may be filled in part, and one pool."""
    swaps = [
        swap(i + 1, "AB"[turned], size, "BA"[turned], size * limit // 100, partial=True, min_fill=min_fill)
        for i, (turned, size, limit) in enumerate(orders)
    ]
    return auction(swaps, [pool("ab", "A", holds[0], "B", holds[1])])


def settled(world: Auction) -> tuple[Best, list[Verified]]:
    """The best rate and its batches; of what the pool pays too much to be left behind nothing is settled."""
    market = measure(world, "walras")
    pair = one_pair(market)
    assert pair is not None
    best = best_rate(pair, Deadline.work(10**9))
    lawful = []
    for found in settle_at_rate(market, best, "walras", 0):
        with suppress(LeftoversTooLarge):
            lawful.append(Verifier(world).verify(found))
    return best, lawful


@settings(max_examples=60, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=12), reserves)
def test_the_batch_is_worth_what_the_best_rate_gains(
    orders: list[tuple[bool, int, int]], holds: tuple[int, int]
) -> None:
    """Whatever the rate is pinned by, integers lose next to nothing of it and gain nothing."""
    best, batches = settled(world_of(orders, holds))
    assume(best.value < 1e-3 or len(batches) == (2 if best.filled.pooled else 1))
    worth = max((batch.score.net for batch in batches), default=0) / ONE
    assert best.value * (1.0 - 1e-6) - 1e-9 <= worth <= best.most * (1.0 + 1e-9) + 1e-9


def even_crowd() -> Auction:
    """Two hundred orders for whom a pool's fee is too much: the best rate is the limit of those who ask most."""
    draw = Random(4)
    sizes = [draw.randint(ONE, 100 * ONE) for _ in range(200)]
    return world_of(
        [(i % 2 == 1, size, 95 + i % 5) for i, size in enumerate(sizes)], (10**6 * ONE, 1_009_000 * ONE)
    )


def test_the_last_order_is_filled_in_part_and_orders_meet_in_lots() -> None:
    """Where the pool stands idle at the best rate, nobody trades with it, and nothing stays behind."""
    world = even_crowd()
    best, [batch] = settled(world)
    assert best.filled.pooled == 0.0
    assert batch.solution.interactions == ()
    assert not any(batch.leftovers.values())
    assert batch.score.net / ONE > best.most * (1.0 - 2e-7)


def test_remainders_of_a_few_units_do_not_move_the_price() -> None:
    """What a remainder wants is rounded up, far beyond the rate; the others trade at that rate all the same."""
    world = even_crowd()
    rests = [
        structs.replace(order, remaining=left) for left, order in zip((1, 2, 3, 4), world.orders, strict=False)
    ]
    best, [batch] = settled(replace(world, orders=(*rests, *world.orders[4:])))
    assert batch.score.net / ONE > best.most * (1.0 - 2e-7)


def test_a_batch_in_lots_ends_the_search() -> None:
    """No more is spent than on simple answers, that batch and proofs: no program is solved."""
    world = even_crowd()
    simple, whole = Deadline.work(10**6), Deadline.work(10**6)
    assert list(Naive().solve(world, simple))
    assert list(Walras().solve(world, whole))
    assert simple.meter is not None
    assert whole.meter is not None
    assert whole.meter.spent < 2.5 * simple.meter.spent


def test_like_orders_at_the_margin_share_alike() -> None:
    """Three like orders ask for what only half of them can be paid: each is filled to the same part."""
    world = world_of([(False, 10 * ONE, 98)] * 3 + [(True, 15 * ONE, 95)], (1_000 * ONE, 1_000 * ONE))
    best, batches = settled(world)
    fills = {fill.order: fill.executed for fill in batches[-1].solution.fills}
    shares = [fills[order.id] for order in world.orders[:3]]
    assert min(shares) > 0
    assert max(shares) < 10 * ONE
    assert max(shares) - min(shares) < ONE // 10**6
    assert batches[-1].score.net / ONE > best.value * (1.0 - 1e-6)


def test_a_minimum_fill_is_kept() -> None:
    """An order that would be filled less than it allows stays out, the others are filled all the same."""
    orders = [(False, 15 * ONE, 97), (False, 20 * ONE, 99), (True, 15 * ONE, 95)]
    best, batches = settled(world_of(orders, (1_000 * ONE, 1_000 * ONE), min_fill=15 * ONE))
    assert 0.0 < best.filled.firsts.part < 1.0
    assert batches
    assert all(fill.executed >= 15 * ONE for batch in batches for fill in batch.solution.fills)


def test_a_rate_at_a_limit_leaves_behind_what_the_pool_pays_more() -> None:
    """The few that go to the pool would get more there than the others bear to pay: all trade at the limit."""
    orders = [(False, 31 * ONE, 102), (False, 211 * ONE, 93), (True, 259 * ONE, 96)]
    best, [netted, at_limit] = settled(world_of(orders, (3362 * ONE, 3463 * ONE)))
    assert best.filled.pooled < 0.0
    assert netted.score.net < at_limit.score.net
    assert at_limit.score.net / ONE > best.value * (1.0 - 1e-6)
    assert 0 < sum(at_limit.leftovers.values()) < ONE
