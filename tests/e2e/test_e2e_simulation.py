"""``walras sim`` as a user runs it: runs that repeat in any process, replays, what-ifs, sweeps, comparisons."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.recording.store import read_run, write_run
from tests.e2e.command_line import WALRAS, refused, walras

QUICK = ["--set", "auctions = 2", "--set", "solvers.beta =", "--set", "solvers.gamma ="]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run's directory."""
    place = tmp_path_factory.mktemp("runs") / "run"
    ended = walras("sim", "run", "honest-4", *QUICK, "--out", place, "--json")
    assert ended.code == 0, ended.err
    assert ended.document["run"] == str(place)
    return place


def test_a_run_repeats_in_other_processes_with_other_hash_seeds() -> None:
    """One trace root, whatever the interpreter's hash seed."""
    roots = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [WALRAS, "sim", "run", "honest-4", *QUICK, "--no-record", "--json"],
            capture_output=True,
            env=environment,
            timeout=120,
            check=True,
        )
        roots.add(json.loads(done.stdout)["trace_root"])
    assert len(roots) == 1


def test_a_run_directory_holds_everything(recorded: Path) -> None:
    """Record, resolved scenario, tables, database and page."""
    names = {path.name for path in recorded.iterdir()}
    assert {"run.json", "scenario.toml", "run.sqlite", "report.html", "fills.parquet", "auctions.parquet"} <= names
    assert "extends" not in (recorded / "scenario.toml").read_text()


def test_a_replay_is_equal(recorded: Path) -> None:
    """From what the directory says alone."""
    ended = walras("sim", "replay", recorded, "--json")
    assert (ended.code, ended.document["equal"], ended.document["difference"]) == (0, True, None)


def test_a_replay_of_another_run_shows_the_first_difference(recorded: Path, tmp_path: Path) -> None:
    """A scenario changed behind the record's back."""
    other = tmp_path / "other"
    shutil.copytree(recorded, other)
    config = (other / "scenario.toml").read_text()
    (other / "scenario.toml").write_text(config.replace("per_minute = 240.0", "per_minute = 120.0"))
    ended = walras("sim", "replay", other, "--json")
    assert ended.code == 1
    assert ended.document["difference"]["table"] in {"intents", "auctions"}
    assert ended.document["difference"]["at_us"] is not None


def test_a_replay_shows_a_row_that_was_changed_behind_its_digest(recorded: Path, tmp_path: Path) -> None:
    """The roots are equal, the tables are not: a record is what was run, row by row."""
    run = read_run(recorded)
    base = run.variants["base"]
    fills: list[Any] = list(base.table("fills"))
    fills[1] = fills[1]._replace(got_units="1")
    other = tmp_path / "other"
    write_run(other, replace(run, variants={"base": replace(base, rows={**base.rows, "fills": fills})}))
    ended = walras("sim", "replay", other, "--json")
    found = ended.document["difference"]
    assert (ended.code, ended.document["equal"]) == (1, False)
    assert (found["table"], found["row"], found["field"], found["recorded"]) == ("fills", 1, "got_units", "1")


def test_one_run_is_reported_with_its_claims(recorded: Path) -> None:
    """What was asked, what was found, and whether it holds."""
    found = walras("sim", "report", recorded, "--json").document["claims"]
    assert {"says": "Nothing forks", "holds": True, "figures": {"forks": 0.0}, "test": "forks = 0"} in found


def test_runs_of_one_name_are_told_apart_by_their_folders(recorded: Path, tmp_path: Path) -> None:
    """Two sides called alike would leave it open which is which."""
    other = tmp_path / "other"
    shutil.copytree(recorded, other)
    found = walras("sim", "report", recorded, other, "--json").document
    assert (found["a"], found["b"]) == (str(recorded), str(other))
    found = walras("sim", "report", recorded, recorded, "--json").document
    assert (found["a"], found["b"]) == ("honest-4", "honest-4")


