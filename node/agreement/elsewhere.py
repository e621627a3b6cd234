"""Messages of other heights: those of the next wait for it, those gone by may still show that somebody lied."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Final

from node.agreement.bodies import MAX_UNASKED_BYTES
from node.agreement.ear import Ear
from node.agreement.messages import Body, Message, Proposal, Seen, Vote, block_id
from node.agreement.validators import ValidatorSet

#: Messages of the next height kept per sender, and bodies.
MAX_EARLY: Final = 64
#: Bytes of those that nobody is known to have signed: statements of all there may be have half as many.
MAX_UNPROVEN_BYTES: Final = 16 << 20
#: Heights after whose decision a lie that comes to light is still told.
MAX_PAST: Final = 128
#: Heights at which nothing is heard of a validator before it counts as silent: two auctions, in which one that
#: always comes late has had two windows of BATCH to be heard in.
SILENT_HEIGHTS: Final = 6
#: Counted for a message of any kind, its signatures included.
_LEAST_BYTES: Final = 1 << 10
#: Where bodies wait, which have no sender.
_BODIES: Final = (True, -1)


class Elsewhere:
    """What is kept of heights that are not under way: bounded in every direction."""

    def __init__(self) -> None:
        #: By whether its sender is proven, and the sender.
        self._early: dict[tuple[bool, int], dict[Hashable, Message]] = {}
        self._bytes = self._unproven = 0
        self._past: dict[int, Ear] = {}

    def early(self, message: Message, ear: Ear) -> bool:
        """Keep a message of the height after that of ``ear``; whether it is of a kind to keep.

        Who votes at that height is not known before this one is decided, and is nearly always who votes now. So
        what a validator of now has signed waits in a place of its own, which nobody can fill in its name. The rest
        waits beside it, and costs a look at a signature as it does at any height.
        """
        if isinstance(message, Body):
            self._body(message)
            return True
        if not isinstance(message, Vote | Proposal | Seen):
            return False
        if 0 <= message.sender <= len(ear.validators):
            # Of statements the first alone is heard, at any height.
            number: Hashable = Seen if isinstance(message, Seen) else message.signed(ear.network)
            own = self._early.get((True, message.sender), {})
            if number not in own and len(own) < MAX_EARLY:
                proven = ear.vouched(message)
                kept = self._early.setdefault((proven, message.sender), {})
                if len(kept) < MAX_EARLY and (proven or (message not in kept and self._room(message))):
                    # What anybody may have made up must not stand for what it imitates.
                    kept[number if proven else message] = message
        return True

    def due(self) -> Iterator[Message]:
        """What came early, now that its height has begun."""
        early, self._early = self._early, {}
        self._bytes = self._unproven = 0
        for messages in early.values():
            yield from messages.values()

    def leave(self, ear: Ear) -> None:
        """Keep the votes of a height gone by, and nothing else of it."""
        ear.close()
        self._past[ear.height] = ear
        if len(self._past) > MAX_PAST:
            del self._past[next(iter(self._past))]

    def late(self, message: Message) -> None:
        past = self._past.get(message.height)
        if past is not None and isinstance(message, Vote | Proposal | Seen):
            past.late(message)

    def silent(self, validators: ValidatorSet) -> frozenset[bytes]:
        """Keys of those who voted at all of the last heights and signed nothing that was heard of any, then or
        since."""
        recent = tuple(islice(reversed(self._past.values()), SILENT_HEIGHTS))
        if any(len(ear.heard) == len(ear.validators) for ear in recent):
            return frozenset()
        silent = {member.key for member in validators.members}
        for ear in recent:
            members = ear.validators.members
            silent &= {member.key for sender, member in enumerate(members) if sender not in ear.heard}
        return frozenset(silent if len(recent) == SILENT_HEIGHTS else ())

    def _room(self, message: Vote | Proposal | Seen) -> bool:
        """Whether there is room for one more that is not proven; takes it."""
        size = _LEAST_BYTES + (sum(map(len, message.ids)) if isinstance(message, Seen) else 0)
        if self._unproven + size > MAX_UNPROVEN_BYTES:
            return False
        self._unproven += size
        return True

    def _body(self, body: Body) -> None:
        kept = self._early.setdefault(_BODIES, {})
        number, size = block_id(body.block), len(body.block)
        if number not in kept and len(kept) < MAX_EARLY and self._bytes + size <= MAX_UNASKED_BYTES:
            kept[number] = body
            self._bytes += size
