"""Every pool interaction in the recorded answers of CoW's engines, executed again through the registry."""

from __future__ import annotations

import pytest

from intents.assets import AssetId
from intents.venue_states import VenueId
from liquidity.registry import open_venue
from liquidity.venue import Swap, Venue
from tests.unit.liquidity.recorded import Row, engine_case, pool_state

#: (case, place of the interaction in the answer) that pay exactly what was recorded.
EXACT = [
    ("baseline__bal_liquidity__composable_stable_v4", 0),
    ("baseline__bal_liquidity__stable", 0),
    ("baseline__bal_liquidity__stable", 1),
    ("baseline__bal_liquidity__weighted_v3plus", 0),
    ("baseline__buy_order_rounding__balancer_stable", 0),
    ("baseline__buy_order_rounding__balancer_weighted", 0),
    ("baseline__buy_order_rounding__balancer_weighted", 1),
    ("baseline__buy_order_rounding__balancer_weighted_v3plus", 0),
    ("baseline__buy_order_rounding__same_path", 0),
    ("baseline__buy_order_rounding__uniswap", 0),
    ("baseline__direct_swap__test", 0),
    ("baseline__internalization__insufficient_balance", 0),
    ("baseline__internalization__untrusted_sell_token", 0),
    ("baseline__limit_order_quoting__buy_order", 0),
    ("baseline__limit_order_quoting__sell_order", 0),
    ("baseline__partial_fill__test", 0),
    ("naive__reserves_too_small__test", 0),
]
#: Answers of the naive engine that claim one unit more than the pool pays.
OVERSTATED = [
    ("naive__matches_orders__buy_and_sell_orders", 0),
    ("naive__matches_orders__buy_orders_on_both_sides", 0),
    ("naive__matches_orders__sell_orders_on_one_side", 0),
    ("naive__rounds_prices_in_favour_of_traders__test", 0),
]
#: Exact-output orders: (case, interactions of their path). The weighted path has two hops.
BUY_ORDERS = [
    ("baseline__bal_liquidity__stable", (1,)),
    ("baseline__buy_order_rounding__balancer_stable", (0,)),
    ("baseline__buy_order_rounding__balancer_weighted", (0, 1)),
    ("baseline__buy_order_rounding__balancer_weighted_v3plus", (0,)),
    ("baseline__buy_order_rounding__same_path", (0,)),
    ("baseline__buy_order_rounding__uniswap", (0,)),
    ("baseline__limit_order_quoting__buy_order", (0,)),
]


def _interactions(case: Row) -> list[Row]:
    return [row for solution in case["expected_response"]["solutions"] for row in solution["interactions"]]


def _venue(case: Row, interaction: Row) -> Venue:
    """The pool by id and pair: one recorded request uses an id twice."""
    tokens = {AssetId(interaction["inputToken"]), AssetId(interaction["outputToken"])}
    states = [pool_state(row) for row in case["auction"]["liquidity"]]
    (state,) = (s for s in states if s.id == VenueId(interaction["id"]) and tokens <= set(s.assets))
    return open_venue(state)


def _execute(case: Row, interaction: Row) -> Swap:
    venue = _venue(case, interaction)
    return venue.swap_in(interaction["inputToken"], interaction["outputToken"], int(interaction["inputAmount"]))


@pytest.mark.parametrize(("name", "place"), EXACT)
def test_an_interaction_pays_what_was_recorded(name: str, place: int) -> None:
    """To the unit."""
    case = engine_case(name)
    interaction = _interactions(case)[place]
    assert _execute(case, interaction).amount_out == int(interaction["outputAmount"])


@pytest.mark.parametrize(("name", "place"), OVERSTATED)
def test_the_naive_engine_overstates_by_one_unit(name: str, place: int) -> None:
    """The pool pays exactly one unit less than these answers claim."""
    case = engine_case(name)
    interaction = _interactions(case)[place]
    assert _execute(case, interaction).amount_out == int(interaction["outputAmount"]) - 1


@pytest.mark.parametrize(("name", "path"), BUY_ORDERS)
def test_a_buy_order_takes_the_recorded_input(name: str, path: tuple[int, ...]) -> None:
    """From the wanted amount back through the path, each hop asks what the next one needs."""
    case = engine_case(name)
    hops = [_interactions(case)[place] for place in path]
    order = next(
        order
        for order in case["auction"]["orders"]
        if order["kind"] == "buy" and order["buyToken"].lower() == hops[-1]["outputToken"]
    )
    partial = [
        int(trade["executedAmount"])
        for solution in case["expected_response"]["solutions"]
        for trade in solution["trades"]
        if trade["order"] == order["uid"]
    ]
    needed = partial[0]
    for hop in reversed(hops):
        needed = _venue(case, hop).swap_out(hop["inputToken"], hop["outputToken"], needed).amount_in
    assert needed == int(hops[0]["inputAmount"])
