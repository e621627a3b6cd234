"""Outside prices: each law has its closed-form moments, and a seed its path."""

from __future__ import annotations

import itertools
import math
import statistics
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import WrongValue
from sim.kernel import Kernel
from sim.prices.declared import Correlated, Law, OwnMoves, PricesPart, Shock
from sim.prices.gaussian import cholesky, covariance
from sim.prices.process import HOUR_US, PriceProcess

STEP_MS = 60_000
STEP_US = STEP_MS * 1000
HOURS = STEP_US / HOUR_US


def process(part: PricesPart, *assets: str, seed: int = 5) -> PriceProcess:
    return PriceProcess(part, {"CASH": 1.0, **dict.fromkeys(assets, 2.0)}, Kernel(seed).stream)


def increments(part: PricesPart, steps: int) -> list[float]:
    """Of the log price, step after step."""
    prices = process(part, "A")
    logs = [math.log(prices.at(n * STEP_US)["A"]) for n in range(steps + 1)]
    return [after - before for before, after in itertools.pairwise(logs)]


def close(found: float, expected: float, error: float) -> bool:
    """Within four standard errors."""
    return abs(found - expected) < 4.0 * error


def test_brownian_steps_have_the_declared_drift_and_volatility() -> None:
    """Mean (μ − σ²/2)·t and standard deviation σ·√t, each within four standard errors."""
    part = PricesPart(volatility_bps=400.0, drift_bps=2_000.0, step_ms=STEP_MS)
    found = increments(part, 4_000)
    sigma, mean = 0.04 * math.sqrt(HOURS), (0.2 - 0.04**2 / 2) * HOURS
    assert close(statistics.fmean(found), mean, sigma / math.sqrt(4_000))
    assert close(statistics.pstdev(found), sigma, sigma / math.sqrt(8_000))


def test_the_expected_price_grows_by_the_drift_with_jumps_too() -> None:
    """E[S(t)/S(0)] is e^(μt): neither volatility nor jumps of a mean of their own move it."""
    jumps: dict[str, Any] = {"jump_mean_bps": 300.0, "jump_sigma_bps": 400.0, "jumps_per_hour": 40.0}
    for law, volatility in ((Law.GBM, 10_000.0), (Law.JUMPS, 2_000.0)):
        part = PricesPart(law=law, drift_bps=3_000.0, volatility_bps=volatility, step_ms=STEP_MS, **jumps)
        growth = [math.exp(step) for step in increments(part, 20_000)]
        error = statistics.pstdev(growth) / math.sqrt(20_000)
        assert close(statistics.fmean(growth), math.exp(0.3 * HOURS), error)


def test_jumps_have_the_variance_of_merton() -> None:
    """σ²t + λt·(m² + δ²), and a fourth moment that Brownian steps do not have."""
    part = PricesPart(
        law=Law.JUMPS,
        volatility_bps=100.0,
        jumps_per_hour=6.0,
        jump_mean_bps=50.0,
        jump_sigma_bps=200.0,
        step_ms=STEP_MS,
    )
    found = increments(part, 20_000)
    rate = 6.0 * HOURS
    variance = 0.01**2 * HOURS + rate * (0.005**2 + 0.02**2)
    mean = statistics.fmean(found)
    second = statistics.fmean([(step - mean) ** 2 for step in found])
    fourth = statistics.fmean([(step - mean) ** 4 for step in found])
    assert close(second, variance, math.sqrt((fourth - second**2) / 20_000))
    assert fourth > 10.0 * second**2


def test_a_pegged_price_stays_about_its_peg() -> None:
    """Stationary standard deviation σ/√(2κ), and the correlation of one step with the next is e^(−κt)."""
    part = PricesPart(law=Law.PEGGED, volatility_bps=100.0, reversion_per_hour=20.0, step_ms=STEP_MS)
    prices = process(part, "A")
    logs = [math.log(prices.at(n * STEP_US)["A"] / 2.0) for n in range(20_000)][100:]
    spread = 0.01 / math.sqrt(40.0)
    kept = math.exp(-20.0 * HOURS)
    # Neighbours are alike: so many fewer are independent.
    independent = len(logs) * (1.0 - kept) / (1.0 + kept)
    assert close(statistics.fmean(logs), 0.0, spread / math.sqrt(independent))
    assert close(statistics.pstdev(logs), spread, spread / math.sqrt(independent))
    assert close(statistics.correlation(logs[:-1], logs[1:]), kept, math.sqrt((1.0 - kept**2) / len(logs)))


