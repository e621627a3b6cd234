"""``rings``: cycles of orders that fill each other to the unit, without venues."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from intents.amounts import MAX_PRICE
from intents.auction import Auction, CostModel
from intents.intent import Kind
from settlement.solution import Solution
from settlement.verify import Verifier
from solver.asks import lawful_asks
from solver.protocol import Deadline
from solver.ring_sizing import size_ring
from solver.rings import Rings, RingsConfig
from tests.solver_worlds import ONE, auction, swap


def solve(world: Auction, config: RingsConfig | None = None) -> list[Solution]:
    return list(Rings(config).solve(world, Deadline.after(30)))


def test_three_orders_that_no_two_of_could_fill() -> None:
    """A for B, B for C, C for A: each gets what the next gives and nothing is left over."""
    orders = [
        swap(1, "A", 100 * ONE, "B", 95 * ONE),
        swap(2, "B", 100 * ONE, "C", 95 * ONE),
        swap(3, "C", 100 * ONE, "A", 95 * ONE),
    ]
    world = auction(orders)
    (bid,) = solve(world)
    verified = Verifier(world).verify(bid)
    assert len(bid.fills) == 3
    assert bid.interactions == ()
    assert verified.leftovers == {}
    assert verified.score.net == 15 * ONE


def test_no_ring_where_the_limits_leave_nothing() -> None:
    """Limits that multiply to a loss make no ring; neither do rings longer than allowed."""
    pairs = ["AB", "BC", "CA"]
    losing = [swap(i, p[0], 100 * ONE, p[1], 101 * ONE) for i, p in enumerate(pairs)]
    assert solve(auction(losing)) == []
    gaining = [swap(i, p[0], 100 * ONE, p[1], 90 * ONE) for i, p in enumerate(pairs)]
    assert len(solve(auction(gaining))) == 1
    assert solve(auction(gaining), RingsConfig(max_ring=2)) == []


def test_a_fill_or_kill_order_is_filled_whole_or_not() -> None:
    """The partial order gives way to the size of the other; two whole ones of no common size do not meet."""
    whole, partial = swap(1, "A", 60 * ONE, "B", 50 * ONE), swap(2, "B", 100 * ONE, "A", 90 * ONE, partial=True)
    world = auction([whole, partial])
    (bid,) = solve(world)
    trades = {trade.order: trade for trade in Verifier(world).verify(bid).trades}
    assert trades[whole.id].gives[0].amount == 60 * ONE
    assert solve(auction([whole, swap(2, "B", 100 * ONE, "A", 90 * ONE)])) == []


def test_an_exact_out_order_gets_exactly_what_it_wants() -> None:
    """Its bought amount is fixed, what it pays lies between the limits."""
    buyer = swap(1, "A", 60 * ONE, "B", 50 * ONE, kind=Kind.EXACT_OUT)
    world = auction([buyer, swap(2, "B", 100 * ONE, "A", 90 * ONE, partial=True)])
    (bid,) = solve(world)
    trade = next(trade for trade in Verifier(world).verify(bid).trades if trade.order == buyer.id)
    assert trade.wants[0].amount == 50 * ONE
    assert 45 * ONE <= trade.gives[0].amount <= 60 * ONE


def test_a_second_choice_serves_where_the_best_limit_is_too_large() -> None:
    """The kindest order is fill-or-kill and does not fit; the next one does."""
    orders = [
        swap(1, "A", 1000 * ONE, "B", 500 * ONE),
        swap(2, "A", 100 * ONE, "B", 90 * ONE),
        swap(3, "B", 100 * ONE, "A", 90 * ONE, partial=True),
    ]
    (bid,) = solve(auction(orders))
    assert {fill.order for fill in bid.fills} == {orders[1].id, orders[2].id}


def test_separate_rings_are_bid_alone_and_together() -> None:
    """Rings that share no pair are bids of their own, and one more holds all that one price vector serves."""
    orders = [
        swap(i, pair[0], 100 * ONE, pair[1], 90 * ONE, partial=True)
        for i, pair in enumerate(["AB", "BA", "CD", "DC", "AE", "EA"])
    ]
    world = auction(orders, costs=CostModel(1, 40_000, 55_000))
    bids = solve(world)
    assert [len(bid.fills) for bid in bids] == [2, 2, 2, 6]
    nets = [Verifier(world).verify(bid).score.net for bid in bids]
    assert nets[3] == sum(nets[:3]) + 2 * 40_000


def test_a_ring_that_does_not_pay_for_its_gas_is_not_bid() -> None:
    """The surplus of 20 units does not cover the cost."""
    orders = [swap(1, "A", 100, "B", 90, partial=True), swap(2, "B", 100, "A", 90, partial=True)]
    assert len(solve(auction(orders))) == 1
    assert solve(auction(orders, costs=CostModel(1, 40_000, 55_000))) == []


def test_a_passed_deadline_ends_the_search() -> None:
    """Nothing is worth being late."""
    orders = [swap(1, "A", 100, "B", 90), swap(2, "B", 100, "A", 90)]
    assert list(Rings().solve(auction(orders), Deadline.after(0))) == []


amounts = st.integers(1, 10**25)
drawn_orders = st.lists(
    st.tuples(
        st.sampled_from(["AB", "BA", "BC", "CB", "CA", "AC", "CD", "DA"]),
        amounts,
        st.integers(40, 110),
        st.booleans(),
        st.booleans(),
    ),
    min_size=2,
    max_size=10,
)


def world_of(orders: list[tuple[str, int, int, bool, bool]]) -> Auction:
    return auction(
        [
            swap(
                i,
                pair[0],
                amount,
                pair[1],
                max(1, amount * percent // 100),
                kind=Kind.EXACT_OUT if buys else Kind.EXACT_IN,
                partial=partial,
                min_fill=amount // 10 if partial and not buys else 0,
            )
            for i, (pair, amount, percent, buys, partial) in enumerate(orders)
        ]
    )


@settings(max_examples=200, deadline=None)
@given(drawn_orders)
def test_every_bid_is_lawful_and_leaves_nothing(orders: list[tuple[str, int, int, bool, bool]]) -> None:
    """Whatever the orders, what is bid verifies and conserves every asset exactly."""
    world = world_of(orders)
    bids = solve(world)
    event(f"{min(len(bids), 3)} rings")
    for bid in bids:
        verified = Verifier(world).verify(bid)
        assert verified.score.net > 0
        assert verified.leftovers == {}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(amounts, st.integers(40, 105), st.booleans()), min_size=2, max_size=4))
def test_sizes_keep_every_limit(drawn: list[tuple[int, int, bool]]) -> None:
    """A sized ring meets all limits and bounds, and its prices reproduce the amounts."""
    names = "ABCD"[: len(drawn)]
    asks = lawful_asks(
        world_of(
            [
                (names[i] + names[(i + 1) % len(names)], amount, percent, False, partial)
                for i, (amount, percent, partial) in enumerate(drawn)
            ]
        ),
        "rings",
    )
    ring = size_ring(asks, [ONE] * len(asks))
    if ring is None:
        return
    event("sized")
    for i, ask in enumerate(asks):
        gives, gets = ring.amounts[i], ring.amounts[(i + 1) % len(asks)]
        assert gets * ask.sell_amount >= gives * ask.buy_amount
        assert max(1, ask.min_fill) <= gives <= ask.sell_amount
        assert ask.partial or gives == ask.sell_amount
        assert gives * ring.prices[ask.sell] == gets * ring.prices[ask.buy]
        assert 1 <= ring.prices[ask.sell] <= MAX_PRICE


@pytest.mark.parametrize("size", [10**25, 2**126])
def test_prices_beyond_256_bits_are_no_ring(size: int) -> None:
    """Four amounts of 10^25 still have exact prices; four coprime ones near 2^126 have not."""
    orders = [(pair, size - i * i - i - 1, 50, False, True) for i, pair in enumerate(["AB", "BC", "CD", "DA"])]
    ring = size_ring(lawful_asks(world_of(orders), "rings"), [ONE] * 4)
    assert (ring is None) == (size == 2**126)
