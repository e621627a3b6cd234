"""``walras leaderboard``: the standings of a finished run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.choices import RUN, RUNS
from node.cli.command import Command, Settings, emit
from node.cli.text import percent, table, whole

if TYPE_CHECKING:
    from node.competition.leaderboard import Standing


@click.command(cls=Command)
@RUN
@RUNS
def leaderboard(settings: Settings, run: str | None, root: Path) -> None:
    """Show the standings of RUN (an id or a path), or of the newest run."""
    from node.competition.leaderboard import standings, standings_to_json
    from node.competition.store import load, locate

    path = locate(run, root)
    results, facts = load(path)
    rows = standings(results)
    document = {"run": facts.get("run", path.name), "path": str(path), "leaderboard": standings_to_json(rows)}
    emit(settings, document, lambda: show(rows))


def show(rows: Sequence[Standing]) -> str:
    """The standings as a text table."""
    lines = [
        {
            "#": row.rank,
            "solver": row.solver,
            "verified": whole(row.verified),
            "of bound": percent(row.share),
            "gap bps": "-" if row.gap_bps is None else f"{row.gap_bps:.1f}",
            "wins": f"{row.wins}/{row.auctions}",
            "V-V(-i)": whole(row.marginal),
            "mean s": f"{row.mean_s:.2f}",
            "worst s": f"{row.worst_s:.2f}",
            "rating": f"{row.rating:.1f} ±{row.uncertainty:.1f}",
            "failures": " ".join(f"{count} {kind}" for kind, count in row.failures.items()) or "-",
            "refused": row.refused_bids,
        }
        for row in rows
    ]
    return table(lines, left=("solver", "failures"))
