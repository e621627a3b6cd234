"""Statistics of a run's figures: bounds that hold for all values, and equality with plain definitions."""

from __future__ import annotations

import math
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.metrics.paired import MIN_SERIAL, holm, paired
from sim.metrics.statistics import gini, hhi, jain, nakamoto, quantile, weighted_mean

amounts = st.lists(st.floats(0, 1e30, allow_subnormal=False), min_size=1, max_size=30)
reals = st.floats(-1e6, 1e6, allow_subnormal=False)
pairs = st.lists(st.tuples(reals, reals), min_size=2, max_size=40)


@given(amounts)
def test_jain_is_between_one_nth_and_one(values: list[float]) -> None:
    """One holding everything gives 1/n, all equal give 1, and nothing is outside."""
    index = jain(values)
    assert index is not None
    assert 1 / len(values) <= index <= 1
    assert jain([1.0] + [0.0] * (len(values) - 1)) == pytest.approx(1 / len(values))
    assert jain([values[0]] * len(values)) == pytest.approx(1.0)


@given(amounts)
def test_gini_is_the_mean_difference_over_twice_the_mean(values: list[float]) -> None:
    """In [0, 1), and Σ|xᵢ − xⱼ| / (2 n² mean), whatever the order."""
    index = gini(values)
    assert index is not None
    assert 0 <= index < 1
    top = max(values)
    if top > 0:
        shares = [value / top for value in values]
        plain = math.fsum(abs(a - b) for a, b in product(shares, shares)) / (2 * len(shares) * math.fsum(shares))
        assert index == pytest.approx(plain, abs=1e-9)
        assert gini(values[::-1]) == index


@given(amounts)
def test_concentration_is_bounded(values: list[float]) -> None:
    """HHI in [1/n, 1]; the Nakamoto coefficient at least 1 and at most a bare majority of equals."""
    kept = [value for value in values if value > 0]
    index, coefficient = hhi(values), nakamoto(values)
    if not kept:
        assert index is None
        assert coefficient is None
        return
    assert index is not None
    assert coefficient is not None
    assert 1 / len(kept) - 1e-12 <= index <= 1
    assert 1 <= coefficient <= len(kept) // 2 + 1


@given(st.lists(reals, min_size=1, max_size=30), st.floats(0.01, 1.0))
def test_a_quantile_is_a_value_that_so_many_do_not_exceed(values: list[float], q: float) -> None:
    """Nearest rank: at least a share q at or below it, and it is the smallest such value."""
    found = quantile(values, q)
    assert found in values
    below = sum(value <= found for value in values)
    assert below >= q * len(values) - 1e-9
    assert sum(value < found for value in values) < q * len(values) + 1e-9


@given(st.lists(st.tuples(reals, st.floats(0.001, 1e6)), min_size=1, max_size=20))
def test_a_weighted_mean_is_between_its_values(items: list[tuple[float, float]]) -> None:
    """Whatever the weights."""
    mean = weighted_mean(items)
    assert mean is not None
    values = [value for value, _ in items]
    slack = 1e-9 * (1 + max(map(abs, values)))
    assert min(values) - slack <= mean <= max(values) + slack


@given(pairs, st.booleans())
def test_intervals_turn_over_with_the_sides(items: list[tuple[float, float]], serial: bool) -> None:
    """B against A is A against B with the sign changed; the mean lies within its intervals."""
    a, b = [x for x, _ in items], [y for _, y in items]
    there, back = paired(a, b, serial), paired(b, a, serial)
    assert there.mean == -back.mean
    assert there.same == (a == b)
    if there.low is None or there.high is None or there.p is None:
        assert serial
        assert len(items) < MIN_SERIAL
        return
    assert back.low == pytest.approx(-there.high)
    assert back.p == pytest.approx(there.p)
    assert 0 <= there.p <= 1
    slack = 1e-9 * (1 + abs(there.mean))
    assert there.low - slack <= there.mean <= there.high + slack


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p: dict[str, float]) -> None:
    """Corrected values are at least the raw ones, at most 1, and ordered alike."""
    found = holm(p)
    assert found.keys() == p.keys()
    for name in p:
        assert p[name] <= found[name] <= 1
    ordered = sorted(p, key=lambda name: p[name])
    assert all(found[a] <= found[b] for a, b in pairwise(ordered))
