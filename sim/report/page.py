"""The HTML report of a run: one file, no scripts, no network, light and dark, for phones and paper too."""

from __future__ import annotations

from typing import Final

from sim.metrics.tables import Tables
from sim.recording.record import RunRecord
from sim.report.canvas import draw
from sim.report.figures import themes, tiles
from sim.report.gallery import GALLERY
from sim.report.html import fill

#: Variants with pictures of their own; more could not be compared by eye.
MAX_PICTURED: Final = 4


def render(run: RunRecord) -> str:
    """The page as text; equal runs give equal text."""
    worlds = list(run.variants)
    metrics = [variant.metrics for variant in run.variants.values()]
    tables = [Tables.of(run.variants[name].rows) for name in worlds[:MAX_PICTURED]]
    drawn = [(plot, draw(plot, tables)) for plot in GALLERY]
    lines, undefined = themes(metrics)
    return fill(
        "page.html",
        run=run,
        worlds=worlds,
        pictured=worlds[:MAX_PICTURED],
        left_out=len(worlds) > MAX_PICTURED,
        plots=[(plot, drawings) for plot, drawings in drawn if drawings],
        tiles=tiles(metrics[0]) if metrics else [],
        themes=lines,
        undefined=undefined,
        dropped=_dropped(run),
    )


def _dropped(run: RunRecord) -> list[str]:
    return [
        f"{count} of {table} in {name}"
        for name, variant in run.variants.items()
        for table, count in variant.dropped.items()
        if count
    ]
