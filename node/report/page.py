"""The HTML report of a competition: one file, no scripts, no network, opens offline, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

from node.competition.leaderboard import Standing
from node.competition.records import Results
from node.report.numbers import NOTHING, number
from node.report.plots import WHOLE, hues, plots

#: Refusals of one run that are shown; the rest are counted.
MAX_REFUSALS: Final = 5


def render(results: Results, rows: Sequence[Standing], facts: Mapping[str, str]) -> str:
    """The page as text. ``facts`` are shown at its end as they are (run, seed, versions, …)."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(whole=whole, number=number)
    template = environment.from_string(resources.files("node.report").joinpath("page.html").read_text("utf-8"))
    return template.render(
        style=style(),
        batches=results.batches,
        rows=rows,
        facts=facts,
        tiles=_tiles(results),
        plots=plots(results),
        hues=hues(results.solvers),
        troubles=_troubles(results),
        left_out=[entry for entry in results.entries if entry.left_out],
    )


def style() -> str:
    """The style sheet of all reports."""
    return resources.files("node.report").joinpath("style.css").read_text("utf-8")


def whole(units: int | None) -> str:
    """Base units as whole numeraire units, to five significant digits."""
    return NOTHING if units is None else number(units / WHOLE, 5)


def _tiles(results: Results) -> list[tuple[str, str]]:
    batches = results.batches
    orders, filled = sum(batch.orders for batch in batches), sum(batch.orders_filled for batch in batches)
    score, bound = sum(batch.score for batch in batches), sum(batch.best_bound for batch in batches)
    return [
        ("batches", number(len(batches))),
        ("orders", number(orders)),
        ("orders settled", number(filled)),
        ("score settled, numeraire", whole(score)),
        ("of the bounds, summed", f"{100 * score / bound:.1f} %" if bound > 0 else NOTHING),
    ]


def _troubles(results: Results) -> list[dict[str, Any]]:
    """Runs that ended badly or had bids refused, with the reasons."""
    return [
        {
            "auction": entry.auction,
            "solver": entry.solver,
            "kind": entry.kind,
            "detail": entry.detail,
            "refusals": entry.refusals[:MAX_REFUSALS],
            "more": max(0, len(entry.refusals) - MAX_REFUSALS),
        }
        for entry in results.entries
        if entry.kind in ("timeout", "crash", "invalid") or entry.refusals
    ]
