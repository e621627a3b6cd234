"""``walras auction solve``: one solver on one auction, hosted, timed and verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from node.cli.command import Command, Settings, emit, note
from node.cli.said import refuse

if TYPE_CHECKING:
    from intents.auction import Auction
    from settlement.settle import Settlement
    from settlement.solution import Solution
    from solver.outcome import SolverRun
    from solver.spec import SolverSpec

DEFAULT_S: Final = 5.0
#: With a budget of work, time only stops a solver that does not keep to it.
LONGEST_S: Final = 3_600.0


@click.command(cls=Command)
@click.argument("file")
@click.option("--solver", "-s", "target", required=True, metavar="NAME|FILE.py|URL", help="Who solves it.")
@click.option("--deadline", type=click.FloatRange(0.05, 3600), help="Seconds.  [default: 5, or 3600 with --work]")
@click.option(
    "--work",
    type=click.IntRange(1, 2**53),
    help="Units of work instead of time, about a microsecond each: the same answer every time.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="The solver's.")
@click.option("--memory", type=click.IntRange(256, 1 << 20), default=6_000, show_default=True, help="MiB.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Write the solution here.")
@click.option("--all", "everything", is_flag=True, help="Write all solutions that win together, as a list.")
@click.option(
    "--format", "form", type=click.Choice(["native", "cow"]), help="Form of the solution (default: native)."
)
def solve(
    settings: Settings,
    file: str,
    target: str,
    deadline: float | None,
    work: int | None,
    seed: int,
    memory: int,
    out: Path | None,
    everything: bool,
    form: str | None,
) -> None:
    """Let one solver answer the auction in FILE, and verify every solution it gives in time.

    Its score is that of its best set of bids that can be settled together. The solution written is the best
    single one, or with --all the whole set; `--format cow` writes it as a solver engine answers. A --format
    without --out, or --out -, prints it to stdout instead of the report. Exit code 1 when nothing valid came.

    With --work the solver's effort is counted, not its time: solvers that count it (walras, baseline, naive and
    rings do) give byte-identical answers for the same auction, budget and seed, on any machine under any load.
    """
    from node.cli.auction_files import read_noted
    from node.cli.auction_report import report_json, report_text
    from node.cli.writing import checked_target, write_text
    from settlement.mechanism import mechanism
    from settlement.settle import settle
    from solver.spec import parse_spec

    if out is None and form is None:
        refuse("needs --out or --format: nothing is written", "everything")
    spec = parse_spec(target)
    form = "native" if out is not None and str(out) == "-" and form is None else form
    out = checked_target(out)
    auction = read_noted(settings, file).auction
    seconds = deadline or (LONGEST_S if work else DEFAULT_S)
    budget = f"{work} units of work" if work else f"{seconds:g} s"
    note(settings, f"{spec.name} has {budget} for {len(auction.orders)} orders, {len(auction.venues)} venues")
    run = _hosted(spec, auction, seconds, seed, work or 0, memory)
    # Alone with its own bids a solver is to show the best of them that fit together, fair to nobody else.
    settlement = settle(auction, run.solutions, mechanism("vcg"))
    document = report_json(run, settlement)
    chosen = _chosen(settlement, everything)
    answer = _in_form(chosen, auction, form or "native", everything) if chosen else None
    if out is not None and answer is not None:
        write_text(out, json.dumps(answer, indent=1) + "\n")
        document["written"] = str(out)
    _print(settings, document, report_text(document), answer if form and out is None else None, form)
    _complain(run, settlement)


def _print(settings: Settings, document: dict[str, Any], text: str, answer: Any, form: str | None) -> None:
    """The report, or the solution where its form was asked for and no file named: then the report is a remark."""
    if answer is None:
        emit(settings, document, lambda: text)
    elif not settings.json:
        note(settings, text)
        click.echo(json.dumps(answer, indent=1))
    elif form == "cow":
        emit(settings, {**document, **answer}, str)
    else:
        emit(settings, {**document, "solution": answer}, str)


def _hosted(spec: SolverSpec, auction: Auction, seconds: float, seed: int, work: int, memory_mb: int) -> SolverRun:
    """The solver's run in a process of its own."""
    import trio

    from intents.auction_codec import encode_auction
    from solver.host import host
    from solver.limits import Limits

    data = encode_auction(auction)

    async def run() -> SolverRun:
        async with host(spec, Limits(memory_mb=memory_mb)) as hosted:
            return await hosted.solve(data, seconds, seed=seed, work=work)

    return trio.run(run)


def _chosen(settlement: Settlement, everything: bool) -> list[Solution]:
    """All solutions that settle together, or the best single one: the highest score, then the lowest id."""
    if everything:
        return [item.solution for item in settlement.settled]
    best = sorted(settlement.verified, key=lambda item: (-item.score.net, item.solution.id))
    return [item.solution for item in best[:1]]


def _in_form(solutions: list[Solution], auction: Auction, form: str, everything: bool) -> Any:
    from settlement.cow_solution import solution_to_cow
    from settlement.solution_codec import solution_to_json

    if form == "cow":
        return {"solutions": [solution_to_cow(solution, auction) for solution in solutions]}
    found = [solution_to_json(solution) for solution in solutions]
    return found if everything else found[0]


def _complain(run: SolverRun, settlement: Settlement) -> None:
    """Nothing valid is a failed run: say why in one line."""
    from node.errors import NothingValid

    if settlement.verified:
        return
    if settlement.refused:
        first = settlement.refused[0]
        count = len(settlement.refused)
        reason = f"all {count} of its solutions were refused, the first by {first.error.code}: {first.error}"
        raise NothingValid(run.solver, reason)
    endings = {
        "empty": "found nothing to offer",
        "timeout": f"had no answer after {run.seconds:.2f} s",
        "crash": "failed",
        "invalid": "gave an answer that cannot be read",
    }
    reason = endings.get(run.kind.value, run.kind.value)
    raise NothingValid(run.solver, f"{reason}: {run.detail}" if run.detail else reason)
