"""``naive``: the recorded engine's answers judged by the law, and bids of our own it never refuses."""

from __future__ import annotations

import json
from fractions import Fraction
from math import gcd

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.auction import Auction, Balance, CostModel
from intents.fees import VolumeFee
from intents.intent import Kind
from intents.records import replace
from settlement.errors import LawError, OutputOverstated, WorthNothing
from settlement.solution import Solution
from settlement.verify import Verifier
from solver.asks import lawful_asks
from solver.crossing import cross, simplest_between
from solver.engine_format import read_request
from solver.naive import Naive, NaiveConfig
from solver.protocol import Deadline
from tests.shared import shared
from tests.solver_worlds import ONE, auction, pool, swap

#: What the law says of each recorded answer, at no gas price and one reference price for all.
VERDICTS: dict[str, type[LawError] | None] = {
    "filters_out_of_price_orders__sell_orders_on_both_sides": WorthNothing,
    "limit_order_price__test": None,
    "matches_orders__buy_and_sell_orders": OutputOverstated,
    "matches_orders__buy_orders_on_both_sides": OutputOverstated,
    "matches_orders__sell_orders_on_one_side": OutputOverstated,
    "reserves_too_small__test": None,
    "rounds_prices_in_favour_of_traders__test": OutputOverstated,
    "swap_less_than_reserves__test": None,
}

#: Orders filled by our own bids on the same requests; two orders at one common limit are worth nothing.
OURS = {
    "filters_out_of_price_orders__sell_orders_on_both_sides": [],
    "limit_order_price__test": [1],
    "matches_orders__buy_and_sell_orders": [2],
    "matches_orders__buy_orders_on_both_sides": [2],
    "matches_orders__sell_orders_on_one_side": [2],
    "reserves_too_small__test": [1],
    "rounds_prices_in_favour_of_traders__test": [2],
    "swap_less_than_reserves__test": [],
}


def solve(world: Auction, *, compatibility: bool = False) -> list[Solution]:
    return list(Naive(NaiveConfig(compatibility)).solve(world, Deadline.after(30)))


def recorded(name: str) -> Auction:
    """The vector's auction; its requests name no tokens, so each gets the same reference price."""
    vector = json.loads(shared(f"vectors/cow/solver_engine/naive__{name}.json").read_text())
    asked = read_request(json.dumps(vector["auction"]).encode(), name).auction
    assets = tuple(replace(asset, reference_price=ONE) for asset in asked.assets)
    return replace(asked, assets=assets, costs=CostModel())


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_the_law_names_what_is_wrong_with_recorded_answers(name: str) -> None:
    """A unit more than the pool pays is refused as that; an answer without surplus is worth nothing."""
    world, verdict = recorded(name), VERDICTS[name]
    verifier = Verifier(world)
    for bid in solve(world, compatibility=True):
        if verdict is None:
            assert verifier.verify(bid).score.net > 0
        else:
            with pytest.raises(verdict):
                verifier.verify(bid)


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_our_own_entry_bids_what_the_law_accepts(name: str) -> None:
    """The same auctions, netted with the pool's own integers, limit orders included."""
    world = recorded(name)
    bids = solve(world)
    assert [len(bid.fills) for bid in bids] == OURS[name]
    assert all(Verifier(world).verify(bid).score.net > 0 for bid in bids)


def test_overstating_costs_the_engine_and_not_us() -> None:
    """Where the recorded answer claims one unit too many, ours fills the same orders one unit dearer."""
    world = recorded("matches_orders__sell_orders_on_one_side")
    (theirs,), (ours,) = solve(world, compatibility=True), solve(world)
    assert {fill.order for fill in ours.fills} == {fill.order for fill in theirs.fills}
    assert theirs.interactions[0].amount_out - ours.interactions[0].amount_out == 1


def test_opposite_orders_net_and_only_the_excess_meets_the_pool() -> None:
    """100 sold against 60: about 40 go through the pool."""
    orders = [swap(1, "A", 100 * ONE, "B", 90 * ONE), swap(2, "B", 60 * ONE, "A", 50 * ONE)]
    world = auction(orders, [pool("ab", "A", 10**5 * ONE, "B", 10**5 * ONE)])
    (bid,) = solve(world)
    assert len(bid.fills) == 2
    assert 39 * ONE < bid.interactions[0].amount_in < 41 * ONE


def test_the_worst_limit_of_the_excess_side_goes_first() -> None:
    """The order that nothing can satisfy is dropped, the rest still fills."""
    orders = [
        swap(1, "A", 100 * ONE, "B", 90 * ONE),
        swap(2, "A", 10 * ONE, "B", 20 * ONE),
        swap(3, "B", 60 * ONE, "A", 50 * ONE),
    ]
    world = auction(orders, [pool("ab", "A", 10**5 * ONE, "B", 10**5 * ONE)])
    (bid,) = solve(world)
    assert {fill.order for fill in bid.fills} == {orders[0].id, orders[2].id}


