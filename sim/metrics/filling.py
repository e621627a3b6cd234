"""How much of what was asked for was traded, and why the rest was not."""

from __future__ import annotations

from sim.metrics.base import Value, metric
from sim.metrics.statistics import ratio, shares, total
from sim.metrics.tables import Tables
from sim.recording.rows import IntentRow


def intents_settled(tables: Tables) -> Value:
    """Intents that traded at all, as a count."""
    return float(len(tables.fills_of))


def volume(tables: Tables) -> Value:
    """The value of what fills gave, at the outside prices of their settlements."""
    return total(row.value for row in tables.fills)


def fill_rate(tables: Tables) -> Value:
    """Intents that traded at all, as a share of those taken by a node in time for a settled auction."""
    return ratio(sum(row.intent in tables.fills_of for row in tables.in_time), len(tables.in_time))


def fill_rate_value(tables: Tables) -> Value:
    """The same by value: Σ value · filled part / Σ value, with the filled part gave / give of each intent."""
    done = total(row.value * _part(tables, row) for row in tables.in_time)
    return ratio(done, total(row.value for row in tables.in_time))


def _part(tables: Tables, intent: IntentRow) -> float:
    gave = sum(int(fill.gave_units) for fill in tables.fills_of.get(intent.intent, ()))
    return min(1.0, gave / max(1, int(intent.give_units)))


def refused_rate(tables: Tables) -> Value:
    """Intents that their own node refused, as a share of all handed in."""
    return ratio(sum(bool(row.refused) for row in tables.intents), len(tables.intents))


def unfilled_reason(tables: Tables) -> Value:
    """Why intents in a batch did not wholly trade: the fairness report's reasons, each as a share of all."""
    return shares(row.reason for row in tables.unfilled)


def in_the_money_unfilled(tables: Tables) -> Value:
    """Intents left out although the batch's prices met their limit, as a share of all left out."""
    return ratio(sum(row.in_the_money for row in tables.unfilled), len(tables.unfilled))


METRICS = (
    metric(intents_settled, "intents", "higher"),
    metric(volume, "numeraire", "higher"),
    metric(fill_rate, "share", "higher"),
    metric(fill_rate_value, "share", "higher"),
    metric(refused_rate, "share", "lower"),
    metric(unfilled_reason, "share", "neither", "reason"),
    metric(in_the_money_unfilled, "share", "lower"),
)
