"""What ``demo`` and ``compete`` share: from a request to a finished run directory, with progress shown."""

from __future__ import annotations

import platform
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.cli.command import Settings, coloured, emit, note, warn
from node.cli.leaderboard import show
from node.cli.text import whole
from node.cli.words import counted, one_line

if TYPE_CHECKING:
    from node.competition.records import Results
    from node.competition.run import Progress
    from node.competition.sources import Source
    from node.competition.store import RunDirectory
    from solver.spec import SolverSpec

ALL_BUILT_IN: Final = ("walras", "baseline", "naive", "rings")
#: Bids that fairness left out are told of so many batches.
MOST_UNFAIR: Final = 10


@dataclass(frozen=True, slots=True)
class Request:
    """One competition as asked for on the command line."""

    deadline_s: float
    solvers: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    auctions: tuple[str, ...] = ()
    batches: int | None = None
    seed: int | None = None
    mechanism: str = "greedy"
    jobs: int = 1
    memory_mb: int = 6_000
    out: Path | None = None
    check_receipts: bool = False


def run_competition(settings: Settings, request: Request) -> int:
    """Run, save and report; 0, or 5 when a receipt that was written does not verify."""
    from node.competition.leaderboard import standings, standings_to_json
    from node.competition.run import Plan, compete
    from node.competition.store import DEFAULT_ROOT, create, save
    from solver.limits import Limits
    from solver.spec import parse_specs

    specs = parse_specs(request.solvers or ALL_BUILT_IN)
    sources = _sources(settings, request)
    run = create(request.out or DEFAULT_ROOT / time.strftime("%Y%m%d-%H%M%S", time.gmtime()))
    plan = Plan(
        specs=specs,
        sources=sources,
        deadline_s=request.deadline_s,
        seed=request.seed or 0,
        mechanism=request.mechanism,
        jobs=request.jobs,
        limits=Limits(memory_mb=request.memory_mb),
        receipts=run.receipts,
    )
    with _progress(settings, len(sources) * len(specs)) as progress:
        results = compete(plan, progress)
    save(run, results, _facts(request, run, specs, len(sources)))
    rows = standings(results)
    verified, failed = _check_receipts(settings, run, results) if request.check_receipts else (0, 0)
    document = {
        "run": str(run.path),
        "batches": len(results.batches),
        "receipts_verified": verified,
        "receipts_failed": failed,
        "leaderboard": standings_to_json(rows),
    }
    emit(settings, document, lambda: show(rows))
    _closing(settings, run, results)
    return 5 if failed else 0


def _sources(settings: Settings, request: Request) -> tuple[Source, ...]:
    from node.competition.sources import file_sources, readable, scenario_sources

    files: tuple[Source, ...] = ()
    if request.auctions:
        files = readable(
            file_sources(request.auctions), lambda message: warn(settings, "auction.left-out", message)
        )
        if not request.scenarios:
            return files
    return files + scenario_sources(request.scenarios, batches=request.batches, seed=request.seed)


def _facts(request: Request, run: RunDirectory, specs: tuple[SolverSpec, ...], auctions: int) -> dict[str, str]:
    """What it takes to run this again, and on what it ran."""
    return {
        "run": run.path.name,
        "command": command_of(request),
        "auctions": str(auctions),
        "scenarios": " ".join(request.scenarios) or ("-" if request.auctions else "all shipped"),
        "files": " ".join(request.auctions) or "-",
        "solvers": " ".join(f"{s.name}={s.target}" if s.name != s.target else s.name for s in specs),
        "mechanism": request.mechanism,
        "deadline_s": f"{request.deadline_s:g}",
        "seed": "each world's own" if request.seed is None else str(request.seed),
        "walras": version("walras"),
        "python": platform.python_version(),
        "ortools": version("ortools"),
        "numpy": version("numpy"),
        "machine": f"{platform.system()} {platform.machine()}",
        "finished": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
    }


