"""The HTML report of a run: one file, no scripts, no network, light and dark, for phones and paper too."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from sim.metrics.tables import Tables
from sim.recording.record import RunRecord
from sim.report.canvas import draw
from sim.report.figures import figure, themes, tiles
from sim.report.gallery import GALLERY

if TYPE_CHECKING:
    from jinja2 import Environment

#: Variants with pictures of their own; more could not be compared by eye.
MAX_PICTURED: Final = 4


def render(run: RunRecord) -> str:
    """The page as text; equal runs give equal text."""
    worlds = list(run.variants)
    metrics = [variant.metrics for variant in run.variants.values()]
    tables = [Tables.of(run.variants[name].rows) for name in worlds[:MAX_PICTURED]]
    drawn = [(plot, draw(plot, tables)) for plot in GALLERY]
    lines, undefined = themes(metrics)
    return _fill(
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


def _fill(template: str, **values: Any) -> str:
    environment = _environment()
    source = resources.files("sim.report")
    style = source.joinpath("style.css").read_text("utf-8")
    return environment.from_string(source.joinpath(template).read_text("utf-8")).render(style=style, **values)


def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["figure"] = figure
    environment.filters["breakable"] = breakable
    environment.filters["verdict"] = verdict
    return environment


def breakable(name: str) -> str:
    """A figure's name that a narrow column may break between words, not within."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[_.])", name))


def verdict(holds: bool | None) -> str:
    """A claim's verdict in capitals."""
    return "UNDECIDED" if holds is None else "TRUE" if holds else "FALSE"
