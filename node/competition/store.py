"""The run directory: everything a competition left, in one folder that can be moved and read anywhere.

runs/<id>/
  run.json           what was asked: sources, solvers, seed, deadline, versions
  results.json       entries and batches, exact
  leaderboard.json · *.parquet · report.html
  receipts/          one receipt per settled batch: `walras auction verify FILE`
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from intents.errors import Unreadable
from node.competition.leaderboard import standings, standings_to_json
from node.competition.records import Results, results_from_json, results_to_json
from node.competition.tables import tables, write_parquet
from node.errors import RunNotFound
from node.inputs import read_file
from node.report.page import render

DEFAULT_ROOT: Final = Path("runs")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class RunDirectory:
    path: Path

    @property
    def receipts(self) -> Path:
        return self.path / "receipts"


def create(path: Path) -> RunDirectory:
    """A new, empty run directory at ``path``; refuses one that already holds something."""
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise Unreadable(str(path), "already exists and is not an empty directory")
        (path / "receipts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be written").lower()) from error
    return RunDirectory(path)


def save(run: RunDirectory, results: Results, facts: Mapping[str, str]) -> None:
    """Write results, leaderboard, tables and report."""
    rows = standings(results)
    _write_json(run.path / "run.json", dict(facts))
    _write_json(run.path / "results.json", results_to_json(results))
    _write_json(run.path / "leaderboard.json", standings_to_json(rows))
    write_parquet(run.path, tables(results, rows))
    (run.path / "report.html").write_text(render(results, rows, facts), encoding="utf-8")


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> tuple[Results, dict[str, str]]:
    """Results and facts of the run at ``path``."""
    results_path = path / "results.json"
    if not results_path.is_file():
        raise RunNotFound(str(path), "is not a run directory (no results.json)")
    import msgspec

    try:
        document = json.loads(read_file(results_path))
        facts = json.loads(read_file(path / "run.json"))
        return results_from_json(document), {str(k): str(v) for k, v in facts.items()}
    except (
        *(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError),
        msgspec.ValidationError,
    ) as error:
        raise RunNotFound(str(results_path), f"is damaged: {type(error).__name__} {error}") from error


def locate(name: str | None, root: Path = DEFAULT_ROOT) -> Path:
    """The run called ``name`` (an id under ``root``, or a path), or the newest one."""
    if name is None:
        runs = sorted(path for path in root.glob("*") if (path / "results.json").is_file())
        if not runs:
            raise RunNotFound(str(root), "holds no run yet: `walras demo` or `walras compete` makes one")
        return max(runs, key=lambda path: (path / "results.json").stat().st_mtime)
    if _ID.fullmatch(name) and (root / name).is_dir():
        return root / name
    path = Path(name)
    if not path.is_dir():
        raise RunNotFound(name, "no such run")
    return path