def test_a_counterfactual_shows_what_would_have_been(recorded: Path) -> None:
    """The same seed, slower links."""
    ended = walras("sim", "replay", recorded, "--set", "network.latency_ms = 200.0", "--json")
    slower = ended.document["metrics"]["base"]["batch_time_p50_s"]
    assert (ended.code, slower["changed"] > slower["recorded"]) == (0, True)


def test_a_replay_keeps_its_seed(recorded: Path) -> None:
    """Another one would be taken for no change at all."""
    refused(walras("sim", "replay", recorded, "--set", "seed=5"), "usage", 2)


def test_an_earlier_run_is_not_overwritten_unasked(recorded: Path) -> None:
    """Only with --force."""
    refused(walras("sim", "run", "honest-4", *QUICK, "--out", recorded), "run.exists")
    assert walras("sim", "run", "honest-4", *QUICK, "--out", recorded, "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["run", "honest-5"], "scenario.unknown", 3),
        (["run", "honest-4", "--set", "chain"], "usage", 2),
        (["run", "honest-4", "--set", "chain.validators = 0"], "scenario.out-of-bounds", 3),
        (["run", "honest-4", "--variant", "other"], "input.wrong-value", 3),
        (["run", "honest-4", "--set", "auctions = 100000", "--out", "/dev/null/x"], "input.unreadable", 3),
        (["sweep", "honest-4", "--out", "/dev/null/x"], "input.unreadable", 3),
        (["replay", "/nonexistent"], "input.unreadable", 3),
        (["replay", "."], "run.not-a-run", 3),
        (["report", "."], "run.not-a-run", 3),
        (["sweep", "honest-4", "--grid", "x", "--out", "sweep"], "usage", 2),
        (["sweep", "honest-4", "--metric", "wellfare", "--out", "sweep"], "usage", 2),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    arguments: list[str], code: str, exit_code: int, tmp_path: Path
) -> None:
    """With a code, nothing on stdout, nothing written."""
    ended = walras("sim", *arguments, cwd=tmp_path)
    found, _ = ended.error
    assert (found.split(".")[0], ended.code) == (code.split(".")[0], exit_code), ended.err
    assert (ended.out, list(tmp_path.iterdir())) == ("", [])


def test_a_false_claim_is_exit_code_one(tmp_path: Path) -> None:
    """The report says FALSE, and the command too."""
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "honest-4"\nname = "mine"\nauctions = 1\n'
        '[[claims]]\nsays = "Everybody is rich"\nleft = "welfare"\nsign = ">="\nright = "1e12"\n'
    )
    ended = walras("sim", "run", path, *QUICK, "--no-record")
    assert ended.code == 1
    assert "FALSE Everybody is rich" in ended.out


def test_a_sweep_is_resumed_and_its_cells_compared(tmp_path: Path) -> None:
    """Three seeds per cell pair by seed."""
    command = ["sim", "sweep", "honest-4", *QUICK, "--set", "auctions = 1", "--grid", "network.latency_ms=5,100"]
    command += ["--seeds", "3", "--out", str(tmp_path / "s"), "--processes", "1", "--json"]
    first = walras(*command)
    assert (first.code, first.document["runs"]) == (0, 6)
    again = walras(*command)
    assert again.document == first.document
    fast, slow = (path for path in sorted((tmp_path / "s").iterdir()) if path.is_dir())
    ended = walras("sim", "report", fast, slow, "--out", tmp_path / "page.html", "--json")
    assert (ended.code, ended.document["basis"]) == (0, "seeds")
    assert "<svg" in (tmp_path / "page.html").read_text() or "interval" in (tmp_path / "page.html").read_text()


def test_scenarios_are_listed_checked_and_described() -> None:
    """Worlds and simulations both."""
    listed = walras("scenario", "list", "--json").document
    assert "honest-4" in {item["name"] for item in listed["simulations"]}
    checked = walras("scenario", "check", "honest-4", "sparse", "--json").document["checked"]
    assert [set(item) >= {"scenario"} for item in checked] == [True, True]
    schema = walras("scenario", "schema", "simulation").document
    kinds = {item["properties"]["kind"]["const"] for item in schema["properties"]["agents"]["items"]["oneOf"]}
    assert {"retail", "maker", "sandwich", "oracle"} <= kinds
