"""Sweeps: their cells, what is kept, what is done again, and what all of it says together."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.errors import Unreadable, UsageError
from sim.scenario.catalog import find
from sim.scenario.override import changed
from sim.sweep.grid import cells
from sim.sweep.summary import summarised
from sim.sweep.sweeping import OtherSweep, claim, plan, sweep, write_summary
from sim.sweep.task import RESULT, done, write

DOCUMENT = changed(
    find("honest-4").document, ["solvers.beta =", "solvers.gamma =", "auctions = 1", "fairness = false"]
)


def test_cells_are_every_combination_in_order() -> None:
    """Values with commas of their own go in brackets."""
    found = cells(["a.b=1,2", 'c = [1, 2],"x,y"'])
    assert [cell.changes for cell in found] == [
        ("a.b = 1", "c = [1, 2]"),
        ("a.b = 1", 'c = "x,y"'),
        ("a.b = 2", "c = [1, 2]"),
        ("a.b = 2", 'c = "x,y"'),
    ]
    assert len({cell.id for cell in found}) == 4
    assert cells([])[0].changes == ()


@pytest.mark.parametrize("axis", ["a", "=1", "a=1,1", "seed=1,2", "a=", "a= "])
def test_an_axis_that_is_none_is_refused(axis: str) -> None:
    """By its words."""
    with pytest.raises(UsageError, match=r"form|twice|seeds|no value"):
        cells([axis])


def test_too_many_cells_are_refused() -> None:
    """Before any of them is made."""
    with pytest.raises(UsageError, match="combinations"):
        cells([f"k{i}=" + ",".join(map(str, range(100))) for i in range(3)])


def test_a_sweep_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What is done is not done again; what is half done is."""
    claim(DOCUMENT, tmp_path)
    tasks = plan(DOCUMENT, cells(["network.latency_ms=5,50"]), [1, 2], tmp_path)
    told: list[tuple[int, int]] = []
    first = sweep(tasks, 1, None, lambda done, total: told.append((done, total)))
    assert told[-1] == (4, 4)
    roots = [result["trace_root"] for result in first]
    assert len(set(roots)) == 4
    (Path(tasks[0].place) / RESULT).write_text('{"half": ', encoding="utf-8")
    marked = json.loads((Path(tasks[1].place) / RESULT).read_text())
    (Path(tasks[1].place) / RESULT).write_text(json.dumps(marked | {"seed": 99}), encoding="utf-8")
    again = sweep(tasks, 1, None, lambda done, total: None)
    assert [result["trace_root"] for result in again] == roots
    assert again[1]["seed"] == 99
    assert write_summary(again, tmp_path).stat().st_size > 0
    assert len(summarised(again)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"changes": None},
        {"changes": ["no sign"]},
        {"seed": "1"},
        {"trace_root": None},
        {"trace_root": "\ud800"},
        {"violations": 3},
        {"metrics": [1.5]},
        {"metrics": {"welfare": 1e999}},
        {"metrics": {"welfare": "much"}},
        {"metrics": {"welfare": 10**450}},
    ],
)
def test_a_result_that_is_none_is_worked_out_again(tmp_path: Path, change: dict[str, object]) -> None:
    """A file that was changed, in any part that the summary is made of."""
    sound = {"changes": ["a=1"], "seed": 1, "trace_root": "ab", "metrics": {"welfare": 1.5, "none": None}}
    write(sound, tmp_path)
    assert done(tmp_path) == sound
    (tmp_path / RESULT).write_text(json.dumps(sound | change), encoding="utf-8")
    assert done(tmp_path) is None


def test_results_do_not_depend_on_how_many_processes(tmp_path: Path) -> None:
    """Two at once give what one after the other gives."""
    grid = cells(["network.latency_ms=5,50"])
    one, two = (
        sweep(plan(DOCUMENT, grid, [1], tmp_path / str(n)), n, None, lambda done, total: None) for n in (1, 2)
    )
    assert [result["trace_root"] for result in one] == [result["trace_root"] for result in two]


def test_a_folder_belongs_to_one_scenario(tmp_path: Path) -> None:
    """Another one's results are not mixed in."""
    claim(DOCUMENT, tmp_path)
    claim(DOCUMENT, tmp_path)
    with pytest.raises(OtherSweep):
        claim({**DOCUMENT, "auctions": 2}, tmp_path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """By its name: as the sweep's folder, and as one run's."""
    taken = tmp_path / "file"
    taken.write_text("mine", encoding="utf-8")
    with pytest.raises(Unreadable, match="file"):
        claim(DOCUMENT, taken)
    with pytest.raises(Unreadable, match="file"):
        write({"error": "none"}, taken / "1")
    assert taken.read_text(encoding="utf-8") == "mine"


def test_a_bad_cell_is_found_before_anything_runs(tmp_path: Path) -> None:
    """All cells are read first."""
    from scenarios.errors import OutOfBounds

    with pytest.raises(OutOfBounds):
        plan(DOCUMENT, cells(["chain.validators=4,0"]), [1], tmp_path)
    assert done(tmp_path) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_intervals_are_students(values: list[float]) -> None:
    """Mean and half width as published: t(0.975, n − 1) · s / √n."""
    from scipy import stats

    results = [{"changes": [], "metrics": {"m": value}} for value in values]
    found = summarised(results)[0]["metrics"]["m"]
    assert found["mean"] == pytest.approx(statistics.fmean(values))
    if statistics.stdev(values) > 1e-3:
        low, _ = stats.t.interval(0.95, len(values) - 1, loc=found["mean"], scale=stats.sem(values))
        assert found["mean"] - found["half"] == pytest.approx(low, rel=1e-6, abs=1e-6)


def test_ray_gives_what_one_process_gives(tmp_path: Path) -> None:
    """On a cluster started here; skipped where the extra is not installed."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    grid = cells(["network.latency_ms=5,50"])
    here = sweep(plan(DOCUMENT, grid, [1], tmp_path / "here"), 1, None, lambda done, total: None)
    there = sweep(plan(DOCUMENT, grid, [1], tmp_path / "there"), 1, "local", lambda done, total: None)
    assert [result["trace_root"] for result in here] == [result["trace_root"] for result in there]
