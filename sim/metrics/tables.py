"""A run's tables by type, with what several metrics look up in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from sim.recording.record import Rows
from sim.recording.rows import (
    TABLES,
    AuctionRow,
    EventRow,
    FillRow,
    HeightRow,
    IntentRow,
    NodeRow,
    PriceRow,
    PropagationRow,
    SolutionRow,
    UnfilledRow,
    VenueRow,
    WealthRow,
)


@dataclass(frozen=True)
class Tables:
    """Each table's rows in the order recorded, which is that of virtual time."""

    auctions: Sequence[AuctionRow] = ()
    intents: Sequence[IntentRow] = ()
    fills: Sequence[FillRow] = ()
    unfilled: Sequence[UnfilledRow] = ()
    solutions: Sequence[SolutionRow] = ()
    venues: Sequence[VenueRow] = ()
    prices: Sequence[PriceRow] = ()
    wealth: Sequence[WealthRow] = ()
    heights: Sequence[HeightRow] = ()
    nodes: Sequence[NodeRow] = ()
    propagation: Sequence[PropagationRow] = ()
    events: Sequence[EventRow] = ()

    @staticmethod
    def of(rows: Rows) -> Tables:
        """Tables that are not there are empty; names that are no table are refused."""
        assert rows.keys() <= TABLES.keys(), sorted(rows.keys() - TABLES.keys())
        return Tables(**cast("dict[str, Sequence[AuctionRow]]", dict(rows)))  # type: ignore[arg-type]

    @cached_property
    def submitted(self) -> dict[str, IntentRow]:
        """Intents that their node took, by id; the first time each was handed in."""
        found: dict[str, IntentRow] = {}
        for row in self.intents:
            if not row.refused:
                found.setdefault(row.intent, row)
        return found

    @cached_property
    def in_time(self) -> list[IntentRow]:
        """Of those, the ones handed in early enough for an auction that this run has settled."""
        last = max((row.auction for row in self.auctions), default=-1)
        return [row for row in self.submitted.values() if row.auction <= last]

    @cached_property
    def fills_of(self) -> dict[str, list[FillRow]]:
        """Fills by intent, in the order of auctions."""
        found: dict[str, list[FillRow]] = {}
        for row in self.fills:
            found.setdefault(row.intent, []).append(row)
        return found

    @cached_property
    def last_reason(self) -> dict[str, str]:
        """Why an intent did not (wholly) trade in the last batch it was in."""
        return {row.intent: row.reason for row in self.unfilled}

    def kind(self, fill: FillRow) -> str:
        """What sort of agent traded; its name where the intent is not in the records."""
        intent = self.submitted.get(fill.intent)
        return intent.kind if intent else fill.agent

    @cached_property
    def kinds(self) -> list[str]:
        """Kinds of agents, by first appearance."""
        return list(dict.fromkeys([row.kind for row in self.wealth] + [row.kind for row in self.intents]))

    def part(self, **rows: Sequence[Any]) -> Tables:
        """Some of the rows, with all prices."""
        found = Tables(prices=self.prices, **rows)
        vars(found)["_series"] = self._series  # they would be the same, sorted once more for every part
        return found

    @cached_property
    def _series(self) -> dict[str, tuple[list[int], list[float]]]:
        found: dict[str, tuple[list[int], list[float]]] = {}
        for row in sorted(self.prices, key=lambda row: row.at_us):
            times, values = found.setdefault(row.asset, ([], []))
            times.append(row.at_us)
            values.append(row.outside)
        return found

    def outside(self, asset: str, at_us: int, unrecorded: float) -> float | None:
        """The outside price last recorded at or before ``at_us``.

        ``None`` where records do not reach that far; ``unrecorded`` for an asset without any (the numeraire).
        """
        if asset not in self._series:
            return unrecorded
        times, values = self._series[asset]
        place = bisect_right(times, at_us)
        return values[place - 1] if place and at_us <= times[-1] else None