def command_of(request: Request) -> str:
    """The command that asks for the same once more, but for where results go."""
    parts = ["walras", "compete", *(request.solvers or ALL_BUILT_IN)]
    parts += [part for name in request.scenarios for part in ("--scenario", name)]
    parts += [part for path in request.auctions for part in ("--auctions", path)]
    parts += ["--deadline", f"{request.deadline_s:g}", "--mechanism", request.mechanism]
    parts += [] if request.batches is None else ["--batches", str(request.batches)]
    parts += [] if request.seed is None else ["--seed", str(request.seed)]
    return shlex.join([*parts, "--jobs", str(request.jobs), "--memory", str(request.memory_mb)])


@contextmanager
def _progress(settings: Settings, total: int) -> Iterator[Progress]:
    """A bar on terminals, a line per batch elsewhere, nothing with --quiet."""
    if settings.quiet:
        yield lambda batch, solver, summary: None
        return
    if not coloured(settings, stderr=True):

        def say(batch: str, solver: str, summary: str) -> None:
            if not solver:
                note(settings, f"{batch}: {summary}")

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting solvers", total=total)

        def step(batch: str, solver: str, summary: str) -> None:
            if solver:
                bar.update(task, advance=1, description=f"{batch}: {solver}"[:44])

        yield step


def _check_receipts(settings: Settings, run: RunDirectory, results: Results) -> tuple[int, int]:
    """Read every receipt back from its file and verify it as a stranger would."""
    from intents.errors import WalrasError
    from intents.strict_json import parse_json
    from node.inputs import read_file
    from settlement.receipt import verify_receipt

    failed = 0
    paths = [run.path / batch.receipt for batch in results.batches if batch.receipt]
    for path in paths:
        try:
            verify_receipt(parse_json(read_file(path), str(path)), str(path))
        except WalrasError as error:
            failed += 1
            warn(settings, error.code, str(error))
    note(settings, f"verified {len(paths) - failed} of {len(paths)} receipts from their files")
    return len(paths) - failed, failed


def _closing(settings: Settings, run: RunDirectory, results: Results) -> None:
    settled = sum(batch.orders_filled for batch in results.batches)
    total = sum(batch.score for batch in results.batches)
    note(
        settings,
        f"{len(results.batches)} {'batch' if len(results.batches) == 1 else 'batches'}, "
        f"{counted(settled, 'order')} settled, score {whole(total)} in the numeraire",
    )
    _failed(settings, results)
    _unfair(settings, run, results)
    note(settings, f"report: {run.path / 'report.html'}")


def _failed(settings: Settings, results: Results) -> None:
    """Solvers that failed: how often, and how the first time."""
    for solver in dict.fromkeys(entry.solver for entry in results.entries):
        own = [entry for entry in results.entries if entry.solver == solver]
        failed = [entry for entry in own if entry.detail]
        if failed:
            first = f"first on {failed[0].auction}: {failed[0].detail}"
            warn(
                settings,
                "solver.failed",
                f"{solver} failed in {len(failed)} of {counted(own, 'auction')}, {first}",
            )


def _unfair(settings: Settings, run: RunDirectory, results: Results) -> None:
    """Bids that fairness kept from winning: how many, and asked for more, which and why."""
    unfair = [(entry, entry.left_out[0]) for entry in results.entries if entry.left_out]
    if not unfair:
        return
    if not settings.verbose:
        note(
            settings,
            f"{counted(len(unfair), 'higher bid')} lost as unfair: some pair got more from another bid "
            "(-v and the report say which)",
        )
        return
    for entry, bid in unfair[:MOST_UNFAIR]:
        where = f"{entry.auction}: {entry.solver}'s bid {bid.solution}, worth {bid.worth:.6g}"
        note(settings, one_line(f"{where}, could not win: {bid.message}"))
    if len(unfair) > MOST_UNFAIR:
        note(settings, f"and {len(unfair) - MOST_UNFAIR} more: see left_out in {run.path}")
