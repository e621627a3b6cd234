"""Messages of other heights: those of the next wait for it, those gone by may still show that somebody lied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from node.agreement.ear import Ear
from node.agreement.messages import Body, Message, Proposal, Seen, Vote

#: Messages of the next height kept per sender.
MAX_EARLY: Final = 64
#: Heights after whose decision a lie that comes to light is still told.
MAX_PAST: Final = 128


class Elsewhere:
    """What is kept of heights that are not under way: bounded in every direction."""

    def __init__(self) -> None:
        self._early: dict[int, list[Message]] = {}
        self._past: dict[int, Ear] = {}

    def early(self, message: Message, senders: int) -> bool:
        """Keep a message of the next height, of at most so many senders; whether it is of a kind to keep."""
        if not isinstance(message, Vote | Proposal | Seen | Body):
            return False
        sender = -1 if isinstance(message, Body) else message.sender
        kept = self._early.setdefault(sender, []) if -1 <= sender < senders else []
        if len(kept) < MAX_EARLY:
            kept.append(message)
        return True

    def due(self) -> Iterator[Message]:
        """What came early, now that its height has begun."""
        early, self._early = self._early, {}
        for messages in early.values():
            yield from messages

    def leave(self, ear: Ear) -> None:
        """Keep the votes of a height gone by, without bodies."""
        ear.bodies.clear()
        self._past[ear.height] = ear
        if len(self._past) > MAX_PAST:
            del self._past[next(iter(self._past))]

    def late(self, message: Message) -> None:
        past = self._past.get(message.height)
        if past is not None and isinstance(message, Vote | Proposal):
            past.late(message)
