"""Circulations of orders in floats: flows against a linear program, bounds against flows, search against grids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from solver.circulation.book import Book, Floats, part, rescaled, typical_log_prices
from solver.circulation.branch import Search
from solver.circulation.cells import everywhere
from solver.circulation.flows import best_flow
from solver.circulation.moves import climbed
from solver.circulation.relaxation import proven, reach_of, relaxed

FEE = 0.001


def random_book(seed: int, orders: int, assets: int, *, spread: float = 0.1, wrong: float = 0.0) -> Book:
    """Orders with limits around hidden prices; reference prices are off by ``wrong`` in log."""
    draw = np.random.default_rng(seed)
    price = draw.normal(0.0, 1.0, assets)
    give = draw.integers(0, assets, orders)
    want = (give + draw.integers(1, assets, orders)) % assets
    limit = np.exp(price[give] - price[want] + draw.normal(0.0, spread, orders))
    account = draw.integers(0, orders, orders)
    # An account is of one owner and one asset.
    _, account = np.unique(account * assets + give, return_inverse=True)
    most = np.exp(draw.normal(0.0, 1.0, orders) - price[give])
    held = np.full(account.max() + 1, np.inf)
    held[account] = np.exp(-price[give]) * draw.uniform(0.5, 3.0, orders)
    worth = np.exp(price + draw.normal(0.0, wrong, assets))
    return Book(
        assets=assets,
        give=give,
        want=want,
        most=np.minimum(most, held[account]),
        limit=limit,
        floor=np.log(limit) - np.log(1.0 - FEE),
        gain=worth[give] - worth[want] * limit,
        account=account,
        held=held,
        worth=worth,
    )


def best_by_linear_program(book: Book, price: Floats) -> float:
    """The best flow at ``price`` by HiGHS, written straight from the definition."""
    inside = price[book.give] - price[book.want] >= book.floor
    rate = np.exp(price)
    conserved = np.zeros((book.assets, book.size))
    for k in range(book.size):
        conserved[book.give[k], k] += rate[book.give[k]]
        conserved[book.want[k], k] -= rate[book.give[k]]
    draws = (book.account[None, :] == np.arange(len(book.held))[:, None]).astype(float)
    found = linprog(
        -book.gain,
        A_eq=conserved,
        b_eq=np.zeros(book.assets),
        A_ub=draws,
        b_ub=book.held,
        bounds=[(0.0, float(most)) for most in np.where(inside, book.most, 0.0)],
    )
    assert found.status == 0
    assert found.fun is not None
    return float(-found.fun)


@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(2, 6))
@example(seed=151310, orders=39, assets=3)  # a balance larger than any order that draws on it
@settings(max_examples=60, deadline=None)
def test_best_flow_is_the_optimum_at_its_prices(seed: int, orders: int, assets: int) -> None:
    """A minimum-cost flow of value finds what a linear program finds, within limits, balances and conservation."""
    book = random_book(seed, orders, assets, spread=0.5)
    price = np.log(book.worth)
    flow = best_flow(book, price)
    assert flow.value == pytest.approx(best_by_linear_program(book, price), rel=1e-6, abs=1e-6)
    value = flow.given * np.exp(price)[book.give]
    net = np.bincount(book.give, value, assets) - np.bincount(book.want, value, assets)
    assert np.abs(net).max() < 1e-9 * (1.0 + value.sum())
    drawn = np.bincount(book.account, flow.given, len(book.held))
    assert (drawn <= book.held * (1.0 + 1e-9)).all()


@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(2, 6))
@settings(max_examples=60, deadline=None)
def test_no_flow_beats_the_bound_of_its_cell(seed: int, orders: int, assets: int) -> None:
    """At any prices in a cell the best flow is worth no more than the cell's bound, nor than any duals prove."""
    book = random_book(seed, orders, assets, spread=0.5, wrong=0.5)
    draw = np.random.default_rng(seed + 1)
    price = np.log(book.worth) + draw.normal(0.0, 0.3, assets)
    cell = everywhere(assets)
    for _ in range(draw.integers(0, 4)):
        a, b = draw.choice(assets, 2, replace=False)
        cell = cell.narrowed(a, b, float(price[a] - price[b] + draw.uniform(0.0, 0.5)))
    value = best_flow(book, price).value
    found = relaxed(book, cell)
    assert value <= found.bound * (1.0 + 1e-6) + 1e-9
    bound, _ = proven(book, reach_of(book, cell), book.worth * draw.uniform(1.0, 1.5, assets))
    assert value <= bound * (1.0 + 1e-6) + 1e-9


