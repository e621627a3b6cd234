"""Options that name a home, and words for what is in one; shared by the commands that need a home."""

from __future__ import annotations

from pathlib import Path

import click

from node.home.paths import Home, default_home

HOME = click.option(
    "--home",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Home folder (default: WALRAS_HOME, else walras in your data folder).",
)


def home_of(folder: Path | None) -> Home:
    return default_home() if folder is None else Home(folder)
