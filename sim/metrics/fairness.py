"""How evenly auctions treat those who trade in them."""

from __future__ import annotations

import math

from sim.metrics.base import Value, metric
from sim.metrics.statistics import BPS, gini, jain, mean, total
from sim.metrics.tables import Tables


def jain_mean(tables: Tables) -> Value:
    """Jain's index of improvement among a batch's fills, averaged over batches in which something was filled.

    R. Jain, D. Chiu, W. Hawe, DEC-TR-301 (1984).
    """
    return mean([row.jain for row in tables.auctions if row.filled > 0 and math.isfinite(row.jain)])


def jain_owners(tables: Tables) -> Value:
    """Jain's index over owners of their whole improvement (Σ value · bps / 10⁴ of each, none below 0)."""
    return jain(list(_by_owner(tables).values()))


def improvement_gini(tables: Tables) -> Value:
    """The Gini coefficient over owners of their whole improvement (none below 0): 0 is equal."""
    return gini(list(_by_owner(tables).values()))


def envy_per_auction(tables: Tables) -> Value:
    """Intents that had to watch a worse like one be filled (justified envy), per auction."""
    return mean([row.envy for row in tables.auctions])


def _by_owner(tables: Tables) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], list[float]] = {}
    for row in tables.fills:
        intent = tables.submitted.get(row.intent)
        owner = (row.agent, intent.owner if intent else 0)
        found.setdefault(owner, []).append(row.value * row.improvement_bps / BPS)
    return {owner: max(0.0, total(values)) for owner, values in found.items()}


METRICS = (
    metric(jain_mean, "index", "higher"),
    metric(jain_owners, "index", "higher"),
    metric(improvement_gini, "index", "lower"),
    metric(envy_per_auction, "intents", "lower"),
)
