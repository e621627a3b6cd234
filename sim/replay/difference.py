"""Where two runs that should be equal first are not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.recording.record import RunRecord
from sim.recording.rows import TABLES, Row


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row that differs: ``recorded`` or ``replayed`` is empty where one has no such row."""

    variant: str
    table: str
    row: int
    field: str
    recorded: str
    replayed: str
    at_us: int | None


def first_difference(recorded: RunRecord, replayed: RunRecord) -> Difference | None:
    """Of all tables' first differing rows the one that happened first. Tables without times count as the end."""
    for name, variant in recorded.variants.items():
        found = [
            difference
            for table in TABLES
            if (difference := _in_table(name, table, variant.table(table), replayed.variants[name].table(table)))
        ]
        if found:
            return min(found, key=lambda item: math.inf if item.at_us is None else item.at_us)
    return None


def _in_table(variant: str, table: str, recorded: Sequence[Row], replayed: Sequence[Row]) -> Difference | None:
    for place in range(max(len(recorded), len(replayed))):
        first = recorded[place] if place < len(recorded) else None
        second = replayed[place] if place < len(replayed) else None
        field = _differing(first, second)
        if field is not None:
            ours = "" if first is None else str(getattr(first, field, first))
            theirs = "" if second is None else str(getattr(second, field, second))
            return Difference(variant, table, place, field, ours, theirs, _time(first, second))
    return None


def _differing(first: Row | None, second: Row | None) -> str | None:
    """The name of the first field that differs; of a row that is missing, empty."""
    if first is None or second is None:
        return ""
    for name, ours, theirs in zip(first._fields, first, second, strict=True):
        if ours != theirs and not (_is_nan(ours) and _is_nan(theirs)):
            return name
    return None


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _time(*rows: Row | None) -> int | None:
    times: list[int] = []
    for row in rows:
        fields: Mapping[str, object] = {} if row is None else row._asdict()
        times += [
            value for name in ("at_us", "settle_us", "first_us") if isinstance(value := fields.get(name), int)
        ]
    return min(times, default=None)
