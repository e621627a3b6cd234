"""What auctions were worth, all told and to each kind of agent, against what they could have been worth."""

from __future__ import annotations

from sim.metrics.base import Value, metric
from sim.metrics.statistics import BPS, mean, sums, total
from sim.metrics.tables import Tables


def auctions_settled(tables: Tables) -> Value:
    """Auctions that came to their end, with or without a winner."""
    return float(len(tables.auctions))


def welfare(tables: Tables) -> Value:
    """The scores of all settled winners, summed: surplus over limits and protocol fees, in the numeraire."""
    return total(row.score for row in tables.auctions)


def welfare_per_auction(tables: Tables) -> Value:
    """Settled score per auction."""
    return mean([row.score for row in tables.auctions])


def welfare_bound(tables: Tables) -> Value:
    """The bounds of all auctions that have one, summed: no choice of winners could have scored more."""
    known = [row.bound for row in tables.auctions if row.bound > 0]
    return total(known) if known else None


def welfare_gap_bps(tables: Tables) -> Value:
    """What was left open, 1 − Σ score / Σ bound, over auctions with a bound. A loose bound widens it too."""
    known = [row for row in tables.auctions if row.bound > 0]
    if not known:
        return None
    return BPS * (1.0 - total(row.score for row in known) / total(row.bound for row in known))


def greedy_loss_bps(tables: Tables) -> Value:
    """What taking bids by descending score would have lost of what was settled, 1 − Σ greedy / Σ score, over
    auctions whose mechanism says both."""
    known = [row for row in tables.auctions if row.greedy > 0 and row.score > 0]
    if not known:
        return None
    return BPS * (1.0 - total(row.greedy for row in known) / total(row.score for row in known))


def surplus(tables: Tables) -> Value:
    """Each kind of agent's improvement over its limits: Σ value · bps / 10⁴."""
    return sums((tables.kind(row), row.value * row.improvement_bps / BPS) for row in tables.fills)


METRICS = (
    metric(auctions_settled, "auctions", "higher"),
    metric(welfare, "numeraire", "higher"),
    metric(welfare_per_auction, "numeraire", "higher"),
    metric(welfare_bound, "numeraire", "neither"),
    metric(welfare_gap_bps, "bps", "lower"),
    metric(greedy_loss_bps, "bps", "neither"),
    metric(surplus, "numeraire", "neither", "kind of agent"),
)
