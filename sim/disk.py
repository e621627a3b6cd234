"""A virtual disk: what was written is there after a crash only if it was synchronised first."""

from __future__ import annotations

from node.agreement.effects import Persist, Record
from node.agreement.messages import Decision
from node.catchup.messages import Checkpoint, Install
from node.chain.items import item_id
from node.machine import Store


class Disk:
    """One node's durable state: the write-ahead log by height, decisions, items.

    ``honest`` is whether it keeps what it says it has synchronised: one that does not loses in a power cut all
    of its log since the last decision, as a database without fsync might. ``lost`` marks one that came in place of
    another, whose log is gone: until something is said that is on this one, what was said is not known.
    """

    __slots__ = ("archive", "base", "decisions", "honest", "items", "log", "lost", "pruned")

    def __init__(self, *, honest: bool = True) -> None:
        self.honest = honest
        self.lost = False
        self.log: dict[int, list[Record]] = {}
        self.decisions: list[Decision] = []
        self.items: dict[bytes, bytes] = {}
        self.archive: list[Checkpoint] = []
        #: The snapshot this node joined with: ``decisions`` begin after it.
        self.base: Install | None = None
        #: Decisions below this height are given to nobody, as if they were gone.
        self.pruned = 0

    @property
    def height(self) -> int:
        """The last decided height, −1 before the first."""
        return (self.base.height if self.base is not None else -1) + len(self.decisions)

    def decision(self, height: int) -> Decision | None:
        place = height - (self.base.height + 1 if self.base is not None else 0)
        if height < self.pruned or not 0 <= place < len(self.decisions):
            return None
        return self.decisions[place]

    def install(self, snapshot: Install) -> None:
        self.base, self.decisions, self.log = snapshot, [], {}

    def append(self, height: int, records: tuple[Record, ...]) -> None:
        if records:
            self.lost = False
        self.log.setdefault(height, []).extend(records)

    def store(self, items: tuple[bytes, ...]) -> None:
        for item in items:
            self.items[item_id(item)] = item

    def decide(self, decision: Decision) -> None:
        assert decision.height == self.height + 1
        self.decisions.append(decision)
        self.log = {height: records for height, records in self.log.items() if height > decision.height}

    def tear(self, effect: object, kept: int) -> None:
        """The power fails during a write: its first ``kept`` records are there, the rest is not."""
        match effect:
            case Persist():
                self.append(effect.height, effect.records[:kept])
            case Store():
                self.store(effect.items[:kept])
        if not self.honest:
            self.log.clear()
