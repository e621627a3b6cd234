"""One order through exact venues: executable, within its bounds, without cycles, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from graphlib import TopologicalSorter

import pytest

from intents.assets import AssetId
from intents.venue_states import ConstantProductState, VenueId, VenueState
from liquidity.registry import open_venue
from settlement.certificate.gains import most_gain
from solver.router.acyclic import by_potential, down
from solver.router.errors import AmountOutOfRange, CostOutOfRange, NoRoute, NotEnough, RouteError, SameToken
from solver.router.maximise import maximise
from solver.router.orders import Kind, Order
from solver.router.prepare import prepare
from solver.router.route import Routed, route
from solver.router.venues import market
from tests.router_worlds import KINDS, UNIT, world

SEEDS = range(6)


def replayed(
    states: Mapping[VenueId, VenueState], routed: Routed, give: AssetId, amount: int
) -> dict[AssetId, int]:
    """What is held after all interactions, executed on exact venues one by one from ``amount`` of ``give``."""
    held, now = {give: amount}, dict(states)
    for step in routed.interactions:
        swap = open_venue(now[step.venue]).swap_in(step.asset_in, step.asset_out, step.amount_in)
        assert swap.amount_out == step.amount_out
        now[step.venue] = swap.state
        held[step.asset_in] = held.get(step.asset_in, 0) - step.amount_in
        assert held[step.asset_in] >= 0
        held[step.asset_out] = held.get(step.asset_out, 0) + step.amount_out
    return held


def has_cycle(routed: Routed) -> bool:
    sorter: TopologicalSorter[AssetId] = TopologicalSorter()
    for step in routed.interactions:
        sorter.add(step.asset_out, step.asset_in)
    try:
        sorter.prepare()
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("seed", SEEDS)
def test_exact_input_executes_within_its_bounds(seed: int) -> None:
    """Step by step on exact venues, never more than given, without a cycle, at most the bounds."""
    states, assets, values = world(seed)
    amount = int(5000 / values[0] * UNIT)
    routed = route(states, assets[0], assets[-1], amount)
    held = replayed(states, routed, assets[0], amount)
    assert held[assets[-1]] == routed.amount_out
    assert amount - held[assets[0]] == routed.amount_in <= amount
    assert routed.amount_out <= routed.bound_in_order
    assert routed.bound_in_order <= routed.bound * (1 + 1e-2)
    assert 0.0 <= routed.gap_in_order < 5e-3
    assert not has_cycle(routed)
    places = {asset: place for place, asset in enumerate(routed.order)}
    assert all(places[step.asset_in] < places[step.asset_out] for step in routed.interactions)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_holds_in_exact_integers(seed: int) -> None:
    """The published prices, rounded, prove the published bound by the law's own checker."""
    states, assets, values = world(seed)
    amount = int(5000 / values[0] * UNIT)
    routed = route(states, assets[0], assets[-1], amount)
    whole = {asset: int(price * 2**80) for asset, price in routed.prices.items()}
    proven = sum(most_gain(states[name], whole) for name in states) + whole[assets[0]] * amount
    assert routed.amount_out * whole[assets[-1]] <= proven
    # The two differ in when they allow for trades in a row on one stableswap pool.
    assert proven / whole[assets[-1]] == pytest.approx(routed.bound, rel=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_exact_output_asks_for_little_more_than_exact_input_gave(seed: int) -> None:
    """What an exact input bought is bought back for about that input; at least what is wanted comes out."""
    states, assets, values = world(seed)
    amount = int(5000 / values[0] * UNIT)
    wanted = route(states, assets[0], assets[-1], amount).amount_out
    routed = route(states, assets[0], assets[-1], wanted, Kind.EXACT_OUT)
    held = replayed(states, routed, assets[0], routed.amount_in)
    assert held[assets[-1]] == routed.amount_out >= wanted
    assert routed.bound <= routed.bound_in_order * (1 + 1e-9)
    assert routed.bound_in_order <= routed.amount_in
    assert routed.amount_in <= amount * 1.001
    assert not has_cycle(routed)


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_leave_out_what_does_not_earn_them(seed: int) -> None:
    """Net of costs no worse than the route that ignores them, on fewer venues, and within the bound."""
    states, assets, values = world(seed)
    amount, cost = int(5000 / values[0] * UNIT), 5 * UNIT / values[-1]
    costs = dict.fromkeys(states, cost)
    careless = route(states, assets[0], assets[-1], amount)
    careful = route(states, assets[0], assets[-1], amount, costs=costs)
    before = careless.amount_out - cost * len({step.venue for step in careless.interactions})
    after = careful.amount_out - careful.cost
    assert careful.cost == pytest.approx(cost * len({step.venue for step in careful.interactions}))
    assert before * (1 - 1e-6) <= after <= careful.bound
    replayed(states, careful, assets[0], amount)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_cycles_allowed_the_order_gets_no_less(seed: int) -> None:
    """Arbitrage is collected on the way, in steps that each can be paid."""
    states, assets, values = world(seed)
    amount = int(5000 / values[0] * UNIT)
    without = route(states, assets[0], assets[-1], amount)
    routed = route(states, assets[0], assets[-1], amount, cycles=True)
    assert replayed(states, routed, assets[0], amount)[assets[-1]] == routed.amount_out
    assert without.amount_out * (1 - 1e-3) <= routed.amount_out <= routed.bound


@pytest.mark.parametrize("kind", KINDS)
def test_worlds_of_one_kind(kind: str) -> None:
    """Every kind alone leads somewhere, or says that it does not."""
    states, assets, values = world(3, assets=3, venues=6, kinds=(kind,))
    amount = int(2000 / values[0] * UNIT)
    try:
        routed = route(states, assets[0], assets[2], amount)
    except RouteError:
        assert kind == "limit"
        return
    assert replayed(states, routed, assets[0], amount)[assets[2]] == routed.amount_out
    assert 0 < routed.amount_out <= routed.bound


@pytest.mark.parametrize("amount", [1, 1000, UNIT * 10**9, 2**126])
def test_amounts_from_one_unit_to_more_than_there_is(amount: int) -> None:
    """Valid or nothing, never an exception of another kind."""
    states, assets, _ = world(4)
    routed = route(states, assets[0], assets[-1], amount)
    held = replayed(states, routed, assets[0], amount)
    assert held.get(assets[-1], 0) == routed.amount_out <= routed.bound + 1


def test_orders_that_make_no_sense_are_refused_by_name() -> None:
    """Typed errors, each with what it compared."""
    states, assets, _ = world(0)
    with pytest.raises(SameToken):
        route(states, assets[0], assets[0], 1)
    with pytest.raises(AmountOutOfRange):
        route(states, assets[0], assets[1], 0)
    with pytest.raises(CostOutOfRange):
        route(states, assets[0], assets[1], 1, costs={VenueId("v0"): -1.0})
    with pytest.raises(NoRoute):
        route(states, assets[0], AssetId("elsewhere"), 1)
    with pytest.raises(NoRoute):
        route({}, assets[0], assets[1], 1)
    with pytest.raises(NotEnough):
        route(states, assets[0], assets[1], 10**38, Kind.EXACT_OUT)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("amount", [10**24, 2**126])
def test_more_than_a_chain_of_pools_holds_is_not_enough(amount: int) -> None:
    """Where prices run off the scale, the answer is still the typed one."""
    a, b, c = AssetId("A"), AssetId("B"), AssetId("C")
    fee = Fraction(3, 1000)
    first = ConstantProductState(VenueId("1"), (a, b), 0, "", (UNIT, UNIT), fee)
    second = ConstantProductState(VenueId("2"), (b, c), 0, "", (UNIT, 10**6), fee)
    with pytest.raises(NotEnough):
        route({first.id: first, second.id: second}, a, c, amount, Kind.EXACT_OUT)


@pytest.mark.parametrize("seed", [6, 7])
def test_an_order_lost_in_rounding_is_not_sought_for_long(seed: int) -> None:
    """A hundred units beside venues of 10²² at odds with one another: few evaluations, where a value that can be
    told apart from rounding may take hundreds."""
    states, names, _ = world(seed, 5, 12, noise=0.1)
    described = market(states, (names[0], names[3]))
    rank = by_potential(prepare(described.network), 0, 1)
    ordered = down(described.network, rank, 0, 1)
    found = maximise(prepare(ordered), Order(Kind.EXACT_IN, 0, 1, 100).goal(ordered.tokens))
    assert found.resolution >= 1
    assert found.iterations <= 150


@pytest.mark.parametrize(("seed", "amount"), [(0, 1000), (1, 1000), (2, 10**6), (0, UNIT), (1, UNIT)])
def test_a_search_that_gains_nothing_ends(seed: int, amount: int) -> None:
    """A dust order, at whose prices no venue need trade at all, and one whose last digits are lost in rounding:
    few evaluations, where every round repeated the one before."""
    states, names, _ = world(seed)
    described = market(states, (names[0], names[3]))
    rank = by_potential(prepare(described.network), 0, 1)
    ordered = down(described.network, rank, 0, 1)
    found = maximise(prepare(ordered), Order(Kind.EXACT_IN, 0, 1, amount).goal(ordered.tokens))
    assert found.iterations <= 150
    assert found.value <= found.bound
    assert amount < UNIT or found.gap < 1e-6
