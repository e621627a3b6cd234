"""``walras sim run``: a scenario from a seed, its claims, and the directory with all that happened."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from intents.errors import Unreadable
from node.cli.command import Command, Settings, emit
from node.cli.said import refuse
from node.cli.text import table

DEFAULT_ROOT: Final = Path("runs")


@click.command(cls=Command)
@click.argument("scenario")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Another seed than the scenario's own.")
@click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change the scenario; repeatable.")
@click.option("--variant", "only", multiple=True, help='Run this variant only ("base": none); repeatable.')
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Run directory (default: runs/NAME-SEED).")
@click.option("--force", is_flag=True, help="Replace an earlier run in that directory.")
@click.option("--no-record", is_flag=True, help="Keep nothing: only say how it went.")
def run(
    settings: Settings,
    scenario: str,
    seed: int | None,
    changes: tuple[str, ...],
    only: tuple[str, ...],
    out: Path | None,
    force: bool,
    no_record: bool,
) -> int:
    """Run SCENARIO, a shipped name or a TOML file, with all its variants.

    The same scenario and seed give the same trace root in any process. Exit code 1 if a claim of the scenario does
    not hold, 5 if anything happened that never should: a fork, books that do not balance, a false accusation.
    """
    if no_record:
        refuse("does not go with --no-record: nothing is written", "out", "force")
    from node.cli.progress import bars
    from sim.recording.store import check_place, write_run
    from sim.scenario.catalog import find
    from sim.scenario.override import changed
    from sim.world.recording import prepared, recorded

    source = find(scenario)
    document = changed(source.document, changes)
    variants = prepared(document, source.where, only)
    first = next(iter(variants.values()))
    chosen = first.seed if seed is None else seed
    place = None if no_record else out or DEFAULT_ROOT / f"{first.name}-{chosen}"
    if place is not None:
        check_place(place, force)
        check_parent(place)
    with bars(settings) as advance:
        record, broken = recorded(document, variants, chosen, advance)
    if place is not None:
        write_run(place, record, overwrite=force)
    found = described(record, broken, place)
    emit(settings, found, lambda: told(found))
    if broken:
        return 5
    return 0 if all(claim.holds for claim in record.claims) else 1


def check_parent(place: Path) -> None:
    """Raise ``Unreadable`` where no folder can be made: worth asking before a long run."""
    nearest = next(parent for parent in place.absolute().parents if parent.exists())
    if not nearest.is_dir():
        raise Unreadable(str(place), f"{nearest} is not a directory")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise Unreadable(str(place), f"{nearest} cannot be written")


def described(record: Any, broken: dict[str, tuple[str, ...]], place: Path | None) -> dict[str, Any]:
    """The run as a document."""
    return {
        "scenario": record.name,
        "seed": record.seed,
        "trace_root": record.trace_root,
        "claims": verdicts(record),
        "variants": {
            name: {
                "trace_root": variant.trace_root,
                "violations": list(broken.get(name, ())),
                "metrics": dict(variant.metrics),
            }
            for name, variant in record.variants.items()
        },
        "run": None if place is None else str(place),
    }


def verdicts(record: Any) -> list[dict[str, Any]]:
    """The claims of a run with what was asked, what was found, and whether it holds."""
    return [
        {"says": claim.text, "holds": claim.holds, "figures": dict(claim.figures), "test": claim.test}
        for claim in record.claims
    ]


def told_verdicts(claims: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same in lines for people."""
    lines = []
    for claim in claims:
        verdict = {True: "TRUE ", False: "FALSE", None: "  ?  "}[claim["holds"]]
        figures = ", ".join(f"{name} = {_short(value)}" for name, value in claim["figures"].items())
        lines += [
            f"{verdict} {claim['says']}",
            f"      asked: {claim['test'] or 'not recorded'}; found: {figures}",
        ]
    return lines


#: What a person is shown of each variant; everything is in the report.
SHOWN: Final = (
    "auctions_settled",
    "fill_rate",
    "price_improvement_bps",
    "welfare",
    "welfare_gap_bps",
    "batch_time_p50_s",
    "forks",
)


def told(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"{found['scenario']}, seed {found['seed']}", f"trace root {found['trace_root']}", ""]
    rows = [
        {"variant": name, **{key: _short(item["metrics"].get(key)) for key in SHOWN if key in item["metrics"]}}
        for name, item in found["variants"].items()
    ]
    lines.append(table(rows, left=("variant",)))
    lines += told_verdicts(found["claims"])
    for name, item in found["variants"].items():
        lines += [f"VIOLATED {name}: {text}" for text in item["violations"]]
    if found["run"] is not None:
        lines.append(f"\nreport: {found['run']}/report.html")
    return "\n".join(lines)


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"
