"""The four plots of a competition, each as inline SVG. Same results, same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from node.competition.records import Batch, Entry, Results
from node.report.ink import INK, PAPER, SOFT, colour, key, picture, styled, svg, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WHOLE: Final = 10**18
#: Batches that a wide picture has names for.
MAX_NAMES: Final = 16


class Drawing(NamedTuple):
    """A picture as SVG. ``wide``: over the whole page, and moved sideways on a phone."""

    title: str
    what: str
    svg: str
    wide: bool


def plots(results: Results) -> list[Drawing]:
    """In reading order."""
    return [
        _draw(
            "Score by batch and winner",
            "What winners' bids were worth, as a share of the proven bound on the batch, or of the best known "
            "value where none is proven.",
            lambda axes: by_batch(axes, results),
            wide=True,
        ),
        _draw(
            "Solve time against score",
            "Each point is one solver on one batch; right is slower, up is nearer to the best known bound.",
            lambda axes: _time_against_share(axes, results),
        ),
        _draw(
            "Price improvement",
            "How far settled orders ended above their limit, and above the best single route they could have had.",
            lambda axes: _improvement(axes, results),
        ),
        _draw(
            "Clearing price against venue price",
            "Per settled pair: how far the batch's price lies from the best venue's marginal price. "
            "Above zero the traders did better than the venue.",
            lambda axes: _clearing_against_venue(axes, results),
            wide=True,
        ),
    ]


def hues(solvers: Sequence[str]) -> dict[str, str]:
    """One colour per solver, by first appearance."""
    return {solver: colour(place) for place, solver in enumerate(solvers)}


def _draw(title: str, what: str, paint: Callable[[Axes], None], *, wide: bool = False) -> Drawing:
    with styled(title):
        figure = picture(10.0, 3.4) if wide else picture()
        paint(figure.add_subplot())
        return Drawing(title, what, svg(figure, f"{title}: {what}"), wide)


def _empty(axes: Axes, reason: str) -> None:
    axes.text(0.5, 0.5, reason, ha="center", va="center", color=SOFT, transform=axes.transAxes)
    axes.set_axis_off()


def by_batch(axes: Axes, results: Results) -> None:
    """Winners' shares of each batch's bound, one upon another."""
    batches = results.batches
    won = {(entry.auction, entry.solver): entry.won for entry in results.entries if entry.won > 0}
    if not won:
        _empty(axes, "no batch settled anything")
        return
    base = [0.0] * len(batches)
    for solver, hue in hues(results.solvers).items():
        heights = [_of_bound(won.get((batch.auction, solver), 0), batch) for batch in batches]
        if any(heights):
            axes.bar(range(len(batches)), heights, bottom=base, color=hue, label=verbatim(solver), width=0.7)
        base = [b + h for b, h in zip(base, heights, strict=True)]
    proven = [place for place, batch in enumerate(batches) if batch.bound]
    if proven:
        axes.scatter(proven, [100.0] * len(proven), marker="_", s=220, color=INK, label="bound", zorder=3)
    _batch_ticks(axes, [batch.auction for batch in batches])
    axes.grid(axis="x", visible=False)
    axes.set_ylim(0, 105)
    axes.set_ylabel("score, % of the bound")
    key(axes)


def _of_bound(units: int, batch: Batch) -> float:
    return 100 * units / batch.best_bound if batch.best_bound > 0 else 0.0


def _batch_ticks(axes: Axes, names: Sequence[str]) -> None:
    step = -(-len(names) // MAX_NAMES)
    shown = range(0, len(names), step)
    axes.set_xticks(list(shown), [verbatim(names[i]) for i in shown], rotation=30, ha="right", fontsize=8)


def _time_against_share(axes: Axes, results: Results) -> None:
    best = {batch.auction: batch.best_bound for batch in results.batches}
    drawn = False
    for solver, hue in hues(results.solvers).items():
        points = [_point(entry, best) for entry in results.of_solver(solver) if best.get(entry.auction, 0) > 0]
        if points:
            xs, ys = zip(*points, strict=True)
            axes.scatter(
                xs, ys, s=34, color=hue, alpha=0.85, label=verbatim(solver), edgecolors=PAPER, linewidths=0.5
            )
            drawn = True
    if not drawn:
        _empty(axes, "no batch had anything to win")
        return
    axes.set_xscale("log")
    axes.set_xlabel("seconds")
    axes.set_ylabel("share of best known bound")
    axes.set_ylim(-0.05, 1.08)
    key(axes)


def _point(entry: Entry, best: dict[str, int]) -> tuple[float, float]:
    return max(entry.seconds, 1e-3), entry.solo / best[entry.auction]


def _improvement(axes: Axes, results: Results) -> None:
    import numpy as np

    rows = [row for batch in results.batches for row in batch.improvements]
    over_route = [row.over_route_bps for row in rows if row.over_route_bps is not None]
    series: list[tuple[str, list[int], str]] = [
        ("over the limit", [row.over_limit_bps for row in rows], colour(0)),
        ("over the best single route", over_route, colour(1)),
    ]
    values = [value for _, part, _ in series for value in part]
    if not values:
        _empty(axes, "no order was settled")
        return
    low, high = np.percentile(values, [1, 99])
    edges: Any = np.linspace(low, max(high, low + 1.0), 41)
    for label, part, hue in series:
        if part:
            axes.hist(np.clip(part, low, high), bins=edges, color=hue, alpha=0.6, label=label)
    axes.axvline(0.0, color=SOFT, linewidth=0.8)
    axes.set_xlabel("basis points (the outermost bars hold everything beyond)")
    axes.set_ylabel("orders")
    key(axes)


def _clearing_against_venue(axes: Axes, results: Results) -> None:
    points = [(i, p) for i, batch in enumerate(results.batches) for p in batch.prices if p.venue > 0]
    if not points:
        _empty(axes, "no settled pair had a venue to compare with")
        return
    xs = [i + _spread(n) for n, (i, _) in enumerate(points)]
    ys = [(p.clearing / p.venue - 1.0) * 10_000.0 for _, p in points]
    axes.scatter(xs, ys, s=20, color=colour(2), alpha=0.7, edgecolors="none")
    axes.axhline(0.0, color=SOFT, linewidth=0.8)
    if max(map(abs, ys)) > 1_000.0:
        axes.set_yscale("symlog", linthresh=100.0)
    axes.set_ylabel("basis points")
    _batch_ticks(axes, [batch.auction for batch in results.batches])


def _spread(n: int) -> float:
    """A fixed little sideways shift, so that points of one batch do not hide one another."""
    return ((n * 7919) % 101 / 101.0 - 0.5) * 0.5
