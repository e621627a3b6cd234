"""Avellaneda and Stoikov's quotes: what the formulas say, and the results of a market played with them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sim.agents.avellaneda_stoikov import optimal_spread, quotes, reservation_price
from sim.agents.maker import MakerPart, quotes_bps
from tests.shared import shared

#: The paper's market: price and its volatility, horizon, step, intensity of fills A·e^(−k·distance).
S0, SIGMA, HORIZON, STEP, K, FILLS = 100.0, 2.0, 1.0, 0.005, 1.5, 140.0
PATHS = 2_000


def played(gamma: float, *, inventory_minded: bool) -> dict[str, float]:
    """Market making on 2,000 random paths, quoting around the reservation price or around the mid."""
    rng = np.random.default_rng(3)
    price, cash, held = np.full(PATHS, S0), np.zeros(PATHS), np.zeros(PATHS)
    steps = round(HORIZON / STEP)
    spreads = []
    for step in range(steps):
        left = HORIZON - step * STEP
        spread = optimal_spread(gamma, SIGMA, K, left)
        middle = reservation_price(price, held, gamma, SIGMA, left) if inventory_minded else price  # type: ignore[arg-type]
        bid, ask = middle - spread / 2.0, middle + spread / 2.0
        spreads.append(spread)
        bought = rng.random(PATHS) < FILLS * STEP * np.exp(-K * (price - bid))
        sold = rng.random(PATHS) < FILLS * STEP * np.exp(-K * (ask - price))
        cash += sold * ask - bought * bid
        held += bought * 1.0 - sold * 1.0
        price = price + SIGMA * math.sqrt(STEP) * rng.choice([-1.0, 1.0], PATHS)
    profit = cash + held * price
    return {
        "mean_spread": float(np.mean(spreads)),
        "mean_pnl": float(profit.mean()),
        "std_pnl": float(profit.std()),
        "mean_q": float(held.mean()),
        "std_q": float(held.std()),
    }


def test_played_markets_agree_with_independent_ones() -> None:
    """Spread, profit and inventory of all six recorded runs, within four standard errors of two such samples."""
    found = json.loads(shared("vectors/derivatives/span_adl_execution_quality.json").read_text())
    recorded = found["avellaneda_stoikov_sim"]
    assert len(recorded["rows"]) == 6
    for row in recorded["rows"]:
        expected = dict(zip(recorded["cols"], row, strict=True))
        got = played(expected["gamma"], inventory_minded=expected["strategy"] == "inventory")
        mean_error, std_error = (4.0 * math.sqrt(2.0 / n) for n in (PATHS, 2 * PATHS))
        # Given to two digits.
        assert got["mean_spread"] == pytest.approx(expected["mean_spread"], abs=0.0101), expected
        for name in ("pnl", "q"):
            spread = expected[f"std_{name}"]
            assert abs(got[f"mean_{name}"] - expected[f"mean_{name}"]) < spread * mean_error, expected
            assert abs(got[f"std_{name}"] - spread) < spread * std_error + 0.005, expected


def test_minding_inventory_halves_the_risk_at_little_cost() -> None:
    """The paper's finding, on the paper's parameters: γ = 0.1 gives up some profit for half its deviation."""
    minded, careless = (played(0.1, inventory_minded=choice) for choice in (True, False))
    assert minded["std_pnl"] < 0.55 * careless["std_pnl"]
    assert minded["mean_pnl"] > 0.9 * careless["mean_pnl"]
    assert minded["std_q"] < 0.5 * careless["std_q"]


def test_quotes_by_hand() -> None:
    """s = 100, q = 2, γ = 0.1, σ = 2, k = 1.5, half the time left."""
    found = quotes(100.0, 2.0, 0.1, 2.0, 1.5, 0.5)
    assert reservation_price(100.0, 2.0, 0.1, 2.0, 0.5) == pytest.approx(99.6)
    assert found.ask - found.bid == pytest.approx(0.2 + 20.0 * math.log(1.0 + 0.1 / 1.5))
    assert (found.bid + found.ask) / 2.0 == pytest.approx(99.6)


def test_without_risk_aversion_only_fills_matter() -> None:
    """γ → 0: the reservation price is the mid, the spread 2/k; small γ approaches it."""
    assert quotes(5.0, 3.0, 0.0, 2.0, 1.5, 1.0).bid == pytest.approx(5.0 - 1.0 / 1.5)
    assert optimal_spread(1e-9, 2.0, 1.5, 1.0) == pytest.approx(optimal_spread(0.0, 2.0, 1.5, 1.0), rel=1e-6)


def test_a_part_quotes_in_basis_points() -> None:
    """Long of one size, both quotes move down by γσ²τ; with no time to bear it, not at all."""
    part = MakerPart(volatility_bps=100.0, risk_aversion=0.01, fill_decay=0.2, horizon_s=360.0)
    flat, long = quotes_bps(part, 0.0), quotes_bps(part, 1.0)
    assert flat.bid == pytest.approx(-flat.ask)
    assert flat.bid - long.bid == pytest.approx(flat.ask - long.ask) == pytest.approx(10.0)
    assert flat.ask == pytest.approx((10.0 + 200.0 * math.log(1.05)) / 2.0)
    hasty = MakerPart(horizon_s=0.0)
    assert quotes_bps(hasty, 7.0) == quotes_bps(hasty, 0.0)
