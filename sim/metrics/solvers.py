"""What solving paid, who won, and what strategies other than honesty brought and cost."""

from __future__ import annotations

from collections import Counter
from typing import Final

from settlement.penalties import Fault
from sim.metrics.base import Value, metric
from sim.metrics.statistics import BPS, gini, hhi, means, nakamoto, ratio, sums, total
from sim.metrics.tables import Tables
from sim.recording.rows import AuctionRow

WON: Final = "won"
NONE: Final = "none"


def solver_profit(tables: Tables) -> Value:
    """Rewards minus penalties of each solver, over the run."""
    return sums((row.solver, row.reward - row.penalty) for row in tables.solutions)


def strategy_profit(tables: Tables) -> Value:
    """Rewards minus penalties per solver and auction answered, by strategy."""
    return means((row.strategy, row.reward - row.penalty) for row in tables.solutions if row.outcome != NONE)


def penalties(tables: Tables) -> Value:
    """All that solvers were made to pay."""
    return total(row.penalty for row in tables.solutions)


def wins(tables: Tables) -> Value:
    """Auctions in which each solver had a winning bid, as a share of all auctions."""
    if not tables.auctions:
        return {}
    found = sums((row.solver, float(row.outcome == WON)) for row in tables.solutions)
    return {solver: count / len(tables.auctions) for solver, count in found.items()}


def win_hhi(tables: Tables) -> Value:
    """Concentration of wins: the Herfindahl–Hirschman index Σ sᵢ² of solvers' shares; 1 is a monopoly."""
    return hhi(_wins(tables).values())


def win_nakamoto(tables: Tables) -> Value:
    """The fewest solvers that together have more than half of all wins (Srinivasan & Lee, 2017)."""
    return nakamoto(_wins(tables).values())


def win_gini(tables: Tables) -> Value:
    """The Gini coefficient of wins over solvers that took part, those without any included."""
    return gini(list(_wins(tables).values()))


def _wins(tables: Tables) -> dict[str, float]:
    return sums((row.solver, float(row.outcome == WON)) for row in tables.solutions)


def bid_share(tables: Tables) -> Value:
    """What strategies bid: a verified bid's score as a share of its auction's bound, averaged.

    Of two strategies with the same solver, the difference is what shading or withholding keeps back.
    """
    bounds = {row.auction: row.bound for row in tables.auctions if row.bound > 0}
    return means(
        (row.strategy, row.score / bounds[row.auction])
        for row in tables.solutions
        if row.auction in bounds and row.score > 0
    )


def withheld_rate(tables: Tables) -> Value:
    """Seals that were never opened, as a share of all solutions sealed."""
    sealed = Counter(row.outcome for row in tables.solutions if row.outcome != NONE)
    return ratio(sealed[Fault.NO_REVEAL], sum(sealed.values()))


def withheld_loss_bps(tables: Tables) -> Value:
    """How much wider the gap to the bound is in auctions with an unopened seal than in the others.

    1 − Σ score / Σ bound over the former, minus the same over the latter; undefined where either is empty.
    """
    spoiled = {row.auction for row in tables.solutions if row.outcome == Fault.NO_REVEAL}
    known = [row for row in tables.auctions if row.bound > 0]
    with_, without = (
        _reached([row for row in known if (row.auction in spoiled) == side]) for side in (True, False)
    )
    return None if with_ is None or without is None else BPS * (without - with_)


def _reached(auctions: list[AuctionRow]) -> float | None:
    return ratio(total(row.score for row in auctions), total(row.bound for row in auctions))


def invalid_rate(tables: Tables) -> Value:
    """Opened solutions that broke a rule of the auction, as a share of all that were answered."""
    answered = [row for row in tables.solutions if row.outcome != NONE]
    return ratio(sum(row.outcome.startswith("invalid") for row in answered), len(answered))


METRICS = (
    metric(solver_profit, "numeraire", "neither", "solver"),
    metric(strategy_profit, "numeraire", "neither", "strategy"),
    metric(penalties, "numeraire", "neither"),
    metric(wins, "share", "neither", "solver"),
    metric(win_hhi, "index", "lower"),
    metric(win_nakamoto, "solvers", "higher"),
    metric(win_gini, "index", "lower"),
    metric(bid_share, "share", "higher", "strategy"),
    metric(withheld_rate, "share", "lower"),
    metric(withheld_loss_bps, "bps", "lower"),
    metric(invalid_rate, "share", "lower"),
)
