"""Venues that cost something are chosen as enumeration chooses them."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest

from benchmarks.generators import route as drawn
from benchmarks.instance_runs.gas_aware import run
from solver.router.choose import choose
from solver.router.families import Network, route
from solver.router.maximise import maximise
from solver.router.prepare import prepare
from solver.router.weighted_pairs import weighted_pairs
from tests.shared import shared


@pytest.mark.parametrize("seed", range(6))
def test_the_choice_is_the_best_of_all_subsets(seed: int) -> None:
    """Six or seven pools, all subsets routed one by one; the bound is proven and holds."""
    rng = np.random.default_rng(seed)
    count, tokens = int(rng.integers(6, 8)), int(rng.integers(3, 5))
    instance = drawn(count, tokens, seed, weighted=0.5, size=float(rng.choice([0.0005, 0.005, 0.02])))
    pools = instance.pools
    family = weighted_pairs(tokens, pools.a, pools.b, pools.reserves, pools.weight, pools.gamma)
    goal = route(tokens, instance.token_in, instance.token_out, instance.amount_in)
    everything = maximise(prepare(Network(tokens, (family,))), goal).value
    cost = everything * float(rng.choice([1e-5, 1e-4, 1e-3, 1e-2]))
    chosen = choose(Network(tokens, (family,)), (np.full(count, cost),), goal, instance.token_out, 1e-11)
    assert chosen is not None
    best = 0.0
    for subset in product((False, True), repeat=count):
        kept = np.array(subset)
        routing = maximise(prepare(Network(tokens, (family.only(kept),))), goal)
        if routing.shortfall < 1e-9:
            best = max(best, routing.value - cost * int(kept.sum()))
    assert chosen.value == pytest.approx(best, rel=1e-10)
    assert chosen.proven
    assert chosen.bound >= best * (1 - 1e-12)


def test_published_instances_are_solved_to_the_enumerated_optimum() -> None:
    """Those recorded beside the repository."""
    rows = list(run(json.loads(shared("data/solver_instances/gas_aware_routing.json").read_bytes())))
    assert rows
    for row in rows:
        assert row.relative_difference == pytest.approx(0.0, abs=1e-9)
        assert row.violations == 0


def test_a_large_network_ends_early_with_a_bound() -> None:
    """A thousand pools, one node: a value and how far from best it can be."""
    instance = drawn(1000, None, 2, weighted=0.3)
    pools = instance.pools
    family = weighted_pairs(instance.tokens, pools.a, pools.b, pools.reserves, pools.weight, pools.gamma)
    goal = route(instance.tokens, instance.token_in, instance.token_out, instance.amount_in)
    everything = maximise(prepare(Network(instance.tokens, (family,))), goal).value
    cost = np.full(1000, everything * 1e-4)
    chosen = choose(Network(instance.tokens, (family,)), (cost,), goal, instance.token_out, 1e-9, 1)
    assert chosen is not None
    assert chosen.value <= chosen.bound <= chosen.value * 1.01
    assert chosen.bound <= everything
