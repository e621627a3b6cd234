"""Whole orders with prices that move: what is proposed, and what it comes to when settled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fill_or_kill import drawn, violations
from solver.equilibrium.batch import Batch, Pools
from solver.equilibrium.solve import equilibrium
from solver.selection.linear import chords
from solver.selection.moving import Effort, propose
from solver.selection.outcome import most_welfare, surplus, welfare
from solver.selection.pools import directions, givers
from solver.selection.reach import reach
from solver.selection.select import handed_back, select
from solver.selection.settling import settled


def lone(limit: float, reserves: float = 1e5) -> Batch:
    """One order of 100 against a pool at one to one."""
    pool = Pools(np.array([0]), np.array([1]), np.full((1, 2), reserves), np.array([1.0]), np.array([0.5]))
    one = np.ones(1)
    return Batch(np.ones(2), np.array([0]), np.array([1]), 100 * one, limit * one, np.array([True]), pool)


def test_prices_move_for_a_whole_order() -> None:
    """At the pool's own price nobody trades; prices that move by what it costs the pool fill the order."""
    batch = lone(0.99)
    proposal = propose(batch, np.ones(2), np.ones(2))
    assert proposal is not None
    assert proposal.shares.tolist() == [1.0]
    outcome = settled(batch, proposal.prices, proposal.shares, np.ones(2))
    assert outcome is not None
    assert outcome.fills.tolist() == [100.0]
    assert violations(batch, outcome) == 0


def test_no_price_in_reach_meets_the_limit() -> None:
    """A limit that the pool could only meet at a loss: nothing is proposed, and nothing settles."""
    batch = lone(1.01)
    proposal = propose(batch, np.ones(2), np.ones(2))
    assert proposal is None or not proposal.shares.any()
    assert settled(batch, np.ones(2), np.ones(1), np.ones(2)) is None


def test_too_many_orders_are_refused() -> None:
    """SCIP is not asked when more must be whole, or there are more entries, than the effort allows."""
    batch = drawn(200, 6, 20, 0, 1.0)
    prices = equilibrium(batch).prices
    assert propose(batch, prices, prices, Effort(whole=5)) is None
    assert propose(batch, prices, prices, Effort(entries=100)) is None


@pytest.mark.parametrize("seed", range(4))
def test_proposals_settle_lawfully_within_their_bound(seed: int) -> None:
    """What a proposal comes to breaks no rule and gains about what was promised, less than the equilibrium."""
    batch = drawn(200, 10, 20, seed, 0.5)
    relaxed = equilibrium(batch)
    proposal = propose(batch, relaxed.prices, relaxed.prices)
    assert proposal is not None
    pools = givers(batch.pools, relaxed.prices)
    promised = proposal.gain + float(pools.gain(pools.best).sum())
    most = most_welfare(batch, relaxed.prices)
    assert proposal.gain <= proposal.bound * (1 + 1e-6)
    assert promised <= most * (1 + 1e-6)
    outcome = settled(batch, proposal.prices, proposal.shares, relaxed.prices)
    if outcome is not None:
        assert violations(batch, outcome) == 0
        assert welfare(batch, outcome, relaxed.prices) == pytest.approx(promised, rel=0.02)


def test_the_same_proposal_twice() -> None:
    """One node, a fixed seed: the same shares and prices to the bit."""
    batch = drawn(200, 10, 20, 1, 0.5)
    prices = equilibrium(batch).prices
    one, other = (propose(batch, prices, prices) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.shares.tobytes() == other.shares.tobytes()
    assert one.prices.tobytes() == other.prices.tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_owners_gain_when_prices_hand_back_what_curves_leave(seed: int) -> None:
    """The same whole orders at other prices: lawful, and never less for owners; more where pools were paid above
    their curves."""
    batch = drawn(200, 10, 20, seed, 0.5)
    selected = select(batch, tries=10)
    better = handed_back(batch, selected.outcome)
    whole = batch.fill_or_kill
    assert violations(batch, better) == 0
    assert better.fills[whole].tolist() == selected.outcome.fills[whole].tolist()
    assert surplus(batch, better) >= surplus(batch, selected.outcome)
    if seed == 0:
        assert surplus(batch, better) > surplus(batch, selected.outcome)


def test_reach_ends_where_orders_mind() -> None:
    """Prices may move until orders worth the share minded would drop out, between bounds; the first stays."""
    batch = replace(drawn(3, 2, 0, 0, 0.0), sell=np.array([1, 1, 0]), buy=np.array([0, 0, 1]))
    room = reach(batch, np.array([0.002, 0.004, 0.003]), np.array([1.0, 5.0, 2.0]), 3.0, 0.001, 0.01)
    assert room.down.tolist() == [0.0, 0.004]
    assert room.up.tolist() == [0.0, 0.01]
    assert room.rise(np.array([1]), np.array([0])).tolist() == [0.01]
    assert room.fall(np.array([1]), np.array([0])).tolist() == [0.004]


def test_pools_at_moved_prices_are_the_pools_at_those_prices() -> None:
    """Moving a direction by a log price gives what the pool gives where prices really are so, counted before."""
    batch = drawn(10, 5, 12, 3, 0.5)
    prices = batch.values
    before = directions(batch.pools, prices)
    moved = prices.copy()
    moved[2] *= np.exp(0.004)
    after = directions(batch.pools, moved)
    seen = before.moved(np.where(before.out == 2, 0.004, np.where(before.into == 2, -0.004, 0.0)))
    scale = moved[before.out] / prices[before.out]
    assert seen.best * scale == pytest.approx(after.best, rel=1e-9, abs=1e-6)
    assert seen.most * scale == pytest.approx(after.most, rel=1e-9, abs=1e-6)


def test_chords_follow_the_gain() -> None:
    """Chords from the best down add up to the gain lost, at each of their ends."""
    pools = givers(drawn(10, 5, 12, 3, 0.5).pools, drawn(10, 5, 12, 3, 0.5).values)
    piece, width, slope = chords(pools, 100.0)
    below = slope > 0
    lost = np.bincount(piece[below], (width * slope)[below], len(pools.pool))
    down = np.bincount(piece[below], width[below], len(pools.pool))
    assert pools.gain(pools.best) - pools.gain(pools.best - down) == pytest.approx(lost, rel=1e-9, abs=1e-9)
