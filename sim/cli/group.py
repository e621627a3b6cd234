"""``walras sim``: the commands of the simulator."""

from __future__ import annotations

import os

import click

from node.cli.command import Command, Settings, emit, global_options, remember
from sim.cli.replay import replay
from sim.cli.report import report
from sim.cli.run import run
from sim.cli.sweep import sweep


@click.group()
@global_options
@click.pass_context
def sim(context: click.Context, /, **options: object) -> None:
    """Worlds of nodes in virtual time: the same again from the same seed."""
    remember(context, options)


@sim.command(cls=Command)
@click.option(
    "--seeds", type=click.IntRange(1, 10_000_000), default=1_000, show_default=True, help="Worlds to run."
)
@click.option("--first-seed", type=click.IntRange(0), default=0, show_default=True, help="The first world's seed.")
@click.option(
    "--processes", type=click.IntRange(1, 256), default=os.cpu_count() or 1, show_default=True, help="At once."
)
def campaign(settings: Settings, seeds: int, first_seed: int, processes: int) -> None:
    """Small clusters under crashes, cuts, loss and lies, each held to what must never happen.

    Exit code 1 if anything did; each violation comes with the seed, and the command that shows it again.
    """
    from sim.campaign import campaign as run
    from sim.reporting import progress, summary, text

    with progress(settings, seeds) as advance:
        report = summary(run(range(first_seed, first_seed + seeds), processes, advance))
    emit(settings, report, lambda: text(report))
    if report["violations"]:
        raise click.exceptions.Exit(1)


for command in (run, replay, sweep, report):
    sim.add_command(command)