def test_a_constant_price_is_constant() -> None:
    """And the numeraire's is one, whatever the law."""
    prices = process(PricesPart(law=Law.CONSTANT), "A").at(HOUR_US)
    assert prices == {"CASH": 1.0, "A": pytest.approx(2.0, rel=1e-12)}
    assert process(PricesPart(volatility_bps=5_000.0), "A").at(HOUR_US)["CASH"] == 1.0


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.8, 1.0])
def test_assets_move_together_as_declared(correlation: float) -> None:
    """Also where one of them is pulled back to a peg; over so short a step that hardly matters."""
    own = (OwnMoves(asset="B", law=Law.PEGGED, volatility_bps=50.0, reversion_per_hour=0.01),)
    part = PricesPart(step_ms=STEP_MS, own=own, pairs=(Correlated("A", "B", correlation),))
    both = process(part, "A", "B")
    logs = [(math.log(p["A"]), math.log(p["B"])) for p in (dict(both.at(n * STEP_US)) for n in range(4_001))]
    a = [y[0] - x[0] for x, y in itertools.pairwise(logs)]
    b = [y[1] - x[1] for x, y in itertools.pairwise(logs)]
    error = max(1e-3, (1.0 - correlation**2) / math.sqrt(4_000))
    assert close(statistics.correlation(a, b), correlation, error)


@given(
    st.lists(st.just(0.0) | st.floats(1e-6, 50.0), min_size=1, max_size=5),
    st.floats(1e-4, 2.0),
    st.integers(0, 2**32),
)
def test_two_steps_are_one_of_twice_the_length(speeds: list[float], hours: float, seed: int) -> None:
    """C(2t) = e^(−κᵢt)·C(t)·e^(−κⱼt) + C(t): exact in distribution, whatever the step."""
    draw = Random(seed)
    vectors = [[draw.gauss(0, 1) for _ in range(3)] for _ in speeds]
    norms = [math.sqrt(sum(x * x for x in v)) for v in vectors]
    correlations = [
        [sum(x * y for x, y in zip(v, w, strict=True)) / (n * m) for w, m in zip(vectors, norms, strict=True)]
        for v, n in zip(vectors, norms, strict=True)
    ]
    once, twice = covariance(correlations, speeds, hours), covariance(correlations, speeds, 2 * hours)
    for i, u in enumerate(speeds):
        for j, v in enumerate(speeds):
            assert twice[i][j] == pytest.approx((1.0 + math.exp(-(u + v) * hours)) * once[i][j], rel=1e-9)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32))
def test_a_triangle_multiplies_back_to_what_it_was_made_of(size: int, rank: int, seed: int) -> None:
    """L·Lᵀ is the matrix, of full rank or not."""
    draw = Random(seed)
    rows = [[draw.gauss(0, 1) for _ in range(rank)] for _ in range(size)]
    matrix = [[sum(x * y for x, y in zip(v, w, strict=True)) for w in rows] for v in rows]
    lower = cholesky(matrix)
    assert lower is not None
    for i in range(size):
        assert all(value == 0.0 for value in lower[i][i + 1 :])
        for j in range(size):
            back = sum(x * y for x, y in zip(lower[i], lower[j], strict=True))
            assert back == pytest.approx(matrix[i][j], abs=1e-4 * math.sqrt(matrix[i][i] * matrix[j][j]))


def test_correlations_that_contradict_are_refused() -> None:
    """Three assets cannot all move against each other."""
    with pytest.raises(WrongValue, match="correlations that can hold together"):
        process(PricesPart(correlation=-0.6), "A", "B", "C")
    process(PricesPart(correlation=-0.5), "A", "B", "C").at(STEP_US)


