"""How figures are shown to people: units, digits, and which ones come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from node.report.numbers import NOTHING, number
from sim.metrics.base import Metric
from sim.metrics.registry import THEMES, metric_of

#: Figures at the top of a page: label, metric.
TILES: Final = (
    ("auctions settled", "auctions_settled"),
    ("intents traded", "intents_settled"),
    ("fill rate", "fill_rate"),
    ("price improvement", "price_improvement_bps"),
    ("open to the bound", "welfare_gap_bps"),
    ("batch, median", "batch_time_p50_s"),
    ("to settlement, median", "settle_time_p50_s"),
    ("forks", "forks"),
)


class Line(NamedTuple):
    """One figure of all variants, as text."""

    name: str
    doc: str
    unit: str
    values: Sequence[str]


def figure(value: float | None, name: str = "") -> str:
    """A figure as text, to four digits; shares in per cent. ``name``: ``metric`` or ``variant:metric``."""
    metric = metric_of(name.rpartition(":")[2])
    if metric and metric.unit == "share" and value is not None:
        return f"{number(100 * value)} %"
    return number(value)


def difference(value: float | None, name: str = "") -> str:
    """A difference of two figures: as they are, but shares differ by percentage points."""
    return figure(value, name).replace(" %", " pp")


def with_unit(value: float | None, name: str) -> str:
    """As ``figure``, with the unit behind it where it is none of a count."""
    metric = metric_of(name)
    unit = metric.unit if metric else ""
    shown = figure(value, name)
    return f"{shown} {unit}" if unit in ("bps", "s", "ms") and shown != NOTHING else shown


def unit_beside(metric: Metric) -> str:
    """The unit to show beside a figure: none where its name ends with it, or where it is shown in per cent."""
    return "" if metric.unit == "share" or metric.name.endswith(f"_{metric.unit}") else metric.unit


def tiles(metrics: Mapping[str, float | None]) -> list[tuple[str, str]]:
    return [(label, with_unit(metrics.get(name), name)) for label, name in TILES if metrics.get(name) is not None]


def themes(worlds: Sequence[Mapping[str, float | None]]) -> tuple[list[tuple[str, list[Line]]], list[str]]:
    """Lines by theme, and the names of metrics that are undefined in every one of ``worlds``."""
    names = list(dict.fromkeys(name for world in worlds for name in world))
    found: list[tuple[str, list[Line]]] = []
    undefined: list[str] = []
    for theme, metrics in THEMES.items():
        lines = []
        for metric in metrics:
            mine = [name for name in names if name.partition(".")[0] == metric.name]
            kept = [name for name in mine if any(world.get(name) is not None for world in worlds)]
            if not kept:
                undefined.append(metric.name)
            unit = unit_beside(metric)
            lines += [Line(n, metric.doc, unit, [figure(w.get(n), n) for w in worlds]) for n in kept]
        if lines:
            found.append((theme, lines))
    return found, undefined
