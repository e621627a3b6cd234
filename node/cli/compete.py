"""``walras compete``: solvers against one another over auctions."""

from __future__ import annotations

from pathlib import Path

import click

from node.cli.choices import MECHANISM
from node.cli.command import Command, Settings
from node.cli.competing import Request, run_competition
from node.cli.said import refuse


@click.command(cls=Command)
@click.argument("solvers", nargs=-1)
@click.option("--engine", "engines", multiple=True, metavar="URL", help="An outside CoW engine; repeatable.")
@click.option("--scenario", "-s", "scenarios", multiple=True, help="World to draw auctions from; repeatable.")
@click.option(
    "--auctions", "-a", multiple=True, metavar="PATH", help="Auction file, folder of them, or URL; repeatable."
)
@click.option("--batches", type=click.IntRange(1, 10_000), help="Auctions per world (default: the world's own).")
@click.option("--deadline", type=click.FloatRange(0.05, 3600), default=2.0, show_default=True, help="Seconds.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of worlds and solvers.")
@MECHANISM
@click.option("--jobs", "-j", type=click.IntRange(1, 64), default=1, show_default=True, help="Solvers at a time.")
@click.option("--memory", type=click.IntRange(256, 1 << 20), default=6_000, show_default=True, help="MiB each.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Run directory (default: runs/<time>).")
def compete(
    settings: Settings,
    solvers: tuple[str, ...],
    engines: tuple[str, ...],
    scenarios: tuple[str, ...],
    auctions: tuple[str, ...],
    batches: int | None,
    deadline: float,
    seed: int | None,
    mechanism: str,
    jobs: int,
    memory: int,
    out: Path | None,
) -> int:
    """Let SOLVERS compete: built-in names, FILE.py, URLs (default: all built-in), labelled as label=target.

    Auctions come from --scenario worlds and --auctions files; without either, from all shipped worlds.
    Every bid is recomputed by the verifier; results, receipts and an HTML report go to a run directory.
    """
    if auctions and not scenarios:
        refuse("is of worlds: files are run as they are", "batches")
    return run_competition(
        settings,
        Request(
            solvers=(*solvers, *engines),
            scenarios=scenarios,
            auctions=auctions,
            batches=batches,
            deadline_s=deadline,
            seed=seed,
            mechanism=mechanism,
            jobs=jobs,
            memory_mb=memory,
            out=out,
        ),
    )
