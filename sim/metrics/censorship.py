"""Whether somebody was left out: items every honest validator held, and how long the victims waited."""

from __future__ import annotations

from collections.abc import Iterable

from sim.metrics.base import Value, metric
from sim.metrics.statistics import mean, ratio
from sim.metrics.tables import Tables
from sim.recording.events import EventKind
from sim.recording.rows import IntentRow


def omitted_items(tables: Tables) -> Value:
    """Items that every honest validator held at the end of the window and the block left out."""
    return float(sum(row.kind == EventKind.OMITTED for row in tables.events))


def victims(tables: Tables) -> set[str]:
    """Agents that some validator was told to leave out."""
    return {row.detail for row in tables.events if row.kind == EventKind.CENSOR and row.detail}


def censored_delay_auctions(tables: Tables) -> Value:
    """How many auctions later than others a victim's intents first traded, on average.

    Auction traded in minus first auction possible, the victims' mean minus that of all others.
    """
    targets = victims(tables)
    theirs = mean(list(_waits(tables, (row for row in tables.in_time if row.agent in targets))))
    others = mean(list(_waits(tables, (row for row in tables.in_time if row.agent not in targets))))
    return None if theirs is None or others is None else theirs - others


def censored_fill_rate(tables: Tables) -> Value:
    """The share of a victim's intents that traded, over the same share of all others; 1 is no harm."""
    targets = victims(tables)
    theirs = _filled(tables, [row for row in tables.in_time if row.agent in targets])
    others = _filled(tables, [row for row in tables.in_time if row.agent not in targets])
    return None if theirs is None or not others else theirs / others


def _waits(tables: Tables, intents: Iterable[IntentRow]) -> Iterable[float]:
    for row in intents:
        fills = tables.fills_of.get(row.intent)
        if fills:
            yield float(fills[0].auction - row.auction)


def _filled(tables: Tables, intents: list[IntentRow]) -> float | None:
    return ratio(sum(row.intent in tables.fills_of for row in intents), len(intents))


METRICS = (
    metric(omitted_items, "items", "lower"),
    metric(censored_delay_auctions, "auctions", "lower"),
    metric(censored_fill_rate, "ratio", "higher"),
)
