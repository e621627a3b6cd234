"""How long things took, in virtual seconds: batches, their phases, and an intent from hand to settlement.

Quantiles are by nearest rank: a time that really occurred.
"""

from __future__ import annotations

from sim.metrics.base import Value, metric
from sim.metrics.statistics import mean, quantile
from sim.metrics.tables import Tables

S_US = 1_000_000.0
#: Heights of an auction: batch, seal, settle.
HEIGHTS = 3


def batch_time_p50_s(tables: Tables) -> Value:
    """The median time from an auction's begin to its settlement's first decision."""
    return quantile(_batch_times(tables), 0.5)


def batch_time_p99_s(tables: Tables) -> Value:
    """The 99th percentile of the same."""
    return quantile(_batch_times(tables), 0.99)


def _batch_times(tables: Tables) -> list[float]:
    return [(row.settle_us - row.begun_us) / S_US for row in tables.auctions]


def phase_time_s(tables: Tables) -> Value:
    """The mean time that each phase of an auction took."""
    rows = tables.auctions
    phases = {
        "batch": [row.batch_us - row.begun_us for row in rows],
        "seal": [row.seal_us - row.batch_us for row in rows],
        "settle": [row.settle_us - row.seal_us for row in rows],
    }
    return {name: sum(times) / len(times) / S_US for name, times in phases.items() if times}


def rounds_per_height(tables: Tables) -> Value:
    """Rounds of agreement per height; 1 where nothing goes wrong."""
    rounds = mean([row.rounds for row in tables.auctions])
    return None if rounds is None else rounds / HEIGHTS


def settle_time_p50_s(tables: Tables) -> Value:
    """The median time from an intent's submission to the settlement in which it first traded."""
    return quantile(settle_times_s(tables), 0.5)


def settle_time_p99_s(tables: Tables) -> Value:
    """The 99th percentile of the same."""
    return quantile(settle_times_s(tables), 0.99)


def settle_times_s(tables: Tables) -> list[float]:
    """From submission to first trade, of every intent that traded."""
    return [
        (fills[0].at_us - tables.submitted[intent].at_us) / S_US
        for intent, fills in tables.fills_of.items()
        if intent in tables.submitted
    ]


def decision_spread_p99_ms(tables: Tables) -> Value:
    """How long after the first node the last one decided a height: the 99th percentile over heights."""
    spread = quantile([row.last_us - row.first_us for row in tables.heights], 0.99)
    return None if spread is None else spread / 1_000.0


METRICS = (
    metric(batch_time_p50_s, "s", "lower"),
    metric(batch_time_p99_s, "s", "lower"),
    metric(phase_time_s, "s", "lower", "phase"),
    metric(rounds_per_height, "rounds", "lower"),
    metric(settle_time_p50_s, "s", "lower"),
    metric(settle_time_p99_s, "s", "lower"),
    metric(decision_spread_p99_ms, "ms", "lower"),
)
