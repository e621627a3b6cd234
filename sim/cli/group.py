"""``walras sim``: the commands of the simulator."""

from __future__ import annotations

import click

from node.cli.command import global_options, remember
from node.cli.table import Group
from sim.cli.campaign import campaign
from sim.cli.replay import replay
from sim.cli.report import report
from sim.cli.run import run
from sim.cli.sweep import sweep


@click.group(cls=Group)
@global_options
@click.pass_context
def sim(context: click.Context, /, **options: object) -> None:
    """Worlds of nodes in virtual time: the same again from the same seed."""
    remember(context, options)


for command in (campaign, run, replay, sweep, report):
    sim.add_command(command)
