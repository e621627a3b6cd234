"""Laws of equilibria: units do not matter, names do not matter, and no batch beats its bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solver.equilibrium.batch import Batch, Equilibrium, Pools
from solver.equilibrium.bound import pay_as_bid_bound
from solver.equilibrium.integers import broken, settle
from solver.equilibrium.solve import equilibrium
from tests.equilibrium_markets import FAMILIES, batch, drawn

markets = st.builds(drawn, st.sampled_from(FAMILIES), st.integers(0, 10_000))
limits = st.sampled_from([0.25, 0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 2.0, 4.0])
orders = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([1.0, 2.0, 3.0, 7.0]), limits), max_size=8
)


def surplus(b: Batch, e: Equilibrium) -> float:
    """What orders get above their limits, at the batch's values."""
    rate = e.prices[b.sell] / e.prices[b.buy]
    return float(np.sum((rate - b.limit) * b.values[b.buy] * e.fills))


@settings(max_examples=60, deadline=None)
@given(markets)
@example(drawn("one way", 573))
def test_every_drawn_market_is_solved_exactly(b: Batch) -> None:
    """An equilibrium to rounding, whole units of it, and no limit missed."""
    e = equilibrium(b)
    assert e.exact
    assert broken(b, settle(b, e)) == 0


@settings(max_examples=150, deadline=None)
@given(orders)
def test_tiny_markets_full_of_ties_are_solved_exactly(written: list[tuple[int, int, float, float]]) -> None:
    """A handful of orders whose limits meet in every way."""
    b = batch(4, written)
    e = equilibrium(b)
    assert e.exact
    z = settle(b, e)
    assert broken(b, z) == 0
    assert all(left >= 0 for left in z.leftovers)


@settings(max_examples=30, deadline=None)
@given(markets, st.integers(-40, 40))
def test_scaling_a_token_changes_nothing_else(b: Batch, power: int) -> None:
    """Counting token 0 in other units moves its price and its amounts, and no share filled."""
    unit = 2.0**power
    of = np.where(np.arange(len(b.values)) == 0, unit, 1.0)
    pools = Pools(
        b.pools.a, b.pools.b, b.pools.reserves * np.stack([of[b.pools.a], of[b.pools.b]], 1), b.pools.gamma,
        b.pools.weight,
    )  # fmt: skip
    scaled = replace(
        b, values=b.values / of, amount=b.amount * of[b.sell], limit=b.limit * of[b.buy] / of[b.sell], pools=pools
    )
    one, other = equilibrium(b), equilibrium(scaled)
    assert one.exact
    assert other.exact
    assert np.allclose(surplus(b, one), surplus(scaled, other), rtol=1e-7, atol=1e-7 * max(1.0, surplus(b, one)))


@settings(max_examples=30, deadline=None)
@given(markets)
@example(drawn("one way", 573))
def test_no_equilibrium_of_a_batch_or_part_of_it_beats_the_bound(b: Batch) -> None:
    """The pay-as-bid bound holds for the batch, and for half of its orders without pools."""
    bound = pay_as_bid_bound(b)
    assert surplus(b, equilibrium(b)) <= bound * (1 + 1e-9) + 1e-9
    half = slice(0, len(b.sell) // 2)
    fewer = replace(
        b, sell=b.sell[half], buy=b.buy[half], amount=b.amount[half], limit=b.limit[half],
        fill_or_kill=b.fill_or_kill[half], pools=Pools.none(),
    )  # fmt: skip
    assert surplus(fewer, equilibrium(fewer)) <= bound * (1 + 1e-9) + 1e-9


@settings(max_examples=30, deadline=None)
@given(markets, st.randoms(use_true_random=False))
def test_the_order_of_orders_does_not_matter(b: Batch, shuffle) -> None:  # type: ignore[no-untyped-def]
    """Shuffled orders come to the same surplus."""
    order = list(range(len(b.sell)))
    shuffle.shuffle(order)
    shuffled = replace(
        b, sell=b.sell[order], buy=b.buy[order], amount=b.amount[order], limit=b.limit[order],
        fill_or_kill=b.fill_or_kill[order],
    )  # fmt: skip
    one, other = surplus(b, equilibrium(b)), surplus(shuffled, equilibrium(shuffled))
    assert np.allclose(one, other, rtol=1e-7, atol=1e-7)
