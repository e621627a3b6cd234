"""``walras sim report``: what a run measured, or two sides held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, emit
from node.cli.text import table
from sim.cli.run import told_verdicts, verdicts

if TYPE_CHECKING:
    from sim.metrics.compare import Comparison
    from sim.recording.record import RunRecord, VariantRecord

#: Runs of one side.
MAX_RUNS: Final = 10_000


@click.command(cls=Command)
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path), required=False)
@click.option("--variant", "variants", multiple=True, help="Of A (and of B, if given twice); default: the first.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Write a comparison's page to this file.")
def report(settings: Settings, a: Path, b: Path | None, variants: tuple[str, ...], out: Path | None) -> int:
    """Show the claims and metrics of run A, or compare runs A and B in pairs.

    A side is a run directory, a folder of them (several seeds), or a cell of a sweep. With three seeds or more on
    both sides runs are paired by seed, with fewer by auction. To compare two variants of one run name it twice.
    """
    if len(variants) > 2:
        raise UsageError("--variant", "at most two: A's and B's")
    if b is None:
        if out is not None:
            raise UsageError("--out", "is of a comparison: the page of one run is report.html in its directory")
        if len(variants) > 1:
            raise UsageError("--variant", "one of A: to compare two variants of a run name it twice")
        return _one(settings, _side(a), variants[0] if variants else None)
    from sim.metrics.compare import compare
    from sim.report.comparison import render_comparison

    first, second = _side(a), _side(b)
    chosen = (variants[0] if variants else None, variants[-1] if variants else None)
    found = compare(first, second, chosen, _names(first, second, chosen, (a, b)))
    if out is not None:
        from node.cli.writing import check_target, write_text

        check_target(out)
        single = len(first) == len(second) == 1
        pictured = (_world(first[0], chosen[0]), _world(second[0], chosen[1])) if single else None
        write_text(out, render_comparison(found, pictured))
    emit(settings, found.to_json() | ({} if out is None else {"page": str(out)}), lambda: _compared(found, out))
    return 0


def _names(
    first: Sequence[RunRecord],
    second: Sequence[RunRecord],
    variants: tuple[str | None, str | None],
    paths: tuple[Path, Path],
) -> tuple[str, str] | None:
    """What to call the sides where their runs' names do not tell them apart: their folders."""
    same = [run.name for run in first[:1]] == [run.name for run in second[:1]] and variants[0] == variants[1]
    return (str(paths[0]), str(paths[1])) if same and paths[0] != paths[1] else None


def _one(settings: Settings, side: Sequence[RunRecord], variant: str | None) -> int:
    if len(side) != 1:
        raise UsageError("A", f"{len(side)} runs: name another side to compare them with, or one of them")
    run = side[0]
    name = variant or next(iter(run.variants))
    if name not in run.variants:
        raise UsageError("--variant", f'no variant "{name}"; there are {", ".join(run.variants)}')
    metrics, claims = run.variants[name].metrics, verdicts(run)
    found = {
        "run": run.name,
        "seed": run.seed,
        "variant": name,
        "trace_root": run.trace_root,
        "claims": claims,
        "metrics": dict(metrics),
    }
    rows = [{"metric": key, "value": "–" if value is None else f"{value:.6g}"} for key, value in metrics.items()]
    lines = [f"{run.name}, seed {run.seed}, {name}", *told_verdicts(claims), "", table(rows, left=("metric",))]
    emit(settings, found, lambda: "\n".join(lines))
    return 0


def _world(run: RunRecord, variant: str | None) -> VariantRecord:
    return run.variants[variant] if variant else next(iter(run.variants.values()))


def _side(path: Path) -> list[RunRecord]:
    """One run, or all runs in a folder."""
    from sim.recording.store import ABOUT, read_run
    from sim.sweep.task import RESULT

    if not path.is_dir() or (path / ABOUT).is_file():
        return [read_run(path)]
    inside = sorted(entry for entry in path.iterdir() if entry.is_dir())[:MAX_RUNS]
    runs = [read_run(entry) for entry in inside if (entry / ABOUT).is_file()]
    runs += [_of_sweep(entry) for entry in inside if (entry / RESULT).is_file()]
    return runs or [read_run(path)]


def _of_sweep(path: Path) -> RunRecord:
    """A sweep keeps figures, not tables."""
    from sim.recording.record import RunRecord, VariantRecord
    from sim.scenario.simulation import BASE
    from sim.sweep.task import done

    found: dict[str, Any] = done(path) or {}
    if "metrics" not in found:
        raise UsageError(str(path), found.get("error", "this run has no result"))
    changes = ", ".join(found["changes"]) or "as it is"
    variant = VariantRecord({}, found["trace_root"], found["metrics"])
    return RunRecord(name=changes, seed=found["seed"], config="", variants={BASE: variant})


def _compared(found: Comparison, out: Path | None) -> str:
    rows = []
    for item in found.differences:
        if item.effect == 0:
            continue
        interval = "" if item.low is None or item.high is None else f"{item.low:+.4g} … {item.high:+.4g}"
        rows.append(
            {
                "metric": item.figure,
                "A": f"{item.a:.6g}",
                "B": f"{item.b:.6g}",
                "B − A": f"{item.effect:+.4g}",
                "95 %": interval,
                "n": item.n,
                "verdict": item.verdict,
            }
        )
    lines = [
        f"A: {found.a}",
        f"B: {found.b}",
        f"paired by {found.basis}; seeds {', '.join(map(str, found.seeds))}",
        "",
    ]
    lines.append(table(rows, left=("metric", "verdict")) if rows else "nothing differs in any pair")
    return "\n".join(lines + ([f"\n{out}"] if out is not None else []))
