"""Paired statistics against published numbers, and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from sim.metrics.paired import DRAWS, block_means, holm, paired

#: Hours of sleep gained with two drugs by ten patients: Student, "The probable error of a mean", Biometrika 1908.
FIRST = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)


def test_students_own_example() -> None:
    """Mean 1.58, t = 4.0621 on 9 degrees of freedom: p = 0.002833, 95 % from 0.7001 to 2.4599."""
    found = paired(FIRST, SECOND)
    assert found.mean == pytest.approx(1.58)
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert found.low == pytest.approx(0.7001142, abs=1e-6)
    assert found.high == pytest.approx(2.4598858, abs=1e-6)
    assert found.boot_low is not None
    assert found.boot_low > 0


def test_holms_procedure_by_hand() -> None:
    """The smallest p times 4, the next times 3, and never below the one before."""
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})


def test_equal_pairs_are_the_same_and_one_pair_says_nothing() -> None:
    """No interval of a single pair; zero width where nothing differs."""
    assert paired([3.0], [4.0]).p is None
    found = paired([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert found.same
    assert (found.low, found.high, found.p) == (0.0, 0.0, 1.0)


def test_a_constant_difference_is_judged_by_its_sign() -> None:
    """Six pairs all 1 apart: as likely as six heads or six tails."""
    found = paired([0.0] * 6, [1.0] * 6)
    assert found.p == pytest.approx(2 / 64)


def test_rounding_is_no_difference() -> None:
    """Sums taken in another order differ in the last bit and mean nothing."""
    assert paired([0.1 + 0.2, 1e9], [0.3, 1e9 + 1e-7]).same


@pytest.mark.parametrize(("n", "block"), [(10, 1), (10, 3), (11, 4), (5, 5)])
def test_resamples_are_made_of_blocks_in_a_row(n: int, block: int) -> None:
    """Resampling 1, 10, 100, …: each mean's digits show runs of neighbours, n values in all."""
    counts = np.rint(block_means(np.ones(n), block) * n)
    assert counts.tolist() == [n] * DRAWS
    values = np.arange(n, dtype=np.float64)
    drawn = block_means(values, block)
    assert drawn.mean() == pytest.approx(values.mean(), abs=4 * n / np.sqrt(12 * DRAWS * n / block))


def test_blocks_cover_what_single_pairs_do_not() -> None:
    """Differences that follow one another (autoregressive, 0.6): 95 % intervals of blocks hold the mean far more
    often than those of single pairs, which take each as news."""
    rng = np.random.default_rng(7)
    n, trials = 60, 150
    held = {True: 0, False: 0}
    for _ in range(trials):
        noise = rng.normal(size=n + 50)
        for place in range(1, n + 50):
            noise[place] += 0.6 * noise[place - 1]
        for serial in held:
            found = paired(np.zeros(n).tolist(), noise[50:].tolist(), serial)
            assert found.low is not None
            assert found.high is not None
            held[serial] += found.low <= 0 <= found.high
    assert held[True] >= 0.85 * trials
    assert held[False] <= 0.75 * trials


def test_a_dozen_auctions_without_memory_are_not_overread() -> None:
    """Of 200 series of 12 independent differences around 0, p is below 0.05 no more often than it should be."""
    rng = np.random.default_rng(11)
    found = [paired([0.0] * 12, rng.normal(size=12).tolist(), serial=True).p for _ in range(200)]
    assert sum(p is not None and p < 0.05 for p in found) <= 0.05 * 200


def test_too_few_in_a_row_say_nothing() -> None:
    """Seven auctions make no four blocks."""
    assert paired([0.0] * 7, [1.0, 2.0] * 3 + [1.0], serial=True).p is None
    assert paired([0.0] * 8, [1.0, 2.0] * 4, serial=True).p is not None
