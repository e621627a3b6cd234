"""``walras export``: a run's tables for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from node.cli.command import Command, Settings, emit


@click.command(cls=Command)
@click.argument("form", type=click.Choice(["parquet", "sqlite"]))
@click.argument("run", required=False)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Folder (parquet) or file (sqlite) to write.")
@click.option(
    "--runs",
    "root",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Where runs are kept.",
)
def export(settings: Settings, form: str, run: str | None, out: Path | None, root: Path) -> None:
    """Write the tables of RUN (an id or a path; the newest by default) as Parquet files or one SQLite file."""
    from intents.errors import Unreadable
    from node.competition.leaderboard import standings
    from node.competition.store import load, locate
    from node.competition.tables import tables, write_parquet, write_sqlite

    path = locate(run, root)
    results, _ = load(path)
    parts = tables(results, standings(results))
    try:
        if form == "parquet":
            folder = out or path
            folder.mkdir(parents=True, exist_ok=True)
            written = write_parquet(folder, parts)
        else:
            target = out or path / "run.sqlite"
            target.parent.mkdir(parents=True, exist_ok=True)
            write_sqlite(target, parts)
            written = [target]
    except OSError as error:
        raise Unreadable(str(out or path), (error.strerror or "cannot be written").lower()) from error
    emit(settings, {"written": [str(p) for p in written]}, lambda: "\n".join(f"wrote {p}" for p in written))
