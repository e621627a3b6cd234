"""The HTML report of a competition: one file, no scripts, no network, opens offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from node.competition.leaderboard import Standing
from node.competition.records import Results
from node.report.plots import WHOLE, colours, plots


def render(results: Results, rows: Sequence[Standing], facts: Mapping[str, str]) -> str:
    """The page as text. ``facts`` are shown in the header as they are (run, seed, versions, …)."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["whole"] = whole
    template = environment.from_string(resources.files("node.report").joinpath("page.html").read_text("utf-8"))
    return template.render(
        batches=results.batches,
        rows=rows,
        facts=facts,
        plots=plots(results),
        colours=colours(results.solvers),
        troubles=_troubles(results),
    )


def whole(units: int | None) -> str:
    """Base units as whole numeraire units, to five significant digits."""
    return "–" if units is None else f"{units / WHOLE:.5g}"


def _troubles(results: Results) -> list[dict[str, Any]]:
    """Runs that ended badly, had bids refused or their best left out, with the reasons."""
    return [
        {
            "auction": entry.auction,
            "solver": entry.solver,
            "kind": entry.kind,
            "detail": entry.detail,
            "refusals": entry.refusals[:5],
            "more": max(0, len(entry.refusals) - 5),
            "left_out": entry.left_out,
        }
        for entry in results.entries
        if entry.kind in ("timeout", "crash", "invalid") or entry.refusals or entry.left_out
    ]
