"""Selection around an equilibrium: lawful always, and close to it where pools can make up for whole orders."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from benchmarks.fill_or_kill import drawn, violations
from solver.equilibrium.batch import Batch, Pools
from solver.linear import Optimum, maximum
from solver.selection import program as programs
from solver.selection.outcome import of, surplus
from solver.selection.pools import asked_by_curve, givers
from solver.selection.select import handed_back, select
from solver.selection.stationary import WholeMarket, prices_of


@pytest.mark.parametrize(("pools", "share", "seed"), [(300, 0.5, 0), (300, 1.0, 1), (300, 1.0, 2)])
def test_with_pools_little_is_lost(pools: int, share: float, seed: int) -> None:
    """2,000 orders, 20 tokens: at most twenty basis points of welfare are lost, and no rule is broken."""
    batch = drawn(2_000, 20, pools, seed, share)
    selected = select(batch, tries=20)
    assert violations(batch, selected.outcome) == 0
    assert selected.bound * (1 - 20e-4) <= selected.welfare <= selected.bound * (1 + 1e-9)


@pytest.mark.parametrize(("orders", "tokens", "pools"), [(60, 8, 4), (60, 3, 0), (5, 5, 2), (1, 2, 1), (0, 3, 2)])
def test_thin_markets_stay_lawful(orders: int, tokens: int, pools: int) -> None:
    """Few orders, few pools or none: whatever is filled breaks no rule."""
    for seed in range(2):
        for share in (0.5, 1.0):
            batch = drawn(orders, tokens, pools, seed, share)
            assert violations(batch, select(batch, tries=30).outcome) == 0


def test_without_fill_or_kill_it_is_the_equilibrium() -> None:
    """Nothing to round: nothing is lost."""
    batch = drawn(300, 6, 30, 3, 0.0)
    selected = select(batch)
    assert selected.welfare == pytest.approx(selected.bound, rel=1e-9)


def test_the_same_twice() -> None:
    """The same batch gives the same fills, to the bit."""
    batch = drawn(300, 8, 20, 5, 0.7)
    one, other = (select(batch, tries=10).outcome for _ in range(2))
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


def test_no_clock_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program is bounded by counted work alone: pivots for GLOP, and nodes too for SCIP."""
    asked: list[tuple[str, str]] = []

    def counted(*arguments: Any, solver: Literal["GLOP", "SCIP"] = "GLOP", **rest: Any) -> Optimum | None:
        asked.append((solver, arguments[1]))
        assert rest.get("seconds") is None
        return maximum(*arguments, solver=solver, **rest)

    monkeypatch.setattr(programs, "maximum", counted)
    select(drawn(200, 10, 20, 1, 0.5), tries=25)
    assert {solver for solver, _ in asked} == {"GLOP", "SCIP"}
    for solver, words in asked:
        assert ("max_deterministic_time" if solver == "GLOP" else "limits/totalnodes") in words
        assert "limits/time" not in words


def test_what_makes_no_sense_is_left_alone() -> None:
    """Orders and pools of tokens that are not there, amounts and limits that are none: others trade as before."""
    pools = Pools(
        np.array([0, 0, -1]), np.array([1, 7, 1]), np.full((3, 2), 1e4), np.full(3, 0.997), np.full(3, 0.5)
    )
    amount = np.array([1.0, 1.0, -5.0, np.inf, 1.0, 1.0, 1.0])
    limit = np.array([0.9, 0.9, 0.5, 0.5, 0.0, np.nan, 0.5])
    sell, buy = np.array([0, 5, 0, 1, 0, 1, 0]), np.array([1, 0, 1, 0, 1, 0, -1])
    batch = Batch(np.ones(2), sell, buy, amount, limit, np.ones(7, bool), pools)
    selected = select(batch)
    lone = select(
        Batch(np.ones(2), sell[:1], buy[:1], amount[:1], limit[:1], np.ones(1, bool), Pools(
            pools.a[:1], pools.b[:1], pools.reserves[:1], pools.gamma[:1], pools.weight[:1]
        ))
    )  # fmt: skip
    assert selected.outcome.fills.tolist() == [1.0, *[0.0] * 6]
    assert selected.bound == lone.bound
    assert not selected.outcome.pool_flows[1:].any()
    assert handed_back(batch, selected.outcome).fills.tolist() == selected.outcome.fills.tolist()


