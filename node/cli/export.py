"""``walras export``: a run's tables for other programs."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from node.cli.choices import RUN, RUNS
from node.cli.command import Command, Settings, emit


@click.command(cls=Command)
@click.argument("form", type=click.Choice(["parquet", "sqlite"]))
@RUN
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Folder (parquet) or file (sqlite) to write.")
@RUNS
def export(settings: Settings, form: str, run: str | None, out: Path | None, root: Path) -> None:
    """Write the tables of RUN (an id or a path; the newest by default) as Parquet files or one SQLite file.

    A simulation's run directory holds both already: they are copied to --out.
    """
    from intents.errors import Unreadable
    from node.competition.leaderboard import standings
    from node.competition.store import load, locate
    from node.competition.tables import tables, write_parquet, write_sqlite

    path = locate(run, root)
    ready = _ready(path, form)
    parts = {}
    if not ready:
        results, _ = load(path)
        parts = tables(results, standings(results))
    try:
        if ready:
            written = _copied(ready, out)
        elif form == "parquet":
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
    verb = "is at" if ready and out is None else "wrote"
    emit(settings, {"written": [str(p) for p in written]}, lambda: "\n".join(f"{verb} {p}" for p in written))


def _ready(path: Path, form: str) -> list[Path]:
    """The tables of a simulation's run, which keeps them in both forms; none of a competition's."""
    if (path / "results.json").is_file() or not (path / "scenario.toml").is_file():
        return []
    return sorted(path.glob("*.parquet")) if form == "parquet" else sorted(path.glob("run.sqlite"))


def _copied(files: list[Path], out: Path | None) -> list[Path]:
    """The files where they were asked for: a folder for several, a file for one; where they are, if nowhere."""
    if out is None:
        return files
    if files[0].suffix == ".sqlite":
        out.parent.mkdir(parents=True, exist_ok=True)
        return [_copy(files[0], out)]
    out.mkdir(parents=True, exist_ok=True)
    return [_copy(file, out / file.name) for file in files]


def _copy(source: Path, target: Path) -> Path:
    if not target.exists() or not target.samefile(source):
        shutil.copyfile(source, target)
    return target
