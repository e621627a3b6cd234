"""Laws of routing: more venues never bound less, units do not matter, no trade beats the bound, grids agree."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.mixed_networks import mixed
from intents.venue_states import ConstantProductState, VenueId, VenueState
from solver.router.acyclic import arcs, by_flows, by_potential, down
from solver.router.constant_product import constant_product
from solver.router.families import Network, route
from solver.router.integers import execute, plan
from solver.router.maximise import maximise
from solver.router.prepare import prepare
from solver.router.route import route as route_exactly
from solver.router.venues import market
from tests.router_worlds import UNIT, world

SEEDS = st.integers(0, 10_000)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_mixed_networks_are_solved_to_a_small_gap(seed: int) -> None:
    """Sixty venues of six kinds: the trades fit and the gap to the bound is closed; no value exceeds its bound."""
    drawn = mixed(60, seed, tokens=8)
    routing = maximise(prepare(drawn.network), drawn.goal)
    assert routing.value <= routing.bound * (1 + 1e-12)
    assert routing.shortfall <= 1e-9
    assert routing.gap <= 1e-8


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_another_venue_never_lowers_the_bound(seed: int) -> None:
    """The bound of a network is at least that of every part of it."""
    drawn = mixed(40, seed, tokens=6)
    whole = maximise(prepare(drawn.network), drawn.goal).bound
    for left_out in range(len(drawn.network.families)):
        families = drawn.network.families[:left_out] + drawn.network.families[left_out + 1 :]
        part = maximise(prepare(Network(6, families)), drawn.goal)
        assert part.value <= whole * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, digits=st.integers(-9, 9))
def test_units_do_not_matter(seed: int, digits: int) -> None:
    """Counting a token in units of another size changes the amount by just that, and no ratio of value to
    bound."""
    states, assets, values = world(seed, assets=4, venues=8, kinds=("product",))
    scaled: dict[VenueId, VenueState] = {}
    for name, state in states.items():
        assert isinstance(state, ConstantProductState)
        grown = tuple(
            int(Fraction(reserve) * Fraction(10) ** digits) if asset == assets[1] else reserve
            for asset, reserve in zip(state.assets, state.reserves, strict=True)
        )
        scaled[name] = replace(state, reserves=grown)
    goal = route(4, 0, 1, 100 * UNIT / values[0])
    before = maximise(prepare(market(states, assets).network), goal)
    after = maximise(prepare(market(scaled, assets).network), goal)
    assert after.bound == pytest.approx(before.bound * 10.0**digits, rel=1e-9)
    assert after.gap == pytest.approx(before.gap, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_no_split_on_a_grid_beats_the_routing(seed: int) -> None:
    """Two pools side by side and a detour: all splits in hundredths earn at most the optimum, one nearly it."""
    rng = np.random.default_rng(seed)
    a, b = np.array([0, 0, 0, 2]), np.array([1, 1, 2, 1])
    reserves, gamma = rng.uniform(50, 150, (4, 2)), 1 - rng.choice((0.0, 0.003, 0.01), 4)
    amount = float(rng.uniform(1, 60))

    def paid(pool: int, into: float) -> float:
        x, y = reserves[pool]
        return float(y * gamma[pool] * into / (x + gamma[pool] * into))

    best = max(
        paid(0, amount * i / 100) + paid(1, amount * j / 100) + paid(3, paid(2, amount * (100 - i - j) / 100))
        for i, j in product(range(101), repeat=2)
        if i + j <= 100
    )
    network = Network(3, (constant_product(3, a, b, reserves, gamma),))
    prepared = prepare(network)
    free = maximise(prepared, route(3, 0, 1, amount))
    rank = by_flows(network, free.flows, free.prices, by_potential(prepared, 0, 1))
    ordered = maximise(prepare(down(network, rank, 0, 1)), route(3, 0, 1, amount))
    assert best <= free.bound * (1 + 1e-12)
    assert best <= ordered.bound * (1 + 1e-12)
    assert ordered.value <= best * (1 + 1e-3)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_ordered_routings_have_no_cycle_and_bound_less(seed: int) -> None:
    """Every trade goes down the order; the order's bound is at most the unrestricted one."""
    drawn = mixed(40, seed, tokens=6)
    prepared = prepare(drawn.network)
    free = maximise(prepared, drawn.goal)
    rank = by_flows(drawn.network, free.flows, free.prices, by_potential(prepared, 0, 5))
    ordered = down(drawn.network, rank, 0, 5)
    routing = maximise(prepare(ordered), drawn.goal)
    for family, flows in zip(ordered.families, routing.flows, strict=True):
        assert all(rank[tail] < rank[head] for tail, head, _ in arcs(family, flows, routing.prices))
    assert routing.value <= free.bound * (1 + 1e-9)


@settings(max_examples=12, deadline=None)
@example(seed=212, digits=1)
@given(seed=SEEDS, digits=st.integers(0, 24))
def test_integers_never_spend_more_than_given(seed: int, digits: int) -> None:
    """Any amount, any world: what is executed leaves no balance below zero, and pays at most the bound."""
    states, assets, _ = world(seed, assets=4, venues=8, kinds=("product", "weighted", "ticks", "book", "limit"))
    described = market(states, (assets[0], assets[3]))
    amount = 10**digits
    goal = route(described.network.tokens, 0, 1, float(amount))
    routing = maximise(prepare(described.network), goal)
    rank = by_flows(
        described.network, routing.flows, routing.prices, by_potential(prepare(described.network), 0, 1)
    )
    done = execute(described, plan(described, routing.flows, routing.prices, rank), rank, 0, 1, amount)
    assert min(done.left) >= 0
    assert done.left[1] <= routing.bound * (1 + 1e-9) + 1


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_a_venue_more_never_lowers_the_published_bound(seed: int) -> None:
    """Of exact venues, through the whole of ``route``."""
    states, assets, values = world(seed, assets=4, venues=8, kinds=("product", "weighted"))
    amount = int(1000 * UNIT / values[0])
    name = VenueId("direct")
    direct = ConstantProductState(name, (assets[0], assets[3]), 0, "", (10**23, 10**23), Fraction(3, 1000))
    few: dict[VenueId, VenueState] = {name: direct}
    before = route_exactly(few, assets[0], assets[3], amount)
    after = route_exactly({**states, **few}, assets[0], assets[3], amount)
    assert after.bound >= before.bound * (1 - 1e-9)
    assert after.amount_out >= before.amount_out * (1 - 1e-9)
