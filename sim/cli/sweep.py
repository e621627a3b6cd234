"""``walras sim sweep``: a scenario over a grid of changes and many seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, emit
from node.cli.said import refuse
from node.cli.text import table
from sim.cli.processes import PROCESSES

MAX_SEEDS: Final = 100_000
#: What the table on a terminal shows unless asked otherwise.
SHOWN: Final = ("welfare", "price_improvement_bps", "fill_rate", "batch_time_p50_s")


@click.command(cls=Command)
@click.argument("scenario")
@click.option("--grid", "axes", multiple=True, metavar="PATH=V,V,…", help="Values of one setting; repeatable.")
@click.option("--seeds", type=click.IntRange(1, MAX_SEEDS), default=5, show_default=True, help="Seeds per cell.")
@click.option(
    "--first-seed",
    type=click.IntRange(0, 2**32 - MAX_SEEDS),
    default=1,
    show_default=True,
    help="The first of them.",
)
@click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change all cells alike; repeatable.")
@click.option("--metric", "metrics", multiple=True, help="Metric to show; repeatable. All are in the files.")
@click.option("--out", "-o", type=click.Path(path_type=Path), required=True, help="Directory for the results.")
@PROCESSES
@click.option("--ray", metavar="ADDRESS", help='Run on a Ray cluster ("local": start one here).')
def sweep(
    settings: Settings,
    scenario: str,
    axes: tuple[str, ...],
    seeds: int,
    first_seed: int,
    changes: tuple[str, ...],
    metrics: tuple[str, ...],
    out: Path,
    processes: int,
    ray: str | None,
) -> int:
    """Run SCENARIO for every combination of --grid values and every seed; means with 95 % intervals over seeds.

    Each finished run is kept in --out, so that after an interruption the same command goes on where it stopped.
    Exit code 1 if a run failed, 5 if in one something happened that never should.
    """
    if ray is not None:
        refuse("does not go with --ray: the cluster has as many as it has", "processes")
    from node.cli.progress import bar
    from sim.scenario.catalog import find
    from sim.scenario.override import changed
    from sim.sweep.grid import cells
    from sim.sweep.summary import summarised
    from sim.sweep.sweeping import claim, plan, write_summary
    from sim.sweep.sweeping import sweep as perform

    chosen = metrics or SHOWN
    _check_metrics(chosen)
    document = changed(find(scenario).document, changes)
    tasks = plan(document, cells(axes), range(first_seed, first_seed + seeds), out)
    claim(document, out)
    with bar(settings, "runs") as advance:
        results = perform(tasks, processes, ray, advance)
    path = write_summary(results, out)
    found = {
        "scenario": document.get("name"),
        "runs": len(results),
        "summary": str(path),
        "cells": summarised(results),
    }
    emit(settings, found, lambda: _told(found, chosen))
    if any(result.get("violations") for result in results):
        return 5
    return 1 if any("error" in result for result in results) else 0


def _check_metrics(names: Sequence[str]) -> None:
    from sim.metrics.registry import metric_of

    for name in names:
        if metric_of(name) is None:
            raise UsageError("--metric", f'no metric "{name}"')


def _told(found: Mapping[str, Any], metrics: Sequence[str]) -> str:
    rows = []
    for cell in found["cells"]:
        row = {"cell": ", ".join(cell["changes"]) or "as it is", "runs": cell["runs"]}
        for name in metrics:
            figure = cell["metrics"].get(name)
            row[name] = "–" if figure is None else _interval(figure)
        row["folder"] = cell["folder"]
        if cell["failed"]:
            row["failed"] = cell["failed"]
        rows.append(row)
    return table(rows, left=("cell", "folder")) + f"\n{found['summary']}"


def _interval(figure: Mapping[str, float]) -> str:
    """Of a single value there is no interval."""
    mean = f"{figure['mean']:.6g}"
    return mean if figure["n"] < 2 else f"{mean} ± {figure['half']:.3g}"
