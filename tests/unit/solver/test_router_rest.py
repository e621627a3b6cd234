"""Networks at rest: no arbitrage is left at their prices, and orders are the same from there, in fewer rounds."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.mixed_networks import DEPTH, mixed
from solver.router.constant_product import constant_product
from solver.router.dual import dual_of, evaluate
from solver.router.families import Goal, Network, route
from solver.router.maximise import maximise
from solver.router.prepare import prepare
from solver.router.rest import busiest, rested


def test_orders_are_worth_the_same_in_fewer_rounds() -> None:
    """Through every kind of venue, for orders between tokens drawn at random."""
    drawn = mixed(300, 3)
    prepared = prepare(drawn.network)
    at_rest = rested(prepared)
    rng, rounds = np.random.default_rng(0), {"prepared": 0, "rested": 0}
    for _ in range(8):
        give, want = rng.choice(drawn.network.tokens, 2, replace=False).tolist()
        goal = route(drawn.network.tokens, give, want, 0.02 * DEPTH / drawn.values[give])
        plain, quick = maximise(prepared, goal), maximise(at_rest, goal)
        assert plain.converged
        assert quick.converged
        assert quick.value == pytest.approx(plain.value, rel=2e-9)
        rounds["prepared"] += plain.iterations
        rounds["rested"] += quick.iterations
    assert rounds["rested"] < rounds["prepared"]


def test_no_arbitrage_is_left_at_its_prices() -> None:
    """What all venues earn there is what arbitrage is worth, and more at any prices beside them."""
    drawn = mixed(200, 1)
    prepared = prepare(drawn.network)
    at_rest = rested(prepared)
    money = busiest(prepared)
    worth, given = np.zeros(drawn.network.tokens), np.zeros(drawn.network.tokens)
    worth[money], given[money] = np.exp(at_rest.log_prices[money]), np.inf
    dual = dual_of(prepared, Goal(worth, given))
    least = evaluate(dual, at_rest.log_prices).value
    assert least == pytest.approx(maximise(prepared, Goal(worth, given)).value, rel=1e-5)
    free = np.flatnonzero(given == 0.0)
    for token in free[:10]:
        for step in (-1e-3, 1e-3):
            moved = at_rest.log_prices.copy()
            moved[token] += step
            assert evaluate(dual, moved).value > least * (1 - 1e-9)


def test_every_part_of_a_network_rests_by_itself() -> None:
    """Two pairs of pools that have no token in common, and a token without any venue."""
    a, b = np.array([0, 0, 2, 2]), np.array([1, 1, 3, 3])
    reserves = np.array([[100.0, 100.0], [100.0, 110.0], [50.0, 200.0], [50.0, 190.0]])
    prepared = prepare(Network(5, (constant_product(5, a, b, reserves, np.full(4, 1.0)),)))
    at_rest = rested(prepared)
    assert sorted(prepared.part[busiest(prepared)].tolist()) == list(range(prepared.parts))
    apart = at_rest.log_prices[[0, 2]] - at_rest.log_prices[[1, 3]]
    # Profit is kept in the first token of a pair, so that as much of the second as pools hold is left in them.
    held, roots = reserves[:, 1].reshape(2, 2).sum(1), np.sqrt(reserves.prod(1)).reshape(2, 2).sum(1)
    assert apart == pytest.approx(2 * np.log(held / roots), abs=1e-6)
    assert at_rest.log_prices[4] == 0.0
