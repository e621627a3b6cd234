"""Laws of fill-or-kill selection that hold for every market."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fill_or_kill import drawn, violations
from benchmarks.instance_runs import fill_or_kill, fixed_price
from solver.selection.fixed_prices import Market, select
from solver.selection.free_prices import solve
from solver.selection.select import select as select_around
from solver.selection.stationary import WholeMarket

seeds = st.integers(0, 10**6)


def whole_market(orders: int, tokens: int, seed: int) -> WholeMarket:
    rng = np.random.default_rng(seed)
    sell = rng.integers(0, tokens, orders)
    buy = (sell + rng.integers(1, tokens, orders)) % tokens
    amount, limit = np.exp(rng.normal(0, 0.45, orders)), np.exp(-rng.normal(0.08, 0.07, orders))
    return WholeMarket(tokens, sell, buy, amount, limit, 0.5, 2.0)


def fixed_market(orders: int, tokens: int, seed: int, share: float) -> Market:
    rng = np.random.default_rng(seed)
    prices = np.exp(rng.normal(0, 1, tokens))
    sell = rng.integers(0, tokens, orders)
    buy = (sell + rng.integers(1, tokens, orders)) % tokens
    amount = np.exp(rng.normal(0, 1, orders)) / prices[sell]
    limit = prices[sell] / prices[buy] * np.exp(-rng.normal(0.004, 0.01, orders))
    return Market(prices, sell, buy, amount, limit, rng.random(orders) < share)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(0, 30), st.integers(2, 6), st.floats(0, 1))
def test_fixed_prices_break_no_rule_and_bound_themselves(
    seed: int, orders: int, tokens: int, share: float
) -> None:
    """What is filled is lawful, and worth no more than the bound, which is no more than the relaxed one."""
    market = fixed_market(orders, tokens, seed, share)
    found = select(market)
    assert fixed_price.violations(market, found.fills) == 0
    assert found.surplus <= found.bound * (1 + 1e-7) + 1e-12
    assert found.bound <= found.relaxed * (1 + 1e-7) + 1e-12


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(2, 25), st.integers(2, 5))
def test_an_order_more_never_lowers_the_relaxed_bound(seed: int, orders: int, tokens: int) -> None:
    """At fixed prices a market with one order fewer cannot be worth more."""
    market = fixed_market(orders, tokens, seed, 0.5)
    fewer = Market(
        market.prices, market.sell[:-1], market.buy[:-1], market.amount[:-1], market.limit[:-1],
        market.fill_or_kill[:-1],
    )  # fmt: skip
    assert select(fewer).relaxed <= select(market).relaxed * (1 + 1e-7) + 1e-12


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(1, 9), st.integers(2, 3))
def test_free_prices_conserve_value_and_are_proven(seed: int, orders: int, tokens: int) -> None:
    """Every answer conserves value, meets limits and bounds, and small markets are solved to the end."""
    market = whole_market(orders, tokens, seed)
    found = solve(market)
    assert fill_or_kill.violations(market, found) == 0
    assert found.bound <= found.surplus * (1 + 1e-8) + 1e-12


@settings(max_examples=10, deadline=None)
@given(seeds, st.floats(1e-6, 1e6))
def test_free_prices_know_no_units(seed: int, unit: float) -> None:
    """Amounts in other units: the same orders, the surplus in these units."""
    market = whole_market(8, 3, seed)
    found, scaled = solve(market), solve(replace(market, amount=market.amount * unit))
    assert scaled.surplus == pytest.approx(found.surplus * unit, rel=1e-7)


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(0, 60), st.integers(2, 8), st.integers(0, 20), st.sampled_from([0.0, 0.5, 1.0]))
def test_around_an_equilibrium_nothing_is_broken(
    seed: int, orders: int, tokens: int, pools: int, share: float
) -> None:
    """Whole or not at all, within limits, in balance, pools on or above their curves; never above the bound."""
    batch = drawn(orders, tokens, pools, seed, share)
    selected = select_around(batch, tries=30)
    assert violations(batch, selected.outcome) == 0
    assert selected.welfare <= selected.bound * (1 + 1e-9) + 1e-12
