"""Every family answers prices as its exact venues would, and nothing beats its answer."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import brentq

from intents.venue_states import ConstantProductState, VenueId
from liquidity.errors import VenueError
from settlement.certificate.gains import most_gain
from solver.router.activation import Costed
from solver.router.books import Book, Books
from solver.router.families import Family, Floats
from solver.router.ramp import Ramp
from solver.router.stable import Stable
from solver.router.venues import market
from solver.router.weighted_many import WeightedMany
from tests.router_worlds import KINDS, world

Curve = Callable[[Floats], float]
PAIRS = tuple(kind for kind in KINDS if kind not in ("many", "balancer", "curve"))


def curvature(family: Family, stiffness: Floats) -> Floats:
    matrix = np.zeros((family.tokens, family.tokens))
    for weight, i, j in zip(stiffness, family.tails, family.heads, strict=True):
        matrix[i, i] += weight
        matrix[j, j] += weight
        matrix[i, j] -= weight
        matrix[j, i] -= weight
    return matrix


def check_derivatives(family: Family, y: Floats, width: float = 0.0) -> None:
    """The net is the gradient of the profit by log prices, the stiffness its curvature less the gradient."""
    answer, step = family.answer(y, width), 1e-6
    values = np.exp(y[family.slot_token]) * family.flows(y, width)
    size = float(np.abs(values).sum()) + 1e-9
    assert np.allclose(np.bincount(family.slot_token, values, family.tokens), answer.net, atol=1e-9 * size)
    matrix = curvature(family, answer.stiffness)
    for token in range(family.tokens):
        moved = np.zeros(family.tokens)
        moved[token] = step
        above, below = family.answer(y + moved, width), family.answer(y - moved, width)
        assert (above.profit - below.profit) / (2 * step) == pytest.approx(answer.net[token], abs=1e-4 * size)
        column = (above.net - below.net) / (2 * step)
        column[token] -= answer.net[token]
        assert np.allclose(column, matrix[:, token], atol=1e-3 * (np.abs(matrix).max() + size))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("book", "limit")])
@pytest.mark.parametrize("seed", range(3))
def test_net_and_stiffness_are_derivatives(kind: str, seed: int) -> None:
    """By finite differences at random prices."""
    states, _, values = world(seed, kinds=(kind,), venues=6)
    described = market(states)
    numbers = [int(str(asset)[1:]) for asset in described.tokens]
    y = np.log(np.array(values)[numbers]) + np.random.default_rng(seed).normal(0, 0.02, len(numbers))
    for family in described.network.families:
        check_derivatives(family, y)


@pytest.mark.parametrize("width", [0.003, 0.05])
def test_spread_levels_have_the_derivatives_they_say(width: float) -> None:
    """A book between its levels, spread."""
    bids = ((10.0, 10.2), (5.0, 5.0), (20.0, 19.0))
    books = Books.of(3, [Book(0, 1, bids, ((11.0, 10.0),)), Book(1, 2, bids, ())])
    check_derivatives(books, np.array([0.001, 0.0, -0.0043]), width)


def test_a_spread_level_is_no_better_than_the_level() -> None:
    """At any fill it pays at most pro rata, and the whole of it in the limit."""
    books = Books.of(2, [Book(0, 1, ((10.0, 20.0),), ())])
    for part in (0.1, 0.5, 0.9, 1.0):
        for width in (1e-1, 1e-3, 1e-6):
            paid, got = books.flows(np.array([np.log(2.0) - part * width, 0.0]), width)
            assert -paid == pytest.approx(10 * part, rel=1e-6)
            assert got <= -2 * paid * (1 + 1e-9)
            assert got >= -2 * paid * (1 - width)


def test_costs_are_charged_in_part_and_have_the_derivatives_they_say() -> None:
    """Pools around their break-even."""
    rows = [[0, 1], [1, 2], [0, 2, 3]]
    pools = WeightedMany.of(
        4, rows, [[100.0] * len(row) for row in rows], [[1.0] * len(row) for row in rows], [0.99] * 3
    )
    costed = Costed.of(pools, 3, np.array([0.2, 0.1, 0.3]))
    y = np.array([0.0, 0.12, -0.02, 0.05])
    check_derivatives(costed, y, 0.02)
    used = costed.parts(y, 0.02)
    assert ((used >= 0) & (used <= 1)).all()
    assert costed.answer(y, 0.02).profit <= costed.answer(y).profit + 1e-12


def test_a_ramp_answers_with_its_best_part() -> None:
    """No other θ is worth more."""
    ramp = Ramp(np.array([0.3, 0.9]), np.array([2.0, 5.0]))
    z = np.array([0.4, 1.0])
    part = ramp.part(z)
    best = ramp.worth(z, part)
    for other in np.linspace(0, 1, 21):
        assert ramp.worth(z, np.array([other, part[1]])) <= best + 1e-12
        assert ramp.worth(z, np.array([part[0], other])) <= best + 1e-12


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("seed", range(4))
def test_flows_are_what_the_exact_venue_pays(kind: str, seed: int) -> None:
    """Two-token venues, asked at prices off their own, up to lots and rounding."""
    states, _, values = world(seed, kinds=(kind,), venues=8)
    described = market(states)
    numbers = [int(str(asset)[1:]) for asset in described.tokens]
    y = np.log(np.array(values)[numbers]) + np.random.default_rng(seed).normal(0, 0.03, len(numbers))
    traded = 0
    for family, ids in zip(described.network.families, described.ids, strict=True):
        flows = family.flows(y)
        for number, name in enumerate(ids):
            slots = np.flatnonzero(family.slot_venue == number)
            paid, got = sorted(slots, key=lambda slot: flows[slot])
            if flows[paid] >= -1e6:
                continue
            assets = described.tokens[family.slot_token[paid]], described.tokens[family.slot_token[got]]
            amount = int(-flows[paid] * (1 - 1e-12))
            try:
                exact = described.venues[name].quote_in(*assets, amount)
            except VenueError:
                continue
            assert exact <= flows[got] * (1 + 1e-11)
            assert exact >= flows[got] * (1 - (1e-4 if kind == "book" else 1e-9))
            traded += 1
    assert traded > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_profit_is_the_exact_conjugate(kind: str, seed: int) -> None:
    """What a family earns is what exact integers say that no trade can beat."""
    states, _, values = world(seed, kinds=(kind,), venues=5)
    described = market(states)
    numbers = [int(str(asset)[1:]) for asset in described.tokens]
    noise = np.random.default_rng(seed).normal(0, 0.02, len(numbers))
    whole = [int(price * 2**64) for price in np.array(values)[numbers] * np.exp(noise)]
    prices = dict(zip(described.tokens, whole, strict=True))
    exact = sum(most_gain(states[name], prices) for name in described.venues) / 2**64
    y = np.log(np.array([float(price) for price in whole])) - 64 * np.log(2)
    profit = sum(family.answer(y).profit for family in described.network.families)
    # Of stableswap pools the exact bound allows trades in a row, which can gain a little more than one.
    assert profit == pytest.approx(exact, rel=0.2 if kind in ("balancer", "curve") else 1e-9, abs=1e3)
    assert profit <= exact * (1 + 1e-9) + 1e3


@pytest.mark.parametrize("seed", range(6))
def test_no_random_trade_beats_pools_of_many_tokens(seed: int) -> None:
    """Trades drawn at random on the pools' own curves earn no more at the same prices."""
    rng = np.random.default_rng(seed)
    reserves, weights = rng.uniform(50, 200, 4), rng.dirichlet(np.ones(4) * 3)
    on_output = bool(seed % 2)
    weighted = WeightedMany.of(4, [[0, 1, 2, 3]], [reserves.tolist()], [weights.tolist()], [0.997])
    stable = Stable.of(4, [[0, 1, 2, 3]], [reserves.tolist()], [[1.0] * 4], [30.0], [0.999], [on_output])
    unit = float(brentq(lambda d: amplified(reserves / d), 0.1 * reserves.sum(), 2 * reserves.sum()))

    def kept(balances: Floats) -> float:
        return float(weights @ np.log(balances / reserves))

    def kept_flat(balances: Floats) -> float:
        return amplified(balances / unit)

    for family, curve, into, out in (
        (weighted, kept, 0.997, 1.0),
        (stable, kept_flat, *((1.0, 1 / 0.999) if on_output else (0.999, 1.0))),
    ):
        y = rng.normal(0, 0.2 if family is weighted else 0.02, 4)
        best = family.answer(y).profit
        for _ in range(200):
            flows = rng.normal(0, 5, 4)
            flows[0] = 0.0
            balances = reserves - flows * np.where(flows < 0.0, into, out)

            def first(balance: float, balances: Floats = balances, curve: Curve = curve) -> float:
                return curve(np.r_[balance, balances[1:]])

            change = float(brentq(first, 1e-3, 1e5)) - reserves[0]
            flows[0] = -change / (into if change > 0.0 else out)
            assert np.exp(y) @ flows <= best + 1e-9


def amplified(x: Floats) -> float:
    """A stableswap pool's A·n·(Σx − 1) + 1 − 1/(nⁿ·Πx), in units of its invariant, for A = 30 and n = 4."""
    return float(120 * (x.sum() - 1) + 1 - 1 / (4**4 * x.prod()))


def test_states_that_are_no_venues_are_named() -> None:
    """They are left out; the rest is described."""
    states, assets, _ = world(0, kinds=("product",), venues=2)
    name = VenueId("broken")
    states[name] = ConstantProductState(name, (assets[0], assets[0]), 0, "", (1, 1), Fraction(0))
    assert market(states).refused == (name,)
