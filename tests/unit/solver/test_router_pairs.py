"""Routing over two-token pools, beside closed forms, scipy's optimiser and random beginnings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from benchmarks import generators
from benchmarks.instance_runs.pools import as_flows, as_network, broken
from solver.router.constant_product import constant_product
from solver.router.families import Network, arbitrage, route
from solver.router.maximise import maximise
from solver.router.prepare import prepare
from solver.router.weighted_pairs import weighted_pairs


def test_one_pool_gives_what_its_curve_says() -> None:
    """Output of a single constant-product pool is R_out·γx / (R_in + γx)."""
    pool = constant_product(2, np.array([0]), np.array([1]), np.array([[1000.0, 500.0]]), np.array([0.997]))
    found = maximise(prepare(Network(2, (pool,))), route(2, 0, 1, 100.0))
    expected = 500 * 0.997 * 100 / (1000 + 0.997 * 100)
    assert found.converged
    assert found.value == pytest.approx(expected, rel=1e-9)
    assert found.bound >= expected * (1 - 1e-14)


def test_two_parallel_pools_share_an_order_as_a_scalar_search_does() -> None:
    """The split over two pools is the one a one-dimensional search over the curves finds."""
    reserves, weights, gamma = (
        np.array([[1e4, 2.5 * 7e4 / 3], [3e4, 5e4]]),
        np.array([0.3, 0.6]),
        np.array([0.997, 0.99]),
    )
    pools = weighted_pairs(2, np.array([0, 0]), np.array([1, 1]), reserves, weights, gamma)
    found = maximise(prepare(Network(2, (pools,))), route(2, 0, 1, 2000.0))

    def out(number: int, x: float) -> float:
        power = weights[number] / (1 - weights[number])
        kept = (reserves[number, 0] / (reserves[number, 0] + gamma[number] * x)) ** power
        return float(reserves[number, 1] * (1 - kept))

    best = minimize_scalar(
        lambda x: -out(0, x) - out(1, 2000 - x), bounds=(0, 2000), method="bounded", options={"xatol": 1e-9}
    )
    assert found.converged
    assert found.value == pytest.approx(-best.fun, rel=1e-8)


@pytest.mark.parametrize("seed", range(12))
def test_answers_hold_on_every_pool_and_are_proven(seed: int) -> None:
    """Every pool can make its trade, no token falls short, and the gap is what was asked."""
    asked = generators.route(80, seed=seed, weighted=0.4, size=(0.02, 0.5, 2.0)[seed % 3])
    network, places = as_network(asked.tokens, asked.pools)
    goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
    found = maximise(prepare(network), goal)
    flows = as_flows(asked.pools, places, found.flows)
    assert found.converged
    assert -1e-12 <= found.gap <= 1e-9
    assert broken(asked.tokens, asked.pools, flows, goal.given) == 0


def test_any_beginning_leads_to_the_same_bound() -> None:
    """Fifty starts with prices up to e^±10 astray end where the guess does."""
    asked = generators.route(100, seed=3, weighted=0.3)
    prepared = prepare(as_network(asked.tokens, asked.pools)[0])
    goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
    usual, rng = maximise(prepared, goal), np.random.default_rng(0)
    for _ in range(50):
        start = np.log(usual.prices) + rng.normal(0, 4, asked.tokens)
        found = maximise(prepared, goal, start)
        assert found.converged
        assert found.bound == pytest.approx(usual.bound, rel=1e-9)


def test_arbitrage_nets_nothing_negative() -> None:
    """Taking what pools disagree by leaves no token negative, and its worth is proven."""
    asked = generators.arbitrage(200, 2, 7)
    network, places = as_network(len(asked.values), asked.pools)
    found = maximise(prepare(network), arbitrage(asked.values))
    flows = as_flows(asked.pools, places, found.flows)
    assert found.converged
    assert broken(len(asked.values), asked.pools, flows, np.zeros(len(asked.values))) == 0


def test_pools_that_make_no_sense_and_unreachable_tokens_give_nothing() -> None:
    """Zero or infinite reserves, a token paired with itself, a fee of everything: no trade, no exception."""
    reserves = np.array([[0.0, 1.0], [np.inf, 1.0], [1.0, 1.0], [1.0, 1.0]])
    pools = constant_product(
        3, np.array([0, 0, 1, 0]), np.array([1, 1, 1, 1]), reserves, np.array([0.9, 0.9, 0.9, 0.0])
    )
    found = maximise(prepare(Network(3, (pools,))), route(3, 0, 2, 5.0))
    assert (found.value, found.bound, found.gap, found.converged) == (0, 0, 0, True)


def test_an_amount_lost_in_rounding_is_not_traded_at_a_loss() -> None:
    """A sale of 10⁻²¹ of the reserves is worth nothing rather than less."""
    reserves = np.array([[1e3, 2e3], [5e3, 1e3]])
    pools = constant_product(3, np.array([0, 1]), np.array([1, 2]), reserves, np.array([0.997, 1.0]))
    assert maximise(prepare(Network(3, (pools,))), route(3, 0, 2, 1e-18)).value >= 0
