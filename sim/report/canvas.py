"""Where a simulation's plots are drawn: each for every variant, all to one scale, or a sentence of why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from node.report.ink import picture, styled, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.metrics.tables import Tables

#: Points of one line; longer series are thinned to every n-th.
MAX_POINTS: Final = 2_000
#: Bars across have room for so many at least: one alone would be as high as its picture.
LEAST_PLACES: Final = 3


class Empty(Exception):
    """There is nothing to draw; its argument says why."""


class Plot(NamedTuple):
    """``paint`` draws a run's tables into axes, or raises ``Empty``. ``shared_y``: variants have one scale."""

    title: str
    what: str
    paint: Callable[[Axes, Tables], None]
    shared_y: bool = True


def draw(plot: Plot, worlds: Sequence[Tables]) -> list[str]:
    """The plot of each world as SVG, all to the same scale; a plain sentence where there is nothing to draw.

    An empty list if none has anything.
    """
    with styled(plot.title):
        painted = [_painted(plot, tables) for tables in worlds]
        figures = [item for item in painted if not isinstance(item, str)]
        if not figures:
            return []
        if plot.shared_y:
            _to_one_scale([figure.axes[0] for figure in figures])
        label = f"{plot.title}: {plot.what}"
        return [
            f'<p class="nothing">{item}</p>' if isinstance(item, str) else svg(item, label) for item in painted
        ]


def _painted(plot: Plot, tables: Tables) -> Figure | str:
    figure = picture()
    try:
        plot.paint(figure.add_subplot(), tables)
    except Empty as nothing:
        return str(nothing)
    return figure


def _to_one_scale(axes: Sequence[Axes]) -> None:
    limits = [part.get_ylim() for part in axes]
    low, high = min(limit[0] for limit in limits), max(limit[1] for limit in limits)
    for part in axes:
        part.set_ylim(low, high)


def thinned(values: Sequence[Any]) -> Sequence[Any]:
    """Every n-th value, the last included, so that no more than ``MAX_POINTS`` (and one) are left."""
    step = -(-len(values) // MAX_POINTS)
    if step <= 1:
        return values
    return [*values[:-1:step], values[-1]]


def seconds(us: int) -> float:
    return us / 1_000_000
