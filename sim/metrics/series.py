"""Metrics of single auctions: the same calls on the rows of one auction at a time, for pairs within a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sim.metrics.registry import METRICS
from sim.metrics.tables import Tables

#: Metrics that mean something for one auction alone.
PER_AUCTION: Final = (
    "welfare_per_auction",
    "welfare_gap_bps",
    "price_improvement_bps",
    "route_improvement_bps",
    "ebbo_violation_rate",
    "intents_settled",
    "volume",
    "in_the_money_unfilled",
    "jain_mean",
    "envy_per_auction",
    "shortfall_bps",
    "markout_5s_bps",
    "penalties",
    "lvr",
    "lp_fees",
    "lp_profit",
    "batch_time_p50_s",
    "rounds_per_height",
    "settle_time_p50_s",
)
_BY_AUCTION: Final = ("auctions", "fills", "unfilled", "solutions", "venues")


def per_auction(tables: Tables) -> dict[str, dict[int, float]]:
    """Figures by metric and auction; auctions in which a metric is undefined are left out."""
    found: dict[str, dict[int, float]] = {name: {} for name in PER_AUCTION}
    for auction, part in slices(tables):
        for name in PER_AUCTION:
            value = METRICS[name].call(part)
            if value is not None and not isinstance(value, Mapping):
                found[name][auction] = float(value)
    return found


def slices(tables: Tables) -> Iterator[tuple[int, Tables]]:
    """Each auction's number and rows, with the intents that traded in it and all prices."""
    parts: dict[int, dict[str, list[Any]]] = {row.auction: {} for row in tables.auctions}
    for table in _BY_AUCTION:
        for row in getattr(tables, table):
            if row.auction in parts:
                parts[row.auction].setdefault(table, []).append(row)
    for auction, part in parts.items():
        traded = dict.fromkeys(fill.intent for fill in part.get("fills", ()))
        intents = [tables.submitted[intent] for intent in traded if intent in tables.submitted]
        yield auction, tables.part(intents=intents, **part)
