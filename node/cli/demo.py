"""``walras demo``: the main job in one command."""

from __future__ import annotations

from pathlib import Path

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, note
from node.cli.competing import Request, run_competition
from node.cli.said import refuse

#: Real batches are larger than the synthetic ones and get more time by default.
SYNTHETIC_DEADLINE_S = 2.5
RECORDED_DEADLINE_S = 8.0
_LIVE = ("validators", "solvers", "rate", "seconds", "home")
_NOT_LIVE = ("paths", "auctions", "deadline", "out")


@click.command(cls=Command)
@click.argument("paths", nargs=-1, metavar="[AUCTIONS]...")
@click.option(
    "--auctions",
    "-a",
    multiple=True,
    metavar="PATH",
    envvar="WALRAS_AUCTIONS",
    help="Recorded auctions to run on: a file, a folder or a URL; repeatable.",
)
@click.option("--deadline", type=click.FloatRange(0.05, 3600), help="Seconds per solver and auction.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Another seed than the worlds' own.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Run directory (default: runs/<time>).")
@click.option(
    "--live", is_flag=True, help="Run a network of processes on this machine instead, and show its page."
)
@click.option("--validators", type=click.IntRange(1, 32), help="Live: how many (default: 4).")
@click.option(
    "--solvers",
    default="",
    metavar="LIST",
    help="Live: a solver node for each, as name, FILE.py or URL (default: walras,mine.py,engine).",
)
@click.option(
    "--rate", type=click.FloatRange(0.01, 500), default=4.0, show_default=True, help="Live: intents a second."
)
@click.option("--seconds", type=click.FloatRange(1, 1e6), help="Live: how long (default: until Ctrl-C).")
@click.option(
    "--home", type=click.Path(path_type=Path), help="Live: keep the network here, and go on with it as it is."
)
def demo(
    settings: Settings,
    paths: tuple[str, ...],
    auctions: tuple[str, ...],
    deadline: float | None,
    seed: int | None,
    out: Path | None,
    live: bool,
    validators: int | None,
    solvers: str,
    rate: float,
    seconds: float | None,
    home: Path | None,
) -> int:
    """Let all built-in solvers compete on the shipped worlds, or on recorded AUCTIONS; verify every batch.

    Ends with a leaderboard, and leaves receipts and an HTML report in a run directory.

    With --live: a real network, each node a process, with people trading on it, until Ctrl-C.
    """
    _check(live)
    if live:
        from node.cli.demo_live import LiveRequest, run_live

        named = tuple(name.strip() for name in solvers.split(",") if name.strip())
        if solvers and not named:
            raise UsageError("--solvers", "names no solver")
        return run_live(settings, LiveRequest(validators, named, rate, seconds, home, seed or 0))
    recorded = (*paths, *auctions)
    default = RECORDED_DEADLINE_S if recorded else SYNTHETIC_DEADLINE_S
    code = run_competition(
        settings,
        Request(auctions=recorded, deadline_s=deadline or default, seed=seed, out=out, check_receipts=True),
    )
    note(settings, "next: walras leaderboard · walras auction verify RECEIPT · walras solver new mine.py")
    return code


def _check(live: bool) -> None:
    """What was said here of the other kind of demonstration would be of no effect. Raises ``UsageError``."""
    if live:
        refuse("does not go with --live", *_NOT_LIVE)
    else:
        refuse("goes with --live only", *_LIVE)
