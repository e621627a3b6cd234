"""``walras sim campaign``: many small worlds under faults."""

from __future__ import annotations

import click

from node.cli.command import Command, Settings, emit
from sim.cli.processes import PROCESSES


@click.command(cls=Command)
@click.option(
    "--seeds", type=click.IntRange(1, 10_000_000), default=1_000, show_default=True, help="Worlds to run."
)
@click.option("--first-seed", type=click.IntRange(0), default=0, show_default=True, help="The first world's seed.")
@PROCESSES
@click.option(
    "--trace",
    "events",
    type=click.IntRange(0, 1_000_000),
    default=0,
    show_default=True,
    help="Of the first world that fails, tell the last so many events.",
)
def campaign(settings: Settings, seeds: int, first_seed: int, processes: int, events: int) -> None:
    """Small clusters under crashes, cuts, loss and lies, each held to what must never happen.

    Exit code 1 if anything did; each violation comes with the seed, and the command that shows it again.
    """
    from sim.campaign import campaign as run
    from sim.reporting import progress, summary, text

    with progress(settings, seeds) as advance:
        report = summary(run(range(first_seed, first_seed + seeds), processes, advance), events)
    emit(settings, report, lambda: text(report))
    if report["violations"]:
        raise click.exceptions.Exit(1)
