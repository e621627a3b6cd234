"""Plots of the parties: solvers' profits and wins, and what each kind of agent made."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from node.report.ink import SOFT, colour, key, verbatim
from sim.metrics.statistics import sums
from sim.metrics.tables import Tables
from sim.report.canvas import LEAST_PLACES, Empty, seconds, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_SOLVERS: Final = 10
MAX_KINDS: Final = 8


def solvers(axes: Axes, tables: Tables) -> None:
    """Rewards minus penalties per solver, coloured by strategy, with the auctions it won."""
    strategies = {row.solver: row.strategy for row in tables.solutions}
    if not strategies:
        raise Empty("No solver answered.")
    profit = sums((row.solver, row.reward - row.penalty) for row in tables.solutions)
    wins = Counter(row.solver for row in tables.solutions if row.outcome == "won")
    shown = sorted(strategies, key=lambda name: (-wins[name], -profit[name], name))[:MAX_SOLVERS]
    hues = {name: colour(place) for place, name in enumerate(dict.fromkeys(strategies.values()))}
    for strategy, hue in hues.items():
        mine = [name for name in shown if strategies[name] == strategy]
        if mine:
            places = [shown.index(name) for name in mine]
            axes.barh(places, [profit[name] for name in mine], color=hue, label=verbatim(strategy), height=0.66)
    axes.set_yticks(range(len(shown)), [verbatim(name) for name in shown])
    for place, name in enumerate(shown):
        label = f"won {wins[name]} of {len(tables.auctions)}"
        axes.annotate(label, (max(0.0, profit[name]), place), (5, 0), textcoords="offset points", va="center")
    axes.margins(x=0.3)
    axes.set_ylim(max(len(shown), LEAST_PLACES) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.axvline(0.0, color=SOFT, linewidth=0.8)
    axes.set_xlabel("rewards − penalties, numeraire")
    key(axes)


def wealth(axes: Axes, tables: Tables) -> None:
    """Wealth minus what the first holdings are worth, summed over agents of a kind, as auctions settle."""
    found: dict[str, dict[int, float]] = {}
    for row in tables.wealth:
        line = found.setdefault(row.kind, {})
        line[row.at_us] = line.get(row.at_us, 0.0) + row.value - row.held
    if not found:
        raise Empty("Nobody's wealth was recorded.")
    for place, kind in enumerate(tables.kinds[:MAX_KINDS]):
        line = found.get(kind, {})
        if not any(line.values()):
            continue  # who has nothing, like oracles, makes nothing
        times = thinned(sorted(line))
        axes.plot([seconds(at) for at in times], [line[at] for at in times], color=colour(place), label=kind)
    axes.axhline(0.0, color=SOFT, linewidth=0.8)
    axes.set_xlabel("virtual seconds")
    axes.set_ylabel("profit in the numeraire")
    key(axes)
