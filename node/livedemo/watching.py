"""What has been seen of a network so far, added up: batches, intents settled, and whether roots agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.livedemo.desk import Seen, Settled

#: Heights whose roots are held against each other; nodes further apart than this are not compared.
HEIGHTS_KEPT: Final = 512
AUCTIONS_SHOWN: Final = 8


@dataclass
class Watch:
    """``first`` is the auction that was under way at the beginning: only later ones count. ``processes``: their
    ids by name. ``settled`` counts fills: an intent that fills in parts has several."""

    first: int = 0
    processes: dict[str, int] = field(default_factory=dict)
    seen: dict[str, Seen | None] = field(default_factory=dict)
    latest: list[Settled] = field(default_factory=list)
    batches: int = 0
    settled: int = 0
    wins: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    turned_away: int = 0
    forks: list[int] = field(default_factory=list)
    _roots: dict[int, dict[str, str]] = field(default_factory=dict)

    def statuses(self, found: Mapping[str, Seen | None]) -> None:
        """One look at all nodes; ``None`` for one that does not answer."""
        self.seen = dict(found)
        for seen in found.values():
            if seen is not None:
                self._compare(seen)

    def _compare(self, seen: Seen) -> None:
        roots = self._roots.setdefault(seen.height, {})
        roots[seen.name] = seen.root
        if len(set(roots.values())) > 1 and seen.height not in self.forks:
            self.forks.append(seen.height)
        for height in sorted(self._roots)[:-HEIGHTS_KEPT]:
            del self._roots[height]

    @property
    def auction(self) -> int:
        """The auction that what is signed now is for."""
        return max([self.first, *(seen.auction for seen in self.seen.values() if seen is not None)])

    @property
    def agreed(self) -> int:
        """Heights at which at least two nodes were seen with one root."""
        return sum(len(roots) > 1 and len(set(roots.values())) == 1 for roots in self._roots.values())

    def auctions(self, found: Iterable[Settled]) -> list[Settled]:
        """Add what is new; returns it, the oldest first."""
        known = self.latest[-1].number if self.latest else self.first - 1
        new = sorted((row for row in found if row.number > known), key=lambda row: row.number)
        for row in new:
            self.batches += 1
            self.settled += row.filled
            self.wins.update(row.winners)
        self.latest = [*self.latest, *new][-AUCTIONS_SHOWN:]
        return new

    @property
    def level(self) -> bool:
        """Every node answers, and all stand at one height."""
        seen = list(self.seen.values())
        return None not in seen and len({found.height for found in seen if found is not None}) == 1

    def totals(self) -> str:
        """The sums in words."""
        away = f", {self.turned_away} turned away" if self.turned_away else ""
        return f"{self.batches} batches, {self.settled} fills of {self.acknowledged} intents acknowledged{away}"

    def document(self) -> dict[str, object]:
        """The closing summary."""
        return {
            "batches": self.batches,
            "intents_acknowledged": self.acknowledged,
            "intents_turned_away": self.turned_away,
            "fills": self.settled,
            "wins": dict(sorted(self.wins.items())),
            "heights_compared": self.agreed + len(self.forks),
            "roots_equal": not self.forks and self.agreed > 0,
            "nodes": [
                {"name": name, "height": found.height, "root": found.root}
                if found is not None
                else {"name": name, "height": None, "root": None}
                for name, found in self.seen.items()
            ],
        }