@given(st.integers(0, 10**6), st.integers(2, 12))
@example(seed=3, orders=3)  # the optimum is at one price alone
@settings(max_examples=25, deadline=None)
def test_two_assets_are_solved_like_on_a_grid(seed: int, orders: int) -> None:
    """With two assets every price that matters can be tried: where somebody's limit is, and in between."""
    book = random_book(seed, orders, 2, spread=0.5, wrong=1.0)
    search = Search(book, 1e-5)
    search.begin([np.zeros(2)])
    while not search.done and len(search.nodes) < 400:
        search.step()
    kinks = np.where(book.give == 0, book.floor, -book.floor)
    tried = np.unique(
        np.concatenate([kinks, kinks + 1e-9, kinks - 1e-9, np.linspace(kinks.min(), kinks.max(), 200)])
    )
    best = max(best_flow(book, np.array([log_rate, 0.0])).value for log_rate in tried)
    assert search.best.value >= best * (1.0 - 1e-4) - 1e-9
    assert search.bound >= best * (1.0 - 1e-6) - 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_search_narrows_the_gap(seed: int) -> None:
    """Forty orders among four assets with reference prices off by a fifth: bound and best within five percent."""
    book = random_book(seed, 40, 4, wrong=0.2)
    search = Search(book, 1e-3)
    search.begin([np.log(book.worth)])
    while not search.done and len(search.nodes) < 200:
        search.step()
    assert 0.0 < search.best.value <= search.bound <= search.best.value * 1.05


def test_climbing_never_loses() -> None:
    """Moving prices gives a flow at least as good."""
    book = random_book(3, 60, 5)
    start = best_flow(book, np.log(book.worth))
    assert climbed(book, start, moves=10).value >= start.value


@given(st.integers(0, 10**6), st.floats(-40.0, 40.0))
@settings(max_examples=20, deadline=None)
def test_units_change_nothing(seed: int, log_unit: float) -> None:
    """Measuring one asset in other units leaves scores as they are."""
    book = random_book(seed, 30, 4)
    unit = np.array([log_unit, 0.0, -log_unit / 2.0, 0.0])
    other = rescaled(book, unit)
    price = np.log(book.worth)
    value = best_flow(book, price).value
    assert best_flow(other, price - unit).value == pytest.approx(value, rel=1e-6, abs=1e-9)
    assert typical_log_prices(other).shape == (4,)


def test_typical_prices_bring_far_units_together() -> None:
    """Limits around hidden prices: rescaled by typical prices they are near one, whatever the units."""
    book = rescaled(random_book(1, 200, 6, spread=0.02), np.array([50.0, -30.0, 0.0, 10.0, -50.0, 5.0]))
    scaled = rescaled(book, typical_log_prices(book))
    assert np.median(np.abs(np.log(scaled.limit))) < 0.05


def test_a_part_keeps_accounts_together() -> None:
    """Orders outside the chosen assets are gone; balances are those of the orders that stay."""
    book = random_book(5, 50, 6)
    smaller, places = part(book, [2, 0, 5])
    assert (book.give[places] == np.array([2, 0, 5])[smaller.give]).all()
    assert (book.held[book.account[places]] == smaller.held[smaller.account]).all()


def test_nothing_to_trade() -> None:
    """Limits that do not meet: no flow, and the bound says so."""
    book = random_book(0, 30, 2)
    apart = replace(book, limit=book.limit * 50.0, floor=book.floor + np.log(50.0))
    apart = replace(apart, gain=apart.worth[apart.give] - apart.worth[apart.want] * apart.limit)
    search = Search(apart, 1e-4)
    search.offer(np.log(apart.worth))
    assert search.best.value == 0.0
    assert search.bound < 1e-6
