"""What venues can be worth at prices: no exact trade gains more, and the best one nearly as much."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from intents.assets import AssetId
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    RestingOrder,
    StableFlavour,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.stable_math import invariant_of
from liquidity.tick_math import sqrt_price_at
from settlement.certificate.gains import most_gain as most_in_units
from solver.flagship.replies import edges_of

Floats = npt.NDArray[np.float64]
A, B, C = AssetId("a"), AssetId("b"), AssetId("c")
E = 10**18
NAME = VenueId("v")
FEE = Fraction(3, 1000)
#: What prices are counted in to be integers.
UNIT = 1 << 80

STATES: dict[str, VenueState] = {
    "constant product": ConstantProductState(NAME, (A, B), 0, "", (700 * E, 900 * E), FEE),
    "weighted": WeightedState(
        NAME,
        (A, B, C),
        0,
        "",
        (480 * E, 1250 * E, 770 * E),
        (Fraction(1, 5), Fraction(1, 2), Fraction(3, 10)),
        (Fraction(1),) * 3,
        FEE,
    ),
    "balancer": StableState(
        NAME, (A, B, C), 0, "", (900 * E, 500 * E, 700 * E), (Fraction(1),) * 3, Fraction(100), FEE
    ),
    "curve": StableState(
        NAME, (A, B), 0, "", (900 * E, 500 * E), (Fraction(1),) * 2, Fraction(60), FEE, StableFlavour.CURVE
    ),
    "concentrated": ConcentratedState(
        NAME,
        (A, B),
        0,
        "",
        sqrt_price_at(30),
        3000 * E,
        30,
        ((-6000, 1000 * E), (-600, 2000 * E), (600, -2000 * E), (6000, -1000 * E)),
        FEE,
    ),
    "limit order": LimitOrderState(NAME, (A, B), 0, "", 50 * E, 60 * E, E),
    "book": OrderBookState(
        NAME,
        (A, B),
        0,
        "",
        10**15,
        10**18,
        (RestingOrder(1, "x", 990, 5), RestingOrder(2, "y", 950, 20)),
        (RestingOrder(3, "x", 1010, 7), RestingOrder(4, "y", 1100, 30)),
        FEE,
    ),
}

Rates = st.integers(min_value=-400, max_value=400)


def priced(b: int, c: int) -> dict[AssetId, Fraction]:
    """Asset a at 1, the others per mille away from it."""
    return {A: Fraction(1), B: Fraction(1000 + b, 1000), C: Fraction(1000 + c, 1000)}


def most_gain(state: VenueState, prices: Mapping[AssetId, Fraction]) -> Fraction:
    """The bound at rational prices, by way of integers."""
    return Fraction(
        most_in_units(state, {asset: -int(-price * UNIT // 1) for asset, price in prices.items()}), UNIT
    )


def gain(
    state: VenueState, prices: Mapping[AssetId, Fraction], into: AssetId, out: AssetId, amount: int
) -> Fraction:
    """What one exact trade gains at ``prices``; nothing where the venue refuses it."""
    try:
        got = open_venue(state).quote_in(into, out, amount)
    except VenueError:
        return Fraction(0)
    return prices[out] * got - prices[into] * amount


@pytest.mark.parametrize("name", STATES)
@settings(max_examples=40, deadline=None)
@given(b=Rates, c=Rates, amount=st.integers(min_value=1, max_value=800 * E))
def test_no_exact_trade_gains_more(name: str, b: int, c: int, amount: int) -> None:
    """Whatever is traded, in whatever direction, at whatever prices."""
    state, prices = STATES[name], priced(b, c)
    most = most_gain(state, prices)
    for into, out in permutations(state.assets, 2):
        assert gain(state, prices, into, out, amount) <= most


@pytest.mark.parametrize("name", [name for name in STATES if name != "balancer"])
@settings(max_examples=40, deadline=None)
@given(b=st.integers(min_value=-150, max_value=150))
def test_reply_reaches_the_bound(name: str, b: int) -> None:
    """Between two assets the closed-form answer, executed exactly, gains what was said to be the most."""
    state, prices = STATES[name], priced(b, b // 2)
    if len(state.assets) > 2:
        prices[C] = prices[B]  # then one direction at a time is close to the whole
    most = most_gain(state, prices)
    got = Fraction(0)
    for edge in edges_of(state):
        rate = float(prices[edge.asset_in] / prices[edge.asset_out])
        paid, _ = edge.until(rate)
        if paid >= 1.0:
            lots = 1e-12 if name == "book" else 0.0  # a unit short of a lot is a lot short
            got += gain(state, prices, edge.asset_in, edge.asset_out, round(paid * (1.0 + lots)))
    within = Fraction(1, 10**6) if len(state.assets) == 2 else Fraction(1, 3)
    if name == "curve":  # many small trades gain a little more than the one tried
        within = Fraction(1, 100)
    assert most - got <= most * within + Fraction(E, 10**3)


def test_worthless_input_is_worth_all_the_output() -> None:
    """With an input that costs nothing the bound is the whole reserve."""
    prices = {A: Fraction(0), B: Fraction(1)}
    assert most_gain(STATES["constant product"], prices) == 900 * E
    assert most_gain(STATES["weighted"], prices | {C: Fraction(1)}) == (1250 + 770) * E


@pytest.mark.parametrize("parts", [2, 5, 20])
@settings(max_examples=25, deadline=None)
@given(b=Rates, amount=st.integers(1, 900 * E))
def test_curve_pays_more_in_parts_and_no_more_than_the_bound(parts: int, b: int, amount: int) -> None:
    """What a fee on the output leaves in the pool is taken by the next trade in the same direction."""
    prices = priced(b, 0)
    most = most_gain(STATES["curve"], prices)
    for into, out in ((A, B), (B, A)):
        venue, total = open_venue(STATES["curve"]), Fraction(0)
        for _ in range(parts):
            try:
                swap = venue.swap_in(into, out, amount // parts)
            except VenueError:
                break
            venue = open_venue(swap.state)
            total += prices[out] * swap.amount_out - prices[into] * swap.amount_in
            assert total <= most


@pytest.mark.parametrize("name", ["weighted", "balancer"])
@settings(max_examples=25, deadline=None)
@given(
    b=Rates,
    c=Rates,
    steps=st.lists(st.tuples(st.permutations((A, B, C)), st.integers(1, 200 * E)), min_size=2, max_size=5),
)
def test_no_sequence_of_trades_gains_more(
    name: str, b: int, c: int, steps: list[tuple[list[AssetId], int]]
) -> None:
    """Several assets at once, by trades one after the other on what the last one left."""
    prices = priced(b, c)
    venue, total = open_venue(STATES[name]), Fraction(0)
    most = most_gain(STATES[name], prices)
    for (into, out, _), amount in steps:
        try:
            swap = venue.swap_in(into, out, amount)
        except VenueError:
            continue
        venue = open_venue(swap.state)
        total += prices[out] * swap.amount_out - prices[into] * swap.amount_in
        assert total <= most


@pytest.mark.parametrize("name", ["weighted", "balancer"])
@settings(max_examples=15, deadline=None)
@given(b=Rates, c=Rates)
def test_three_assets_at_once_reach_the_bound(name: str, b: int, c: int) -> None:
    """The best amounts of a convex program over what goes in and out (SLSQP) gain nearly all of it."""
    state, prices = STATES[name], priced(b, c)
    most = float(most_gain(state, prices) / E)
    found = best_by_slsqp(name, [float(prices[asset]) for asset in (A, B, C)])
    assume(found is not None)
    assert found is not None
    assert most >= found - 1e-4  # which keeps to the curve only so closely
    assert most - found <= 1e-4 + 1e-4 * most


def best_by_slsqp(name: str, values: list[float]) -> float | None:
    """The best gain over six amounts, fee on the input, on the curve of the pool in whole units.

    ``None`` where the program ends off the curve, which it does now and then.
    """
    # Of a stableswap pool of three assets the bound leaves the fee out.
    kept, balances = 1.0 - float(FEE) * (name == "weighted"), np.array([r / E for r in STATES[name].reserves])  # type: ignore[union-attr]

    d = invariant_of(100, 1, [900 * E, 500 * E, 700 * E]) / E

    def level(x: Floats) -> float:
        x = np.maximum(x, 1e-9)
        if name == "weighted":
            return float(np.array([0.2, 0.5, 0.3]) @ np.log(x / balances))
        return float(300.0 * (x.sum() - d) + d - d**4 / (27.0 * x.prod())) / (300.0 * d)

    def after(y: Floats) -> Floats:
        return balances + kept * y[:3] - y[3:]

    price = np.array(values)
    search: Any = minimize  # its stubs know no such objective
    best = search(
        lambda y: float(price @ (y[:3] - y[3:])),
        np.zeros(6),
        bounds=[(0.0, 5000.0)] * 3 + [(0.0, 0.999 * b) for b in balances],
        constraints=[{"type": "ineq", "fun": lambda y: level(after(y))}],
        method="SLSQP",
        options={"maxiter": 300, "ftol": 1e-12},
    )
    return -float(best.fun) if level(after(best.x)) >= -1e-9 else None
