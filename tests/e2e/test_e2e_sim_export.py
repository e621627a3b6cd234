"""Exporting a simulation's run: its tables as they are, wherever asked."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sim.recording.rows import TABLES
from sim.recording.store import write_run
from tests.e2e.command_line import refused, walras
from tests.synthetic_run import synthetic_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "one"
    write_run(path, synthetic_run(auctions=3))
    return path


def test_parquet_files_are_copied_to_a_folder(run: Path, tmp_path: Path) -> None:
    """One per table, byte by byte; asked for where they are, they are named."""
    found = walras("export", "parquet", run, "--out", tmp_path / "new" / "tables", "--json").document
    assert [Path(name).stem for name in found["written"]] == sorted(TABLES)
    for name in found["written"]:
        assert Path(name).read_bytes() == (run / Path(name).name).read_bytes()
    same = walras("export", "parquet", run, "--out", run)
    assert same.code == 0
    assert str(run / "fills.parquet") in walras("export", "parquet", run).out


def test_the_database_is_copied_to_a_file(run: Path, tmp_path: Path) -> None:
    """And answers there."""
    target = tmp_path / "copy.sqlite"
    assert walras("export", "sqlite", run, "--out", target).code == 0
    database = sqlite3.connect(target)
    assert database.execute("SELECT count(*) FROM auctions").fetchone() == (3,)
    database.close()


def test_a_folder_of_neither_kind_is_refused(tmp_path: Path) -> None:
    """With the error that a missing competition gives."""
    assert "is not a run directory" in refused(walras("export", "sqlite", tmp_path), "run.not-found")
