"""When people come and how much they trade: counts, bursts and sizes against their closed forms."""

from __future__ import annotations

import math
import statistics
from random import Random

import pytest

from intents.errors import InputError
from scenarios.records import record
from sim.agents.arrivals import Arrivals, Hawkes, Pattern, Poisson, arrivals
from sim.agents.retail import RetailPart
from sim.agents.sizes import lognormal, pareto


def counts(process: Arrivals, windows: int, length: float, seed: int = 3) -> list[int]:
    """Arrivals in each of so many windows."""
    draw, now = Random(seed), 0.0
    found = [0] * windows
    while (now := now + process.wait(draw)) < windows * length:
        found[int(now / length)] += 1
    return found


def test_poisson_counts_have_mean_and_variance_of_their_rate() -> None:
    """In windows of 10 at rate 2: 20 each, give or take four standard errors."""
    found = counts(Poisson(2.0), 4_000, 10.0)
    assert abs(statistics.fmean(found) - 20.0) < 4 * math.sqrt(20.0 / 4_000)
    assert abs(statistics.pvariance(found) - 20.0) < 4 * 20.0 * math.sqrt(2.0 / 4_000)


@pytest.mark.parametrize("branching", [0.0, 0.3, 0.7])
def test_hawkes_arrivals_come_at_base_over_one_minus_branching(branching: float) -> None:
    """And their counts over long windows are dispersed by 1/(1 − n)², where Poisson's are by 1."""
    rate, spread = 0.6 / (1.0 - branching), 1.0 / (1.0 - branching) ** 2
    found = counts(Hawkes(0.6, branching, 2.0), 2_000, 50.0)
    mean = statistics.fmean(found)
    assert abs(mean - 50.0 * rate) < 4 * math.sqrt(50.0 * rate * spread / 2_000)
    assert abs(statistics.pvariance(found) / mean - spread) < 0.15 * spread


def test_hawkes_waits_are_exponential_under_their_own_intensity() -> None:
    """Random time change: the intensity integrated between arrivals is exponential with mean 1."""
    process, draw, found = Hawkes(1.0, 0.6, 1.5), Random(9), []
    for _ in range(10_000):
        excess = process.excess
        wait = process.wait(draw)
        found.append(process.base * wait + excess / process.decay * -math.expm1(-process.decay * wait))
    assert abs(statistics.fmean(found) - 1.0) < 0.04
    assert abs(statistics.pstdev(found) - 1.0) < 0.06
    assert abs(statistics.median(found) - math.log(2.0)) < 0.04


@pytest.mark.parametrize("branching", [1.0, 1.5, -0.1])
def test_a_process_that_would_explode_is_refused(branching: float) -> None:
    """With one offspring or more each there is no long run."""
    with pytest.raises(ValueError, match="no stationary"):
        Hawkes(1.0, branching, 1.0)
    with pytest.raises(InputError, match="branching"):
        record(RetailPart, {"branching": branching}, "")


def test_the_long_run_rate_is_as_declared_whatever_the_pattern() -> None:
    """So patterns compare like with like."""
    for pattern in Pattern:
        found = counts(arrivals(pattern, 4.0, 0.5, 3.0), 1_000, 10.0)
        assert abs(statistics.fmean(found) - 40.0) < 4 * math.sqrt(40.0 * 4.0 / 1_000)


def test_sizes_have_their_median_and_their_tail() -> None:
    """Lognormal: spread of the log; Pareto: P(size > s) falls as s^(−tail), and there is a least size."""
    draw = Random(4)
    usual = [lognormal(draw, 5.0, 0.8) for _ in range(20_000)]
    heavy = [pareto(draw, 5.0, 1.5) for _ in range(20_000)]
    assert abs(statistics.median(usual) / 5.0 - 1.0) < 0.03
    assert abs(statistics.pstdev([math.log(size) for size in usual]) - 0.8) < 0.02
    assert abs(statistics.median(heavy) / 5.0 - 1.0) < 0.03
    assert min(heavy) >= 5.0 * 2.0 ** (-1 / 1.5)
    # The maximum likelihood estimate of the tail's exponent.
    exponent = len(heavy) / sum(math.log(size / (5.0 * 2.0 ** (-1 / 1.5))) for size in heavy)
    assert abs(exponent - 1.5) < 4 * 1.5 / math.sqrt(20_000)
