"""The four plots of a competition, each as an inline SVG string. Same results, same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from node.competition.records import Entry, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe–Ito, safe for colour-blind readers.
PALETTE: Final = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8C6D31", "#444444")
WHOLE: Final = 10**18
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "walras",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e8eb",
    "axes.axisbelow": True,
    "axes.edgecolor": "#9aa3ad",
    "axes.labelcolor": "#3b4550",
    "xtick.color": "#3b4550",
    "ytick.color": "#3b4550",
    "legend.frameon": False,
}


def plots(results: Results) -> list[tuple[str, str, str]]:
    """(title, what it shows, SVG) per plot, in reading order."""
    return [
        (
            "Settled score by batch and winner",
            "What each winner's settled bids were worth, in the numeraire. The tick marks the proven bound.",
            _draw(lambda axes: _by_batch(axes, results), width=10.0, height=3.4),
        ),
        (
            "Solve time against score",
            "Each point is one solver on one batch; right is slower, up is nearer to the best known bound.",
            _draw(lambda axes: _time_against_share(axes, results)),
        ),
        (
            "Price improvement",
            "How far settled orders ended above their limit, and above the best single route they could have had.",
            _draw(lambda axes: _improvement(axes, results)),
        ),
        (
            "Clearing price against venue price",
            "Per settled pair: how far the batch's price lies from the best venue's marginal price. "
            "Above zero the traders did better than the venue.",
            _draw(lambda axes: _clearing_against_venue(axes, results), width=10.0),
        ),
    ]


def colours(solvers: Sequence[str]) -> dict[str, str]:
    """One colour per solver, by first appearance."""
    return {solver: PALETTE[i % len(PALETTE)] for i, solver in enumerate(solvers)}


def _draw(paint: Callable[[Axes], None], *, width: float = 5.6, height: float = 3.2) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure.add_subplot())
        sink = io.StringIO()
        figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None})
    text = sink.getvalue()
    return text[text.index("<svg") :]


def _empty(axes: Axes, reason: str) -> None:
    axes.text(0.5, 0.5, reason, ha="center", va="center", color="#6b7580", transform=axes.transAxes)
    axes.set_axis_off()


def _by_batch(axes: Axes, results: Results) -> None:
    batches = results.batches
    won = {(entry.auction, entry.solver): entry.won / WHOLE for entry in results.entries if entry.won > 0}
    if not won:
        _empty(axes, "no batch settled anything")
        return
    base = [0.0] * len(batches)
    for solver, colour in colours(results.solvers).items():
        heights = [won.get((batch.auction, solver), 0.0) for batch in batches]
        if any(heights):
            axes.bar(range(len(batches)), heights, bottom=base, color=colour, label=solver, width=0.7)
        base = [b + h for b, h in zip(base, heights, strict=True)]
    bounds = [(i, batch.bound / WHOLE) for i, batch in enumerate(batches) if batch.bound is not None]
    if bounds:
        xs, ys = zip(*bounds, strict=True)
        axes.scatter(xs, ys, marker="_", s=220, color="#222222", label="bound", zorder=3)
    low = min(total for total in base if total > 0)
    if max([*base, *(y for _, y in bounds)]) > 30 * low:
        axes.set_yscale("symlog", linthresh=low)
    _batch_ticks(axes, [batch.auction for batch in batches])
    axes.set_ylabel("score (numeraire)")
    axes.legend(ncols=5, fontsize=9, loc="upper left", bbox_to_anchor=(0.0, 1.16))


def _batch_ticks(axes: Axes, names: Sequence[str]) -> None:
    step = max(1, len(names) // 16)
    shown = range(0, len(names), step)
    axes.set_xticks(list(shown), [names[i] for i in shown], rotation=30, ha="right", fontsize=8)


def _time_against_share(axes: Axes, results: Results) -> None:
    best = {batch.auction: batch.best_bound for batch in results.batches}
    drawn = False
    for solver, colour in colours(results.solvers).items():
        points = [_point(entry, best) for entry in results.of_solver(solver) if best.get(entry.auction, 0) > 0]
        if points:
            xs, ys = zip(*points, strict=True)
            axes.scatter(xs, ys, s=34, color=colour, alpha=0.85, label=solver, edgecolors="white", linewidths=0.5)
            drawn = True
    if not drawn:
        _empty(axes, "no batch had anything to win")
        return
    axes.set_xscale("log")
    axes.set_xlabel("seconds")
    axes.set_ylabel("share of best known bound")
    axes.set_ylim(-0.05, 1.08)
    axes.legend(ncols=5, fontsize=9, loc="upper left", bbox_to_anchor=(0.0, 1.18))


def _point(entry: Entry, best: dict[str, int]) -> tuple[float, float]:
    return max(entry.seconds, 1e-3), entry.solo / best[entry.auction]


def _improvement(axes: Axes, results: Results) -> None:
    import numpy as np

    rows = [row for batch in results.batches for row in batch.improvements]
    over_route = [row.over_route_bps for row in rows if row.over_route_bps is not None]
    series: list[tuple[str, list[int], str]] = [
        ("over the limit", [row.over_limit_bps for row in rows], PALETTE[0]),
        (
            "over the best single route",
            over_route,
            PALETTE[1],
        ),
    ]
    values = [value for _, part, _ in series for value in part]
    if not values:
        _empty(axes, "no order was settled")
        return
    low, high = np.percentile(values, [1, 99])
    edges: Any = np.linspace(low, max(high, low + 1.0), 41)
    for label, part, colour in series:
        if part:
            axes.hist(np.clip(part, low, high), bins=edges, color=colour, alpha=0.6, label=label)
    axes.axvline(0.0, color="#444444", linewidth=0.8)
    axes.set_xlabel("basis points (the outermost bars hold everything beyond)")
    axes.set_ylabel("orders")
    axes.legend(fontsize=9)


def _clearing_against_venue(axes: Axes, results: Results) -> None:
    points = [(i, p) for i, batch in enumerate(results.batches) for p in batch.prices if p.venue > 0]
    if not points:
        _empty(axes, "no settled pair had a venue to compare with")
        return
    xs = [i + _spread(n) for n, (i, _) in enumerate(points)]
    ys = [(p.clearing / p.venue - 1.0) * 10_000.0 for _, p in points]
    axes.scatter(xs, ys, s=20, color=PALETTE[2], alpha=0.7, edgecolors="none")
    axes.axhline(0.0, color="#444444", linewidth=0.8)
    if max(map(abs, ys)) > 1_000.0:
        axes.set_yscale("symlog", linthresh=100.0)
    axes.set_ylabel("basis points")
    _batch_ticks(axes, [batch.auction for batch in results.batches])


def _spread(n: int) -> float:
    """A fixed little sideways shift, so that points of one batch do not hide one another."""
    return ((n * 7919) % 101 / 101.0 - 0.5) * 0.5
