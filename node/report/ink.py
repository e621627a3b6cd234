"""What plots of all reports look like: inline SVG whose colours are the page's, so that one serves light and dark.

Plots use stand-in colours, replaced by CSS variables in the text of the SVG. Same figures, same bytes.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito's colours, safe for colour-blind readers, stand for ``--c0`` to ``--c7``: those are lighter in the
#: dark, and in the light darker where a mark's contrast would be less than 3.
PALETTE: Final = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c6d31", "#6b6b6b")
INK: Final = "#101112"
SOFT: Final = "#303132"
GRID: Final = "#505152"
PAPER: Final = "#f0f1f2"
#: A picture's inches; a legend's line over as many; a colour beside its label with the room around, in characters.
WIDTH_IN: Final = 5.6
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


@contextmanager
def styled(salt: str) -> Iterator[None]:
    """What is drawn within looks as the reports do; equal ``salt`` and figures give equal bytes."""
    import matplotlib as mpl

    with mpl.rc_context({**_STYLE, "svg.hashsalt": f"walras {salt}"}):
        yield


def picture(width_in: float = WIDTH_IN, height_in: float = 3.3) -> Figure:
    """A figure with nothing behind it, so that the page's ground shows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    figure.patch.set_alpha(0.0)
    return figure


def svg(figure: Figure, label: str) -> str:
    """The figure as text, in the page's colours; ``label`` is what it is to those who do not see it."""
    sink = io.StringIO()
    with warnings.catch_warnings():
        # Text stays text: what fonts there are here is nothing to whoever reads it elsewhere.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None})
    text = sink.getvalue()
    text = _GROUP_ID.sub("<g>", text[text.index("<svg") + len("<svg") :])
    text = f'<svg role="img" aria-label="{escape(label)}"{text}'
    return _COLOUR.sub(lambda found: _VARIABLES[found.group()], text)


def verbatim(name: str) -> str:
    """Somebody's name as a label that reads like it.

    Matplotlib would take dollars for mathematics, and leave out of legends what begins with an underscore.
    """
    return ("\u200b" if name.startswith("_") else "") + name.replace("$", r"\$")


def colour(place: int) -> str:
    return PALETTE[place % len(PALETTE)]


def key(axes: Axes) -> None:
    """The legend above the plot, in as many columns as fit over the whole width of the picture."""
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    columns, line = len(labels), LINE * axes.figure.get_figure(root=True).get_figwidth() / WIDTH_IN
    while columns > 1 and _width(labels, columns) > line:
        columns -= 1
    legend = axes.figure.legend(
        handles, labels, ncols=columns, loc="outside upper left", handlelength=1.4, columnspacing=1.2
    )
    legend.set_in_layout(True)


def _width(labels: Sequence[str], columns: int) -> int:
    """Of a legend, in characters: columns are filled one by one, each as wide as its longest label."""
    rows = -(-len(labels) // columns)
    return sum(HANDLE + max(map(len, labels[place : place + rows])) for place in range(0, len(labels), rows))
