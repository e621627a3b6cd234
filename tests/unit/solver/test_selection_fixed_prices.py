"""Selection at fixed prices against brute force and against what two other solvers found."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import generators
from benchmarks.instance_runs import fixed_price
from solver.selection.fixed_prices import Market, select, surplus
from tests.shared import shared


def test_recorded_optima_are_reached() -> None:
    """Every recorded instance: no rule broken, no less than SCIP and HiGHS found, and the bound says so."""
    document = json.loads(shared("data/solver_instances/fixed_price_fok_milp.json").read_bytes())
    for row in fixed_price.run(document):
        assert row.violations == 0
        assert row.reference is not None
        assert row.value >= row.reference * (1 - 1e-9)
        assert row.bound is not None
        assert row.value <= row.bound * (1 + 1e-7)


@pytest.mark.parametrize("seed", range(30))
def test_tiny_markets_by_brute_force(seed: int) -> None:
    """Whole orders of small integer values, so that sums can balance exactly: the best of all subsets is found."""
    rng = np.random.default_rng(seed)
    n, tokens = 10, 3
    sell = rng.integers(0, tokens, n)
    buy = (sell + rng.integers(1, tokens, n)) % tokens
    market = Market(
        np.ones(tokens),
        sell,
        buy,
        rng.integers(1, 5, n).astype(float),
        rng.uniform(0.8, 1.05, n),
        np.ones(n, bool),
    )
    best = 0.0
    for subset in range(2**n):
        taken = (subset >> np.arange(n)) & 1
        fills = market.amount * taken
        net = np.bincount(sell, fills, tokens) - np.bincount(buy, fills, tokens)
        if not net.any() and np.all(market.limit[taken > 0] <= 1):
            best = max(best, surplus(market, fills))
    found = select(market)
    assert found.surplus == pytest.approx(best, abs=1e-9)
    assert found.bound >= best - 1e-9
    assert fixed_price.violations(market, found.fills) == 0


def test_whole_orders_that_no_sum_balances() -> None:
    """Of whole orders drawn at random none balance: so many that a search with cuts ends unproven at ten times the
    work, and one without them proves it."""
    drawn = generators.batch(40, 3, 0, 0, 1.0)
    market = Market(drawn.values, drawn.sell, drawn.buy, drawn.amount, drawn.limit, drawn.fill_or_kill)
    found = select(market)
    assert found.surplus == found.bound == 0.0
    assert found.relaxed > 300


def test_orders_many_times_all_others() -> None:
    """A whole order that all others together could not match stays out, one in part is filled as far as they go:
    neither hides the others from programs that count in typical orders."""
    sell, buy = np.array([0, 1, 0, 1]), np.array([1, 0, 1, 0])
    amount, limit = np.array([2.0, 2.0, 1e12, 3e12]), np.array([0.9, 0.8, 0.5, 0.5])
    whole = np.array([True, True, True, True])
    found = select(Market(np.ones(2), sell, buy, amount, limit, whole))
    assert found.fills.tolist() == [2.0, 2.0, 0.0, 0.0]
    assert found.bound == pytest.approx(found.surplus)
    found = select(Market(np.ones(2), sell, buy, amount, limit, np.array([True, True, False, True])))
    assert found.fills == pytest.approx([0.0, 2.0, 2.0, 0.0])
    assert found.surplus == found.bound == pytest.approx(1.4)


def test_nothing_to_trade() -> None:
    """No order, or none that is willing: nothing is filled and the bound is zero."""
    none = np.zeros(0, np.int64)
    empty = Market(np.ones(2), none, none, np.zeros(0), np.zeros(0), np.zeros(0, bool))
    assert select(empty).bound == 0.0
    one = np.ones(1)
    dear = Market(np.ones(2), np.array([0]), np.array([1]), one, one * 2, np.array([True]))
    assert select(dear).surplus == 0.0
    assert not select(dear).fills.any()


def test_a_lone_order_has_nobody_to_trade_with() -> None:
    """A willing order without counterparty stays unfilled."""
    lone = Market(np.ones(2), np.array([0]), np.array([1]), np.ones(1), np.ones(1) / 2, np.array([False]))
    assert not select(lone).fills.any()
