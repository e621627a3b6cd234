"""Whatever rows a run leaves, measuring them ends well."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.metrics.registry import METRICS, measure, metric_of
from sim.metrics.series import per_auction
from sim.metrics.tables import Tables
from sim.recording.record import Rows, RunRecord, VariantRecord
from sim.recording.rows import TABLES, Row
from sim.recording.tables import columns
from sim.report.page import render

TEXTS = st.sampled_from(
    ["a", "b", "won", "none", "no_reveal", "crash", "restart", "cut", "heal", "censor", "sandwich"]
)
#: What a world can write down, and what only a broken one could.
NUMBERS = st.one_of(st.floats(-1e12, 1e12), st.sampled_from([0.0, math.nan, math.inf, -math.inf, 1e-300, 1e300]))
INTEGERS = st.integers(-1, 5)
AMOUNTS = st.integers(0, 2**127 - 1).map(str)


def row(table: str) -> st.SearchStrategy[Row]:
    """Any row of that table; amounts are decimal texts, everything else is free."""
    kinds = {int: INTEGERS, bool: st.booleans(), float: NUMBERS, str: TEXTS}
    shape = {
        column.name: AMOUNTS if column.name.endswith("_units") else kinds[column.kind] for column in columns(table)
    }
    return st.builds(TABLES[table], **shape)


WORLDS = st.fixed_dictionaries({table: st.lists(row(table), max_size=5) for table in TABLES})


@given(WORLDS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_figure_is_a_finite_number_or_undefined(rows: Rows) -> None:
    """And has a name that claims can use."""
    found = measure(rows)
    assert {name for name, metric in METRICS.items() if not metric.per} <= found.keys()
    for name, value in found.items():
        assert metric_of(name) is not None
        assert value is None or math.isfinite(value)


@given(WORLDS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_figures_of_single_auctions_are_numbers_too(rows: Rows) -> None:
    """Of auctions that the run has, and only those."""
    numbers = {item.auction for item in Tables.of(rows).auctions}
    for series in per_auction(Tables.of(rows)).values():
        assert series.keys() <= numbers


def test_a_page_shows_figures_that_are_no_numbers_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash, as of figures that are undefined."""
    monkeypatch.setattr("sim.report.page.GALLERY", ())
    page = render(RunRecord("x", 0, "", {"base": VariantRecord({}, "0", {"welfare": math.inf, "forks": 0.0})}))
    assert "<td>–</td>" in page