def test_a_batch_without_tokens() -> None:
    """No token, no trade, and no exception."""
    one = np.ones(1)
    batch = Batch(np.zeros(0), np.array([0]), np.array([1]), one, one, np.ones(1, bool), Pools.none())
    selected = select(batch)
    assert (selected.welfare, selected.bound, selected.outcome.fills.tolist()) == (0.0, 0.0, [0.0])
    assert handed_back(batch, selected.outcome) is selected.outcome


def test_owners_are_not_paid_for_with_pools() -> None:
    """1,000 whole orders, 1,000 pools, where a little more for pools could be bought with 27 basis points of
    what owners gain: they lose at most five."""
    batch = drawn(1_000, 50, 1_000, 13, 1.0)
    selected = select(batch)
    assert violations(batch, selected.outcome) == 0
    assert surplus(batch, selected.outcome) >= (1 - 5e-4) * surplus(batch, of(selected.relaxed))


def test_dust_beside_deep_pools_is_balanced_or_left() -> None:
    """An order worth less than what rounding of prices moves in a pool: in balance or not filled at all."""
    pool = Pools(np.array([0]), np.array([1]), np.array([[1e6, 2e6]]), np.array([0.9999]), np.array([0.5]))
    one = np.ones(1)
    for amount in 10.0 ** -np.arange(6, 19):
        batch = Batch(
            np.array([2.0, 1.0]), np.array([0]), np.array([1]), amount * one, 1.9 * one, np.array([True]), pool
        )
        selected = select(batch)
        assert violations(batch, selected.outcome) == 0
        if amount > 1e-9:
            assert selected.outcome.fills.tolist() == [amount]


@pytest.mark.parametrize(("limit", "filled"), [(0.99, [3, 2]), (0.9, [5, 3])])
def test_few_whole_orders_alone_settle_at_some_prices(limit: float, filled: list[int]) -> None:
    """Five orders of two units meet three of three: at equal prices three meet two, and at 9 to 10 all meet,
    where limits allow that."""
    side = np.repeat([0, 1], [5, 3])
    amount = np.repeat([2.0, 3.0], [5, 3])
    batch = Batch(np.ones(2), side, 1 - side, amount, np.full(8, limit), np.ones(8, bool), Pools.none())
    selected = select(batch)
    assert violations(batch, selected.outcome) == 0
    assert np.bincount(side[selected.outcome.fills > 0], minlength=2).tolist() == filled


def test_few_whole_orders_alone_against_every_selection() -> None:
    """Two to seven whole orders without pools: what can settle does, and little is lost against the best of all
    selections, each at the prices that balance it."""
    settled, lost = 0, []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        orders, tokens = int(rng.integers(3, 8)), int(rng.integers(2, 4))
        sell = rng.integers(0, tokens, orders)
        buy = (sell + 1 + rng.integers(0, tokens - 1, orders)) % tokens
        amount, limit = rng.choice([1.0, 2.0, 3.0], orders), np.full(orders, 0.9)
        batch = Batch(np.ones(tokens), sell, buy, amount, limit, np.ones(orders, bool), Pools.none())
        market = WholeMarket(tokens, sell, buy, amount, limit, 0.05, tokens)
        taken = [np.flatnonzero([number >> i & 1 for i in range(orders)]) for number in range(1, 2**orders)]
        best = max((float(amount[some].sum()) * 0.1 for some in taken if prices_of(market, some)), default=0.0)
        selected = select(batch)
        assert violations(batch, selected.outcome) == 0
        if best:
            settled += 1
            lost.append(1 - float(selected.outcome.fills.sum()) * 0.1 / best)
    assert settled >= 5
    assert np.mean(lost) <= 0.05
