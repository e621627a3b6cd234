"""Selection around an equilibrium: lawful always, and close to it where pools can make up for whole orders."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fill_or_kill import drawn, violations
from solver.equilibrium.batch import Batch, Pools
from solver.selection.pools import asked_by_curve, givers
from solver.selection.select import select


@pytest.mark.parametrize(("pools", "share", "seed"), [(300, 0.5, 0), (300, 1.0, 1), (300, 1.0, 2)])
def test_with_pools_little_is_lost(pools: int, share: float, seed: int) -> None:
    """2,000 orders, 20 tokens: at most twenty basis points of welfare are lost, and no rule is broken."""
    batch = drawn(2_000, 20, pools, seed, share)
    selected = select(batch, seconds=20.0, tries=20)
    assert violations(batch, selected.outcome) == 0
    assert selected.bound * (1 - 20e-4) <= selected.welfare <= selected.bound * (1 + 1e-9)


@pytest.mark.parametrize(("orders", "tokens", "pools"), [(60, 8, 4), (60, 3, 0), (5, 5, 2), (1, 2, 1), (0, 3, 2)])
def test_thin_markets_stay_lawful(orders: int, tokens: int, pools: int) -> None:
    """Few orders, few pools or none: whatever is filled breaks no rule."""
    for seed in range(2):
        for share in (0.5, 1.0):
            batch = drawn(orders, tokens, pools, seed, share)
            assert violations(batch, select(batch, seconds=20.0, tries=30).outcome) == 0


def test_without_fill_or_kill_it_is_the_equilibrium() -> None:
    """Nothing to round: nothing is lost."""
    batch = drawn(300, 6, 30, 3, 0.0)
    selected = select(batch)
    assert selected.welfare == pytest.approx(selected.bound, rel=1e-9)


def test_the_same_twice() -> None:
    """The same batch gives the same fills, to the bit."""
    batch = drawn(300, 8, 20, 5, 0.7)
    one, other = (select(batch, seconds=60.0, tries=10).outcome for _ in range(2))
    assert one.fills.tobytes() == other.fills.tobytes()
    assert one.prices.tobytes() == other.prices.tobytes()


def test_a_whole_order_against_a_pool() -> None:
    """A lone fill-or-kill order that a deep pool can serve within its limit is filled whole or not at all."""
    pool = Pools(np.array([0]), np.array([1]), np.array([[1e6, 1e6]]), np.array([0.999]), np.array([0.5]))
    one = np.ones(1)
    batch = Batch(np.ones(2), np.array([0]), np.array([1]), 100 * one, 0.99 * one, np.array([True]), pool)
    outcome = select(batch).outcome
    assert violations(batch, outcome) == 0
    assert outcome.fills.tolist() == [100.0]


def test_pools_gain_most_where_their_marginal_price_meets_the_prices() -> None:
    """No other amount gains more, at the most allowed the gain is zero, and the curve asks what is then paid."""
    rng = np.random.default_rng(0)
    count = 40
    reserves = np.exp(rng.normal(3, 1, (count, 2)))
    pools = Pools(
        np.zeros(count, np.int64),
        np.ones(count, np.int64),
        reserves,
        np.full(count, 0.997),
        rng.uniform(0.2, 0.8, count),
    )
    prices = np.array([1.0, 1.3])
    found = givers(pools, prices)
    assert len(found.pool) > 10
    for factor in (0.9, 0.999, 1.001, 1.1):
        assert np.all(found.gain(found.best * factor) <= found.gain(found.best))
    assert found.gain(found.most) == pytest.approx(0, abs=1e-9 * found.most.max())
    given = np.zeros((count, 2))
    given[found.pool, found.side] = found.most / prices[found.out]
    paid = found.most / prices[found.into]
    assert asked_by_curve(pools, given)[found.pool, found.side] == pytest.approx(paid, rel=1e-9)
