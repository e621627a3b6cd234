"""Whole orders with prices to be found: against recorded optima, brute force, and a mixed-integer program."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.instance_runs import fill_or_kill
from solver.selection.free_prices import solve
from solver.selection.stationary import WholeMarket, prices_of
from tests.shared import shared


def drawn(orders: int, tokens: int, seed: int) -> WholeMarket:
    rng = np.random.default_rng(seed)
    sell = rng.integers(0, tokens, orders)
    buy = (sell + rng.integers(1, tokens, orders)) % tokens
    amount, limit = np.exp(rng.normal(0, 0.45, orders)), np.exp(-rng.normal(0.08, 0.07, orders))
    return WholeMarket(tokens, sell, buy, amount, limit, 0.5, 2.0)


def test_recorded_optima_are_reached_and_proven() -> None:
    """The recorded markets of up to 14 orders: the known optimum, proven, with no rule broken."""
    document = json.loads(shared("data/solver_instances/fok_exact_small.json").read_bytes())
    small = [instance for instance in document["instances"] if len(instance["orders"]) <= 14]
    for row in fill_or_kill.run({**document, "instances": small}):
        assert row.violations == 0
        assert row.reference is not None
        assert row.value == pytest.approx(row.reference, rel=1e-9)
        assert row.bound == pytest.approx(row.value, rel=1e-9)


@pytest.mark.parametrize(
    ("orders", "tokens", "seed"), [(8, 3, s) for s in range(5)] + [(9, 4, s) for s in range(3)]
)
def test_tiny_markets_by_brute_force(orders: int, tokens: int, seed: int) -> None:
    """The best of all subsets, each priced on its own, is found and proven."""
    market = drawn(orders, tokens, seed)
    best = 0.0
    for subset in range(1, 2**orders):
        priced = prices_of(market, np.flatnonzero((subset >> np.arange(orders)) & 1))
        best = max(best, priced[0] if priced else 0.0)
    found = solve(market)
    assert found.surplus == pytest.approx(best, rel=1e-9, abs=1e-12)
    assert found.bound == pytest.approx(found.surplus, rel=1e-8, abs=1e-12)
    assert fill_or_kill.violations(market, found) == 0


def test_prices_of_a_ring() -> None:
    """A ring of three orders balances where each sells what the last one pays: prices inverse to amounts."""
    market = WholeMarket(
        3, np.array([0, 1, 2]), np.array([1, 2, 0]), np.array([1.0, 1.25, 0.8]), np.full(3, 0.5), 0.5, 2.0
    )
    priced = prices_of(market, np.arange(3))
    assert priced is not None
    worth = market.amount * priced[1]
    assert worth == pytest.approx(np.full(3, worth[0]), rel=1e-12)
    assert priced[1].sum() == pytest.approx(3)
    assert prices_of(market, np.arange(2)) is None


def test_a_budget_of_nothing_still_bounds() -> None:
    """Cut short, the search gives a valid answer and a bound above it; the same one twice."""
    market = drawn(16, 4, 1)
    short, again, full = solve(market, cells=30), solve(market, cells=30), solve(market)
    assert short.surplus <= full.surplus <= short.bound
    assert (short.surplus, short.bound, short.accepted.tolist()) == (
        again.surplus, again.bound, again.accepted.tolist(),
    )  # fmt: skip


def test_an_empty_market() -> None:
    """No order: nothing accepted, nothing possible."""
    none = np.zeros(0, np.int64)
    found = solve(WholeMarket(3, none, none, np.zeros(0), np.zeros(0), 0.5, 2.0))
    assert (found.surplus, found.bound, len(found.accepted)) == (0.0, 0.0, 0)
