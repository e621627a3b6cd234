"""Networks that hardly hang together, that hold no arbitrage, or whose pools give nearly all they have."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import generators
from benchmarks.instance_runs.pools import as_flows, as_network, broken
from solver.router.constant_product import constant_product
from solver.router.dual import dual_of, evaluate
from solver.router.families import Network, arbitrage, route
from solver.router.maximise import maximise
from solver.router.prepare import prepare
from solver.router.primal import cut_back, trades_at


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("factor", [4.0, 8.0])
def test_groups_of_tokens_that_trade_with_nobody_do_not_lead_the_search_astray(factor: float, seed: int) -> None:
    """With fewer pools than tokens every draw is answered, proven, and executable."""
    asked = generators.arbitrage(8 + 2 * seed, factor, seed)
    tokens = len(asked.values)
    network, places = as_network(tokens, asked.pools)
    found = maximise(prepare(network), arbitrage(asked.values))
    assert found.shortfall <= 1e-13
    assert found.gap <= max(1e-9, found.resolution)
    assert broken(tokens, asked.pools, as_flows(asked.pools, places, found.flows), np.zeros(tokens)) == 0


def test_where_nothing_is_to_be_had_the_answer_is_to_do_nothing() -> None:
    """A chain of pools holds no cycle: the bound is nothing but rounding, and counts as closed."""
    reserves = np.random.default_rng(0).uniform(1.0, 1000.0, (6, 2))
    chain = constant_product(7, np.arange(6), np.arange(1, 7), reserves, np.ones(6))
    found = maximise(prepare(Network(7, (chain,))), arbitrage(np.linspace(0.1, 1.0, 7)))
    assert found.converged
    assert found.shortfall == 0.0
    assert 0.0 <= found.value <= found.bound <= 1e-20


@pytest.mark.parametrize("weighted", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_pools_that_give_nearly_all_they_have_are_still_paid_for_it(seed: int, weighted: float) -> None:
    """An order for a thousand times the liquidity at its token breaks no pool's curve."""
    asked = generators.route(40, seed=seed, weighted=weighted, size=1e3)
    network, places = as_network(asked.tokens, asked.pools)
    goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
    found = maximise(prepare(network), goal)
    assert found.converged
    assert broken(asked.tokens, asked.pools, as_flows(asked.pools, places, found.flows), goal.given) == 0


def test_an_order_below_what_floats_resolve_is_not_sought_for_again_and_again() -> None:
    """Where the gap may be rounding alone, that is told, the answer is feasible, and no search begins anew."""
    asked = generators.route(300, 250, seed=1, size=1e-11)
    network, _ = as_network(asked.tokens, asked.pools)
    found = maximise(prepare(network), route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in))
    assert found.shortfall <= 1e-13
    assert found.gap <= max(1e-9, found.resolution)
    assert found.iterations <= 500


def test_trades_are_cut_back_to_what_there_is() -> None:
    """At prices beside the best ones tokens fall short; cut back, none does, and every pool is paid as before."""
    asked = generators.route(60, seed=3, weighted=0.5)
    network, places = as_network(asked.tokens, asked.pools)
    goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
    prepared = prepare(network)
    best = maximise(prepared, goal)
    dual = dual_of(prepared, goal)
    y = np.log(best.prices) + np.random.default_rng(0).normal(0.0, 1e-3, asked.tokens)
    trades = trades_at(dual, evaluate(dual, y), 0.0)
    assert trades.shortfall(dual) > 1e-6
    cut = cut_back(dual, trades)
    assert cut.shortfall(dual) <= 1e-13
    assert 0.0 < goal.worth @ cut.net <= best.bound
    assert broken(asked.tokens, asked.pools, as_flows(asked.pools, places, cut.flows), goal.given) == 0
