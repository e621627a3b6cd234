"""``walras solver``: write, try and serve solvers."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from node.cli.command import Command, Settings, emit, global_options, note, remember
from node.cli.solver_bond import bond, leave
from node.cli.table import Group
from node.cli.text import table, whole

BUILT_IN = (
    ("walras", "flagship: batch matching and split routing with OR-Tools"),
    ("baseline", "each order alone through its best single path; CoW's baseline"),
    ("naive", "nets one pair, the excess through the deepest pool; CoW's naive"),
    ("rings", "cycles of coinciding wants, no venues"),
)


@click.group(cls=Group)
@global_options
@click.pass_context
def solver(context: click.Context, /, **options: object) -> None:
    """Solvers: the built-in ones, and yours."""
    remember(context, options)


@solver.command("list", cls=Command)
def list_(settings: Settings) -> None:
    """List the built-in solvers."""
    rows = [{"name": name, "what it does": summary} for name, summary in BUILT_IN]
    emit(settings, {"solvers": rows}, lambda: table(rows, left=("name", "what it does")))


@solver.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def new(settings: Settings, file: Path, force: bool) -> None:
    """Write a small working solver to FILE, to start from."""
    from intents.errors import Unreadable, UsageError

    if file.suffix != ".py":
        raise UsageError("", f'a solver is a Python file: "{file.name}" does not end in .py')
    if file.exists() and not force:
        raise Unreadable(str(file), "already exists (--force overwrites it)")
    text = resources.files("node.cli").joinpath("solver_template.txt").read_text("utf-8")
    try:
        file.write_text(text.replace("SOLVER_NAME", file.stem), encoding="utf-8")
    except OSError as error:
        raise Unreadable(str(file), (error.strerror or "cannot be written").lower()) from error
    emit(settings, {"written": str(file)}, lambda: f"wrote {file}: try `walras solver test {file}`")


@solver.command(cls=Command)
@click.argument("target")
@click.option(
    "--scenario", "-s", "scenarios", multiple=True, help="World to try it on; repeatable (default: three shipped)."
)
@click.option("--deadline", type=click.FloatRange(0.05, 600), default=2.0, show_default=True, help="Seconds.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of worlds and solver."
)
def test(settings: Settings, target: str, scenarios: tuple[str, ...], deadline: float, seed: int) -> int:
    """Run TARGET (a name, FILE.py or URL) on synthetic auctions and verify what it answers.

    Exit code 1 if it crashed, timed out empty-handed, or every bid was refused.
    """
    from node.competition.run import Plan, compete
    from node.competition.sources import scenario_sources
    from solver.spec import parse_specs

    sources = scenario_sources(scenarios or ("one-sided", "deep-rings", "open-market"), batches=1)
    plan = Plan(specs=parse_specs((target,)), sources=sources, deadline_s=deadline, seed=seed)
    results = compete(plan)
    rows = [
        {
            "auction": entry.auction,
            "ending": entry.kind,
            "bids": entry.bids,
            "refused": len(entry.refusals),
            "score": whole(entry.solo),
            "seconds": f"{entry.seconds:.2f}",
        }
        for entry in results.entries
    ]
    for entry in results.entries:
        if entry.detail:
            note(settings, f"{entry.auction}: {entry.detail}")
        for refusal in entry.refusals[:3]:
            note(settings, f"{entry.auction}: bid {refusal.solution} refused: {refusal.code}: {refusal.message}")
    good = all(entry.kind in ("ok", "empty") for entry in results.entries)
    emit(settings, {"ok": good, "runs": rows}, lambda: table(rows, left=("auction", "ending")))
    return 0 if good else 1


@solver.command(cls=Command)
@click.argument("name")
@click.option("--port", "-p", type=click.IntRange(0, 65_535), default=0, help="Port; 0 picks a free one.")
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--config", "--engine-config", "engine_config", type=click.Path(path_type=Path), help="The engine's own TOML."
)
def serve(settings: Settings, name: str, port: int, bind: str, engine_config: Path | None) -> None:
    """Serve a built-in solver over the CoW solver-engine API: POST /solve, POST /notify, GET /healthz."""
    from solver.engine_server import serve_engine

    def announce(url: str) -> None:
        emit(settings, {"solver": name, "url": url}, lambda: url)

    serve_engine(name, bind, port, engine_config, announce)


solver.add_command(bond)
solver.add_command(leave)
