"""Plots of the market: prices, welfare against its bound, what became of intents, liquidity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from node.report.ink import INK, SOFT, colour, key, verbatim
from sim.metrics.liquidity import pools
from sim.metrics.tables import Tables
from sim.recording.rows import IntentRow, PriceRow
from sim.report.canvas import LEAST_PLACES, Empty, seconds, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Series and bars that a plot can hold and still be read.
MAX_ASSETS: Final = 3
MAX_KINDS: Final = 8
MAX_FATES: Final = 9
MAX_AUCTIONS: Final = 120


def prices(axes: Axes, tables: Tables) -> None:
    """Outside as a line, agreed dashed, cleared as dots; several assets as their change since the start."""
    moving = _moving(tables)
    assets = _most_traded(tables, moving)
    if not assets:
        raise Empty("No prices were recorded.")
    alone = len(assets) == 1
    for asset, hue in _colours(assets, moving):
        rows = sorted((row for row in tables.prices if row.asset == asset), key=lambda row: row.at_us)
        first = rows[0].outside
        _line(axes, [(row, row.outside) for row in rows], first, alone, "-", hue, asset)
        _line(axes, [(row, row.agreed) for row in rows], first, alone, "--", hue, "")
        _line(axes, [(row, row.cleared) for row in rows], first, alone, ".", hue, "")
    axes.plot([], [], "--", color=SOFT, label="agreed")
    axes.plot([], [], ".", color=SOFT, label="cleared")
    axes.set_xlabel("virtual seconds")
    axes.set_ylabel("price in the numeraire" if alone else "change since the start, %")
    key(axes)


def _line(
    axes: Axes, rows: list[tuple[PriceRow, float]], first: float, alone: bool, style: str, hue: str, label: str
) -> None:
    points = [(seconds(row.at_us), v if alone else 100 * (v / first - 1)) for row, v in thinned(rows) if v > 0]
    if points:
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, style, color=hue, label=verbatim(label), markersize=4)


def _moving(tables: Tables) -> list[str]:
    """Assets whose price moves, by name."""
    return sorted({row.asset for row in tables.prices if row.outside not in (0.0, 1.0)})


def _most_traded(tables: Tables, moving: list[str]) -> list[str]:
    """Those of ``moving`` that are shown, the most traded first."""
    traded = Counter(asset for fill in tables.fills for asset in (fill.give, fill.want))
    return sorted(moving, key=lambda asset: (-traded[asset], asset))[:MAX_ASSETS]


def _colours(shown: list[str], moving: list[str]) -> Iterator[tuple[str, str]]:
    """Each its own, by its place in ``moving``: in variants that trade others it has the same. Of more assets than
    there are colours one whose colour is taken has the next."""
    taken: set[str] = set()
    for asset in shown:
        place = moving.index(asset)
        while colour(place) in taken:
            place += 1
        taken.add(colour(place))
        yield asset, colour(place)


def welfare(axes: Axes, tables: Tables) -> None:
    """Score per auction as bars, with the bound as a tick above; of many auctions, means of so many in a row."""
    rows = tables.auctions
    if not any(row.score > 0 for row in rows):
        raise Empty("No auction settled anything.")
    size = -(-len(rows) // MAX_AUCTIONS)
    groups = [rows[place : place + size] for place in range(0, len(rows), size)]
    places = [group[0].auction + (size - 1) / 2 for group in groups]
    scores = [sum(row.score for row in group) / len(group) for group in groups]
    axes.bar(places, scores, color=colour(0), label="settled", width=0.75 * size)
    bounds = [sum(row.bound for row in group) / len(group) for group in groups]
    known = [(place, bound) for place, bound in zip(places, bounds, strict=True) if bound > 0]
    if known:
        xs, ys = zip(*known, strict=True)
        axes.scatter(xs, ys, marker="_", s=1800 / len(groups), color=INK, label="bound", zorder=3)
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("auction" if size == 1 else f"auction (means of {size})")
    axes.set_ylabel("score in the numeraire")
    key(axes)


def fates(axes: Axes, tables: Tables) -> None:
    """What became of every intent, by kind of agent: traded, refused by its node, or why it did not trade."""
    counts = Counter((fate(tables, row), row.kind) for row in tables.intents)
    if not counts:
        raise Empty("Nobody handed in an intent.")
    totals: Counter[str] = Counter()
    for (name, _), count in counts.items():
        totals[name] += count
    shown = [name for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))][:MAX_FATES]
    left = [0] * len(shown)
    for place, kind in enumerate(tables.kinds[:MAX_KINDS]):
        widths = [counts[name, kind] for name in shown]
        if any(widths):
            axes.barh(shown, widths, left=left, color=colour(place), label=kind, height=0.7)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    for place, name in enumerate(shown):
        share = 100 * totals[name] / len(tables.intents)
        axes.annotate(f"{share:.3g} %", (left[place], place), (4, 0), textcoords="offset points", va="center")
    axes.margins(x=0.16)
    axes.locator_params(axis="x", nbins=5)
    axes.set_ylim(max(len(shown), LEAST_PLACES) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("intents")
    key(axes)


def fate(tables: Tables, intent: IntentRow) -> str:
    """In a word: traded, a refusal's code, the last reason it was left out for, or that no batch had it."""
    if intent.refused:
        return f"refused: {intent.refused}"
    if intent.intent in tables.fills_of:
        return "traded"
    return tables.last_reason.get(intent.intent, "in no settled batch")


def liquidity(axes: Axes, tables: Tables) -> None:
    """Fees, loss-versus-rebalancing and their difference, over all pools, summed up to each auction."""
    by_auction: dict[int, tuple[float, float]] = {}
    for row in pools(tables):
        fees, lost = by_auction.get(row.auction, (0.0, 0.0))
        by_auction[row.auction] = (fees + row.fees, lost + row.lvr)
    if not any(map(any, by_auction.values())):
        raise Empty("No pool traded.")
    auctions = sorted(by_auction)
    earned = list(accumulate(by_auction[auction][0] for auction in auctions))
    losses = list(accumulate(by_auction[auction][1] for auction in auctions))
    net = [a - b for a, b in zip(earned, losses, strict=True)]
    axes.plot(thinned(auctions), thinned(earned), color=colour(2), label="fees")
    axes.plot(thinned(auctions), thinned(losses), color=colour(3), label="loss vs rebalancing")
    axes.plot(thinned(auctions), thinned(net), "--", color=INK, label="fees − loss")
    axes.axhline(0.0, color=SOFT, linewidth=0.8)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("auction")
    axes.set_ylabel("numeraire, summed")
    key(axes)