def test_the_deepest_pool_is_used() -> None:
    """Depth is the product of reserves."""
    pools = [pool("1", "A", 10**3 * ONE, "B", 10**3 * ONE), pool("2", "A", 10**4 * ONE, "B", 10**4 * ONE)]
    (bid,) = solve(auction([swap(1, "A", ONE, "B", ONE // 2)], pools))
    assert bid.interactions[0].venue == "2"


def test_a_pair_without_a_pool_is_crossed_to_the_unit() -> None:
    """Two partial orders meet at a price between their limits and leave nothing over."""
    orders = [
        swap(1, "A", 7 * ONE + 1, "B", 6 * ONE, partial=True),
        swap(2, "B", 5 * ONE + 3, "A", 4 * ONE, partial=True),
    ]
    world = auction(orders)
    (bid,) = solve(world)
    verified = Verifier(world).verify(bid)
    assert verified.leftovers == {}
    assert verified.score.net > ONE // 2


def test_limit_orders_do_not_take_part_in_compatibility() -> None:
    """The recorded engine left orders alone whose fee the solver sets; ours fills them without one."""
    world = auction(
        [swap(1, "A", ONE, "B", ONE // 2, max_fee=ONE)], [pool("ab", "A", 10**3 * ONE, "B", 10**3 * ONE)]
    )
    assert solve(world, compatibility=True) == []
    (bid,) = solve(world)
    assert bid.fills[0].fee == 0


def test_one_balance_serves_no_two_orders() -> None:
    """Two orders of one owner on one balance: the one that wants less is filled."""
    orders = [swap(1, "A", ONE, "B", ONE // 2), swap(1, "A", ONE, "B", ONE // 3)]
    orders[1] = replace(orders[1], id=swap(2, "A", 1, "B", 1).id)
    balance = Balance(orders[0].intent.owner, orders[0].intent.give[0].asset, ONE * 3 // 2)
    world = auction(orders, [pool("ab", "A", 10**3 * ONE, "B", 10**3 * ONE)], balances=[balance])
    (bid,) = solve(world)
    assert [fill.order for fill in bid.fills] == [orders[1].id]


@given(st.fractions(min_value=Fraction(1, 10**6), max_value=10**6), st.fractions(min_value=0, max_value=5))
def test_the_simplest_fraction_lies_inside_and_none_simpler_does(low: Fraction, width: Fraction) -> None:
    """Checked against trying every smaller denominator, where that is feasible."""
    high = low + width
    found = simplest_between(low, high)
    assert low <= found <= high
    for denominator in range(1, min(found.denominator, 300)):
        assert -(-low * denominator // 1) > high * denominator


amounts = st.integers(10**3, 10**22)
drawn_orders = st.lists(
    st.tuples(st.booleans(), amounts, st.integers(50, 130), st.booleans(), st.booleans(), st.booleans()),
    min_size=1,
    max_size=8,
)


def world_of(
    orders: list[tuple[bool, int, int, bool, bool, bool]], reserves: tuple[int, int] | None, cost: int
) -> Auction:
    return auction(
        [
            swap(
                i + 1,
                "AB"[turned],
                amount,
                "BA"[turned],
                max(1, amount * percent // 100),
                kind=Kind.EXACT_OUT if buys else Kind.EXACT_IN,
                partial=partial,
                policies=(VolumeFee(Fraction(1, 500)),) if charged else (),
            )
            for i, (turned, amount, percent, buys, partial, charged) in enumerate(orders)
        ],
        [pool("ab", "A", reserves[0], "B", reserves[1])] if reserves else [],
        costs=CostModel(cost, 40_000, 55_000),
    )


@settings(max_examples=150, deadline=None)
@given(drawn_orders, st.none() | st.tuples(amounts, amounts), st.sampled_from([0, 1]))
def test_every_bid_is_lawful(
    orders: list[tuple[bool, int, int, bool, bool, bool]], reserves: tuple[int, int] | None, cost: int
) -> None:
    """Whatever the pair's orders and pool, the verifier accepts what is bid."""
    world = world_of(orders, reserves, cost)
    for bid in solve(world):
        assert Verifier(world).verify(bid).score.net > 0


@settings(max_examples=150, deadline=None)
@given(drawn_orders)
def test_crossings_conserve_both_assets_exactly(orders: list[tuple[bool, int, int, bool, bool, bool]]) -> None:
    """What one side gives is what the other gets, limits hold, and the price is in lowest terms."""
    asks = lawful_asks(world_of(orders, None, 0), "naive")
    found = cross(asks) if asks else None
    if found is None:
        return
    flow = {"A": 0, "B": 0}
    for ask, executed in found.fills:
        price, counter = found.prices[ask.sell], found.prices[ask.buy]
        if ask.exact_out:
            given_up, got = executed * counter // price, executed
        else:
            given_up, got = executed, -(-executed * price // counter)
        assert given_up * ask.buy_amount <= got * ask.sell_amount
        flow[ask.sell] += given_up
        flow[ask.buy] -= got
    assert flow == {"A": 0, "B": 0}
    assert gcd(*found.prices.values()) == 1
