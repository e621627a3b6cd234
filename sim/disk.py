"""A virtual disk: what was written is there after a crash only if it was synchronised first."""

from __future__ import annotations

from node.agreement.effects import Record
from node.agreement.messages import Decision


class Disk:
    """One node's durable state: the write-ahead log by height, decisions, items."""

    __slots__ = ("decisions", "items", "log")

    def __init__(self) -> None:
        self.log: dict[int, list[Record]] = {}
        self.decisions: list[Decision] = []
        self.items: dict[bytes, bytes] = {}

    def append(self, height: int, records: tuple[Record, ...]) -> None:
        self.log.setdefault(height, []).extend(records)

    def decide(self, decision: Decision) -> None:
        assert decision.height == len(self.decisions)
        self.decisions.append(decision)
        self.log = {height: records for height, records in self.log.items() if height > decision.height}
