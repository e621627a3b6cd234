"""Stableswap pools by both of their searches, and the roots of clipped lines that one of them needs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from solver.router.clipped import root
from solver.router.families import Floats
from solver.router.stable_bracket import bracketed
from solver.router.stable_curve import solve
from solver.router.stable_pools import Pools, invariant


def drawn(seed: int, count: int = 60, spread: float = 0.01) -> tuple[Pools, Floats]:
    """Pools of two to four coins, out of balance, and log prices around par."""
    rng = np.random.default_rng(seed)
    used = np.arange(4)[:, None] < rng.integers(2, 5, count)
    worth = np.where(used, rng.lognormal(0, 0.4, (4, count)), 0.0)
    flat = rng.choice((5.0, 100.0, 2000.0), count) * used.sum(0)
    balances = np.where(used, worth / invariant(worth, flat, used), 1.0)
    log_gamma = np.log(1 - rng.choice((0.0, 1e-4, 4e-3), count))
    return Pools.of(balances, flat, log_gamma, used, used, used), rng.normal(0, spread, (4, count))


def off_curve(pools: Pools, balances: Floats) -> Floats:
    """F, zero on the curve, relative to its terms."""
    total = (balances * pools.used).sum(0)
    curved = 1.0 / np.where(pools.used, pools.used.sum(0) * balances, 1.0).prod(0)
    kept = pools.flat * (total - 1.0) + 1.0 - curved
    return np.asarray(kept / (pools.flat * (total + 1.0) + 1.0 + curved))


@pytest.mark.parametrize("spread", [1e-4, 1e-2, 0.3, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_both_searches_find_the_same_trades(seed: int, spread: float) -> None:
    """Newton's method from nothing, from an answer near by, and the bracket; and the trades lie on the curve."""
    pools, log_prices = drawn(seed, spread=spread)
    found = solve(pools, log_prices)
    trading = np.flatnonzero(found.settled)
    assert len(trading) > 20
    near = solve(pools, log_prices + np.random.default_rng(seed).normal(0, 1e-3, log_prices.shape))
    again = solve(pools, log_prices, near)
    slow = bracketed(pools.only(trading), log_prices[:, trading], found.level[trading])
    assert np.allclose(again.balances, found.balances, rtol=1e-9, atol=0)
    assert np.allclose(slow.balances, found.balances[:, trading], rtol=1e-9, atol=0)
    assert np.abs(off_curve(pools, found.balances)).max() <= 1e-13


def test_pools_trade_however_far_prices_are() -> None:
    """Every pool that has something to gain gains it: what it left would be missing from the bound."""
    for seed in range(5):
        pools, log_prices = drawn(seed, spread=3.0)
        assert solve(pools, log_prices).settled.all()


def test_pools_within_their_fee_rest() -> None:
    """To the last digit, and they earn nothing."""
    pools, _ = drawn(1)
    at_rest = solve(pools, pools.slopes)
    assert not at_rest.settled.any()
    assert (at_rest.balances == pools.balances).all()


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.integers(1, 6), st.sampled_from([0.0, 1.0]))
def test_clipped_lines_cross_zero_at_their_root(seed: int, count: int, tilt: float) -> None:
    """Beside a bisection of the same sum; without a tilt it may be zero over a whole range."""
    rng = np.random.default_rng(seed)
    down, up = rng.normal(0, 1, (count, 3)), rng.normal(1, 1, (count, 3))
    out, into = rng.uniform(0.1, 2, (count, 3)), rng.uniform(0.1, 2, (count, 3))
    constant = rng.normal(0, 5, 3) if tilt else np.zeros(3)
    found = root(down, out, up, into, tilt, constant)
    for column in range(3):

        def height(z: float, at: int = column) -> float:
            below, above = np.minimum(z - down[:, at], 0.0), np.maximum(z - up[:, at], 0.0)
            return float(below @ out[:, at] + above @ into[:, at] + tilt * z + constant[at])

        assert height(float(found[column])) == pytest.approx(0.0, abs=1e-12)
        if tilt:
            assert found[column] == pytest.approx(brentq(height, -100, 100), abs=1e-9)
