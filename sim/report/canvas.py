"""Where plots are drawn: inline SVG whose colours are the page's, so that one plot serves light and dark.

Plots use stand-in colours, replaced by CSS variables in the text of the SVG. Same figures, same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.metrics.tables import Tables

#: Okabe and Ito's colours, safe for colour-blind readers, as ``--c0`` to ``--c7``; lighter in the dark.
PALETTE: Final = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c6d31", "#6b6b6b")
INK: Final = "#101112"
SOFT: Final = "#303132"
GRID: Final = "#505152"
PAPER: Final = "#f0f1f2"
#: Points of one line; longer series are thinned to every n-th.
MAX_POINTS: Final = 2_000
#: Bars across have room for so many at least: one alone would be as high as its picture.
LEAST_PLACES: Final = 3
#: A legend's line, and a colour beside its label with the room around, both in characters.
LINE: Final = 84
HANDLE: Final = 7
_VARIABLES: Final = {
    **{colour: f"var(--c{place})" for place, colour in enumerate(PALETTE)},
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    GRID: "var(--line)",
    PAPER: "var(--paper)",
}
_COLOUR: Final = re.compile("|".join(_VARIABLES))
_GROUP_ID: Final = re.compile(r'<g id="[^"]*">')
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": (-4, 6),
}


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
    import matplotlib as mpl

    with mpl.rc_context({**_STYLE, "svg.hashsalt": f"walras {plot.title}"}):
        painted = [_painted(plot, tables) for tables in worlds]
        figures = [item for item in painted if not isinstance(item, str)]
        if not figures:
            return []
        if plot.shared_y:
            _to_one_scale([figure.axes[0] for figure in figures])
        return [f'<p class="nothing">{item}</p>' if isinstance(item, str) else _svg(item) for item in painted]


def _painted(plot: Plot, tables: Tables) -> Figure | str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.3), layout="constrained")
    figure.patch.set_alpha(0.0)
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


def _svg(figure: Figure) -> str:
    sink = io.StringIO()
    figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None})
    text = sink.getvalue()
    text = _GROUP_ID.sub("<g>", text[text.index("<svg") :])
    return _COLOUR.sub(lambda found: _VARIABLES[found.group()], text)


def colour(place: int) -> str:
    return PALETTE[place % len(PALETTE)]


def thinned(values: Sequence[Any]) -> Sequence[Any]:
    """Every n-th value, the last included, so that no more than ``MAX_POINTS`` (and one) are left."""
    step = -(-len(values) // MAX_POINTS)
    if step <= 1:
        return values
    return [*values[:-1:step], values[-1]]


def seconds(us: int) -> float:
    return us / 1_000_000


def key(axes: Axes) -> None:
    """The legend above the plot, in as many columns as fit over the whole width of the picture."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    columns = len(labels)
    while columns > 1 and _width(labels, columns) > LINE:
        columns -= 1
    legend = axes.figure.legend(
        handles, labels, ncols=columns, loc="outside upper left", handlelength=1.4, columnspacing=1.2
    )
    legend.set_in_layout(True)


def _width(labels: Sequence[str], columns: int) -> int:
    """Of a legend, in characters: columns are filled one by one, each as wide as its longest label."""
    rows = -(-len(labels) // columns)
    return sum(HANDLE + max(map(len, labels[place : place + rows])) for place in range(0, len(labels), rows))
