"""How many worlds run at once: the option of every command that runs many."""

from __future__ import annotations

import os

import click

PROCESSES = click.option(
    "--processes",
    "-j",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    show_default=True,
    help="At once.",
)
