"""``baseline``: CoW's answers with an engine configuration, lawful bids without one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.auction import Auction, Balance, CostModel
from intents.fees import SurplusFee, VolumeFee
from intents.intent import Exclusivity, Kind
from intents.records import replace
from intents.venue_states import ConcentratedState, VenueId
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Solution
from settlement.verify import Verifier
from solver.baseline import Baseline, BaselineConfig, best_connected, engine_gas
from solver.config import EngineConfig
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, pool, swap

COSTS = CostModel(gas_price=10**9, settlement_gas=40_000, trade_gas=55_000)


def solve(world: Auction, config: BaselineConfig | None = None) -> list[Solution]:
    return list(Baseline(config).solve(world, Deadline.after(30)))


def test_each_order_is_a_solution_of_its_own() -> None:
    """Ids are places in the auction; every bid verifies."""
    orders = [swap(1, "A", ONE, "B", ONE // 2), swap(2, "A", ONE, "B", 2 * ONE), swap(3, "B", ONE, "A", ONE // 2)]
    world = auction(orders, [pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)], costs=COSTS)
    bids = solve(world)
    assert [bid.id for bid in bids] == [0, 2]
    assert all(len(bid.fills) == 1 and Verifier(world).verify(bid).score.net > 0 for bid in bids)


def test_a_partial_order_is_halved_until_its_limit_holds() -> None:
    """A quarter fills where the whole and the half move the price too far."""
    order = swap(1, "A", 400 * ONE, "B", 356 * ONE, partial=True)
    world = auction([order], [pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)])
    (bid,) = solve(world)
    assert bid.fills[0].executed == 100 * ONE
    assert solve(world, BaselineConfig(max_partial_attempts=2)) == []
    whole = replace(order, intent=replace(order.intent, fill=replace(order.intent.fill, min_fill=101 * ONE)))
    assert solve(replace(world, orders=(whole,))) == []


@pytest.mark.parametrize("kind", [Kind.EXACT_IN, Kind.EXACT_OUT])
def test_the_fee_is_the_cost_and_never_more_than_signed(kind: Kind) -> None:
    """Gas times gas price, in the sell asset at its reference price, capped by ``max_fee`` pro rata."""
    cost = COSTS.gas_price * (40_000 + 55_000 + 90_000)
    for signed, charged in ((ONE, cost), (cost // 2, cost // 2)):
        order = swap(1, "A", ONE, "B", ONE // 2, kind=kind, max_fee=signed)
        world = auction([order], [pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)], costs=COSTS)
        (bid,) = solve(world)
        assert bid.fills[0].fee == charged
        # A whole sell has sold its fee along: it is left over in the other asset, at the pool's price.
        assert Verifier(world).verify(bid).score.uncovered <= cost - charged + cost // 100


def test_orders_the_law_would_refuse_are_left_alone() -> None:
    """Expired, reserved for another, over its balance, or without a reference price to score by."""
    venue = pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)
    good = swap(1, "A", ONE, "B", ONE // 2)
    assert len(solve(auction([good], [venue]))) == 1
    assert solve(auction([good], [venue], unpriced="B")) == []
    poor = Balance(good.intent.owner, good.intent.give[0].asset, ONE - 1)
    assert solve(auction([good], [venue], balances=[poor])) == []
    reserved = replace(good, intent=replace(good.intent, exclusive=Exclusivity("somebody", 9, 0)))
    assert solve(auction([reserved], [venue], number=5)) == []
    expired = replace(good, intent=replace(good.intent, valid_to=4))
    assert solve(auction([expired], [venue], number=5)) == []


def test_a_poor_partial_order_is_filled_as_far_as_its_balance_goes() -> None:
    """What remains is capped by the listed balance."""
    order = swap(1, "A", ONE, "B", ONE // 2, partial=True)
    balance = Balance(order.intent.owner, order.intent.give[0].asset, ONE // 3)
    (bid,) = solve(auction([order], [pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)], balances=[balance]))
    assert bid.fills[0].executed == ONE // 3


@pytest.mark.parametrize("kind", [Kind.EXACT_IN, Kind.EXACT_OUT])
def test_volume_fees_are_reckoned_with(kind: Kind) -> None:
    """An order that only the fee would push over its limit is not bid; with room for it, it is."""
    fees = (VolumeFee(Fraction(1, 100)), SurplusFee(Fraction(1, 2), Fraction(1, 10)))
    tight = swap(1, "A", ONE, "B", ONE * 99 // 100, kind=kind, policies=fees)
    roomy = swap(2, "A", ONE, "B", ONE * 97 // 100, kind=kind, policies=fees)
    world = auction([tight, roomy], [pool("ab", "A", 10**4 * ONE, "B", 10**4 * ONE)])
    assert [bid.id for bid in solve(world)] == [1]


def test_no_more_bids_than_allowed_and_the_best_stay() -> None:
    """Past the quota, a better bid takes the id of the worst."""
    count = MAX_SOLUTIONS_PER_SOLVER + 20
    orders = [swap(i + 1, "A", ONE + i, "B", ONE // 2 - i * 10**12) for i in range(count)]
    world = auction(orders, [pool("ab", "A", 10**4 * ONE, "B", 10**4 * ONE)])
    latest = {bid.id: bid for bid in solve(world)}
    assert len(latest) == MAX_SOLUTIONS_PER_SOLVER
    assert {bid.fills[0].order for bid in latest.values()} == {order.id for order in orders[20:]}


def test_a_passed_deadline_ends_the_search() -> None:
    """Nothing is worth being late."""
    world = auction([swap(1, "A", ONE, "B", 1)], [pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)])
    assert list(Baseline().solve(world, Deadline.after(0))) == []


def test_the_engine_knows_concentrated_pools_only_with_a_node() -> None:
    """Without a node CoW's engine cannot quote them and leaves them out."""
    q96 = 2**96
    state = ConcentratedState(
        VenueId("v3"),
        pool("", "A", 1, "B", 1).assets,
        110_000,
        "",
        q96,
        10**24,
        0,
        ((-887_220, 10**24), (887_220, -(10**24))),
        Fraction(3, 1000),
    )
    world = auction([swap(1, "A", ONE, "B", ONE // 2)], [state])
    engine = EngineConfig(
        native=state.assets[0], bases=(), max_hops=0, max_partial_attempts=1, native_estimate=ONE
    )
    assert solve(world, BaselineConfig(engine=engine)) == []
    (bid,) = solve(world, BaselineConfig(engine=replace(engine, concentrated=True)))
    assert bid.gas == engine_gas(state) + engine.solution_gas_offset
    assert len(solve(world)) == 1


def test_the_best_connected_assets_are_the_hubs() -> None:
    """Most venues first, ties in the auction's order, assets without venues not at all."""
    world = auction([swap(1, "Y", 1, "Z", 1)], [pool("1", "A", 1, "C", 1), pool("2", "C", 1, "B", 1)])
    assert best_connected(world) == ("C", "A", "B")


amounts = st.integers(10**6, 10**24)
drawn_orders = st.lists(
    st.tuples(
        st.sampled_from(["AB", "BA", "AC", "CB"]),
        amounts,
        st.integers(1, 150),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(drawn_orders, st.lists(st.tuples(st.sampled_from(["AB", "AC", "BC"]), amounts, amounts), max_size=5))
def test_every_bid_is_lawful(
    orders: list[tuple[str, int, int, bool, bool, bool]], pools: list[tuple[str, int, int]]
) -> None:
    """Whatever the orders and pools, the verifier accepts what is bid."""
    world = auction(
        [
            swap(
                i + 1,
                pair[0],
                amount,
                pair[1],
                max(1, amount * percent // 100),
                kind=Kind.EXACT_OUT if buys else Kind.EXACT_IN,
                partial=partial,
                max_fee=amount // 3 if fee else 0,
            )
            for i, (pair, amount, percent, buys, partial, fee) in enumerate(orders)
        ],
        [pool(str(i), pair[0], x, pair[1], y) for i, (pair, x, y) in enumerate(pools)],
        costs=CostModel(1, 40_000, 55_000),
    )
    verifier = Verifier(world)
    for bid in solve(world):
        assert verifier.verify(bid).score.net > 0