@pytest.mark.parametrize(
    "part",
    [
        PricesPart(own=(OwnMoves(asset="X"),)),
        PricesPart(pairs=(Correlated("A", "X", 0.1),)),
        PricesPart(pairs=(Correlated("A", "A", 0.1),)),
        PricesPart(shocks=(Shock(asset="CASH"),)),
    ],
)
def test_unknown_assets_are_refused(part: PricesPart) -> None:
    """So is the numeraire, whose price is one."""
    with pytest.raises(WrongValue):
        process(part, "A")


def test_the_path_does_not_depend_on_who_looks() -> None:
    """Looked at every step or only at the end; with another asset beside it or alone."""
    part = PricesPart(law=Law.JUMPS, jumps_per_hour=1_000.0)
    often, seldom, beside = process(part, "A"), process(part, "A"), process(part, "A", "B")
    for now_us in range(0, 60_000_000, 70_000):
        often.at(now_us)
    end = 60_000_000
    assert often.at(end)["A"] == seldom.at(end)["A"] == beside.at(end)["A"] != 2.0
    assert process(part, "A", seed=6).at(end)["A"] != seldom.at(end)["A"]


def test_looking_ahead_shows_what_comes_and_changes_nothing() -> None:
    """Whoever looks ahead sees the price that everybody sees then; nobody's path is another for it."""
    part = PricesPart(law=Law.JUMPS, jumps_per_hour=1_000.0, shocks=(Shock(7.0, "A", 500.0),))
    seer, plain = process(part, "A"), process(part, "A")
    foretold = {}
    for second in range(20):
        foretold[second + 5] = seer.ahead(second * 1_000_000, 5_000_000)["A"]
        assert seer.ahead(second * 1_000_000, 0) == seer.at(second * 1_000_000)
    for second in range(20):
        now = plain.at(second * 1_000_000)["A"]
        assert second < 5 or foretold[second] == now
    later = process(part, "A")
    assert later.ahead(0, 10**12) == later.ahead(0, 600_000_000) == plain.at(600_000_000)


def test_time_does_not_go_back() -> None:
    """Within a step it may: the price is the same."""
    prices = process(PricesPart(), "A")
    assert prices.at(250_000) == prices.at(200_000)
    with pytest.raises(ValueError, match="after step 2"):
        prices.at(199_999)


def test_a_shock_comes_when_declared_and_stays() -> None:
    """To the asset named, or to all but the numeraire."""
    shocks = (Shock(2.0, "A", 1_000.0), Shock(3.0, "", -5_000.0))
    prices = process(PricesPart(law=Law.CONSTANT, shocks=shocks), "A", "B")
    seen = [dict(prices.at(second * 1_000_000)) for second in (1, 2, 3, 9)]
    assert [found["A"] for found in seen] == pytest.approx([2.0, 2.2, 1.1, 1.1])
    assert [found["B"] for found in seen] == pytest.approx([2.0, 2.0, 1.0, 1.0])
    assert {found["CASH"] for found in seen} == {1.0}


def test_a_shock_between_two_steps_waits_for_the_next() -> None:
    """Never before its time."""
    prices = process(PricesPart(law=Law.CONSTANT, step_ms=1_000, shocks=(Shock(1.2, "A", 1_000.0),)), "A")
    assert [prices.at(second * 1_000_000)["A"] for second in (1, 2)] == pytest.approx([2.0, 2.2])


def test_prices_stay_finite_whatever_is_declared() -> None:
    """Extreme volatility ends in numbers, not in an exception."""
    prices = process(PricesPart(volatility_bps=100_000.0, step_ms=3_600_000), "A")
    for hour in range(500):
        assert 0.0 < prices.at(hour * HOUR_US)["A"] < math.inf


@pytest.mark.parametrize("law", Law)
def test_every_law_that_is_declared_is_made(law: Law) -> None:
    """And an asset of its own law defaults like everybody."""
    assert process(PricesPart(law=law), "A").at(STEP_US)["A"] > 0.0
    alone, named = process(PricesPart(law=law), "A"), process(PricesPart(own=(OwnMoves(law=law, asset="A"),)), "A")
    assert alone.at(HOUR_US) == named.at(HOUR_US)
