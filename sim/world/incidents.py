"""What happens to the protocol itself while a simulation runs: evidence, penalties, items that were left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from node.agreement.effects import Broadcast
from node.agreement.messages import Seen
from node.chain.app import Applied
from node.chain.items import item_id
from node.machine import Effect
from sim.cluster import Member
from sim.recording.events import EventKind

#: Heights whose statements of what was seen are kept.
MAX_HEIGHTS: Final = 8


class Incidents:
    """Watches nodes' effects and decided blocks; writes down what is worth it by ``note``."""

    def __init__(
        self,
        validators: int,
        liars: Sequence[int],
        places: dict[bytes, int],
        note: Callable[[EventKind, int, str], None],
    ) -> None:
        self.honest = [index for index in range(validators) if index not in liars]
        self.places, self.note = places, note
        self._seen: dict[int, dict[int, frozenset[bytes]]] = {}

    def watch(self, member: Member, effect: Effect) -> None:
        """A node has done something: of interest is what it says it holds as its window closes."""
        if isinstance(effect, Broadcast) and isinstance(effect.message, Seen) and member.index in self.honest:
            seen = effect.message
            if seen.height not in self._seen and len(self._seen) == MAX_HEIGHTS:
                del self._seen[min(self._seen)]
            self._seen.setdefault(seen.height, {})[member.index] = frozenset(seen.ids)

    def decided(self, height: int, applied: Applied) -> None:
        """A height is decided for the first time anywhere."""
        for found in applied.block.evidence:
            self.note(EventKind.EVIDENCE, self.places.get(found.key, -1), type(found.first).__name__.lower())
        ruling = applied.effects.ruling
        for key, lost in sorted(ruling.slashed.items()):
            self.note(EventKind.BAN, self.places.get(key, -1), str(lost))
        for key in ruling.jailed:
            self.note(EventKind.JAIL, self.places.get(key, -1), "")
        for name, slashed in sorted(applied.effects.slashed.items()):
            faults = ", ".join(fault.value for fault in slashed.faults)
            self.note(EventKind.SLASH, -1, f"{name}: {slashed.amount} for {faults}")
        said = self._seen.pop(height, {})
        if len(said) == len(self.honest):
            held = frozenset.intersection(*said.values()) if said else frozenset()
            for number in sorted(held - {item_id(item) for item in applied.block.items}):
                self.note(EventKind.OMITTED, -1, number.hex())
