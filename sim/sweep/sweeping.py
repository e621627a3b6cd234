"""A sweep as a whole: which runs are missing, running them, and what all of them say together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from intents.errors import Unreadable, WalrasError
from sim.scenario.override import changed
from sim.scenario.simulation import simulation_from
from sim.sweep.grid import Cell
from sim.sweep.pools import local, on_ray
from sim.sweep.task import Task, done, write

#: What a directory's sweep is of.
PLAN: Final = "sweep.json"
SUMMARY: Final = "sweep.parquet"


@dataclass(eq=False)
class OtherSweep(WalrasError):
    code: ClassVar[str] = "sweep.other"
    text: ClassVar[str] = "{path} holds another sweep: choose another directory"
    exit_code: ClassVar[int] = 2

    path: str


def plan(document: Mapping[str, Any], grid: Sequence[Cell], seeds: Iterable[int], out: Path) -> list[Task]:
    """Every run of the sweep. Raises a ``WalrasError`` where a cell is no scenario, before anything runs."""
    tasks = []
    seeds = list(seeds)
    for cell in grid:
        found = changed(document, cell.changes)
        simulation_from(found, " ".join(cell.changes) or "sweep")
        tasks += [Task(found, cell.changes, seed, str(out / cell.id / str(seed))) for seed in seeds]
    return tasks


def claim(document: Mapping[str, Any], out: Path) -> None:
    """Make ``out`` this scenario's, or find that it is already. More cells and seeds may be added later.

    Raises ``OtherSweep`` or, where nothing can be kept there, ``Unreadable``.
    """
    text = json.dumps({"scenario": document}, sort_keys=True, indent=1) + "\n"
    path = out / PLAN
    try:
        if path.exists() and path.read_bytes() != text.encode():
            raise OtherSweep("", str(out))
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unreadable(str(out), (error.strerror or "cannot be written").lower()) from error


def sweep(
    tasks: Sequence[Task], processes: int, ray: str | None, advance: Callable[[int, int], None]
) -> list[dict[str, Any]]:
    """Run what is not done yet; every result, in the order of ``tasks``."""
    found = {task.place: done(Path(task.place)) for task in tasks}
    results = {place: result for place, result in found.items() if result is not None}
    missing = [task for task in tasks if task.place not in results]
    runs = local(missing, processes) if ray is None else on_ray(missing, ray)
    for task, result in runs:
        write(result, Path(task.place))
        results[task.place] = result
        advance(len(results), len(tasks))
    return [results[task.place] for task in tasks]


def write_summary(results: Sequence[Mapping[str, Any]], out: Path) -> Path:
    """One row per run: its changes, seed and every metric."""
    import polars

    rows = []
    for result in results:
        row = {change.split("=")[0].strip(): change.split("=", 1)[1].strip() for change in result["changes"]}
        row |= {"seed": result["seed"], "trace_root": result.get("trace_root"), "error": result.get("error")}
        row |= result.get("metrics", {})
        rows.append(row)
    path = out / SUMMARY
    try:
        polars.DataFrame(rows, infer_schema_length=None, strict=False).write_parquet(path)
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be written").lower()) from error
    return path
