"""Keeps a run's rows in memory while it runs, each table up to a bound."""

from __future__ import annotations

from typing import Final

from sim.recording.rows import TABLES, Row

#: Rows of one table; what comes after is counted, and the count is in the run's record.
MAX_ROWS: Final = 2_000_000


class Recorder:
    """``rows`` by table name; ``dropped`` counts what did not fit."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {name: [] for name in TABLES}
        self.dropped: dict[str, int] = {}
        self._names = {kind: name for name, kind in TABLES.items()}

    def add(self, row: Row) -> None:
        name = self._names[type(row)]
        kept = self.rows[name]
        if len(kept) < MAX_ROWS:
            kept.append(row)
        else:
            self.dropped[name] = self.dropped.get(name, 0) + 1
