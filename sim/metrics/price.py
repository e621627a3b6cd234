"""How good prices were: improvement over limits and over routes, and prices worse than a route's."""

from __future__ import annotations

import math

from sim.metrics.base import Value, metric
from sim.metrics.statistics import ratio, weighted_mean
from sim.metrics.tables import Tables
from sim.recording.rows import FillRow


def price_improvement_bps(tables: Tables) -> Value:
    """How far fills ended above their owners' limits: Σ value · improvement / Σ value.

    As the fairness report of each settled batch has it; SEC 605 weighs by shares, here it is by value.
    """
    return weighted_mean((row.improvement_bps, row.value) for row in tables.fills)


def route_improvement_bps(tables: Tables) -> Value:
    """How far fills ended above the best single route over the batch's venues: Σ value · difference / Σ value.

    Over fills that have such a route. Below zero, the traders would have done better alone.
    """
    return weighted_mean((row.best_route_bps, row.value) for row in _routed(tables))


def ebbo_violation_rate(tables: Tables) -> Value:
    """Fills priced below the best single route in reach (EBBO, like the national best bid and offer).

    As a share of fills that have such a route.
    """
    rows = _routed(tables)
    return ratio(sum(row.ebbo_violation for row in rows), len(rows))


def _routed(tables: Tables) -> list[FillRow]:
    """Fills that a single route could have filled."""
    return [row for row in tables.fills if math.isfinite(row.best_route_bps)]


METRICS = (
    metric(price_improvement_bps, "bps", "higher"),
    metric(route_improvement_bps, "bps", "higher"),
    metric(ebbo_violation_rate, "share", "lower"),
)
