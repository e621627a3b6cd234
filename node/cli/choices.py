"""Options that several commands take alike: a finished run, a rule of who wins."""

from __future__ import annotations

from pathlib import Path

import click

RUN = click.argument("run", required=False)
RUNS = click.option(
    "--runs",
    "root",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Where runs are kept.",
)
MECHANISM = click.option(
    "--mechanism",
    type=click.Choice(["greedy", "exact", "first-price", "vcg"]),
    default="greedy",
    show_default=True,
    help="Winner rule.",
)
