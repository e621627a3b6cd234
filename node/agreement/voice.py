"""The speaking half of a validator: nothing leaves before it is on disk, nothing is said twice in other words.

Two different votes under one key prove a liar to everybody, so this is where the care is taken: every message is
a record of the log before it is an effect, and what the log holds is repeated byte for byte, never signed anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from node.agreement.application import Sign
from node.agreement.effects import Broadcast, Effect, Locked, Persist, Record, Sent
from node.agreement.messages import (
    MAX_SEEN,
    Ballot,
    Body,
    Certificate,
    Message,
    Proposal,
    Seen,
    Vote,
    block_id,
    proposal_digest,
    seen_digest,
    vote_digest,
)

#: What may be said once only: the kind of message, its round and ballot.
Place = tuple[type, int, int]


class Voice:
    """What validator ``me`` says at one height; an observer (``me`` is ``None``) says nothing.

    Each method returns the message if it was said just now, for the speaker to hear itself.
    """

    def __init__(self, network: bytes, sign: Sign, height: int, me: int | None, out: list[Effect]) -> None:
        self.network, self.sign, self.height, self.me = network, sign, height, me
        self._sent: dict[Place, Message] = {}
        self._out = out

    def proposed(self, round: int) -> bool:
        return (Proposal, round, 0) in self._sent

    def seen(self, ids: Sequence[bytes]) -> Seen | None:
        if self.me is None or (Seen, 0, 0) in self._sent:
            return None
        told = tuple(sorted(ids))[:MAX_SEEN]
        said = Seen(self.height, told, self.me, self.sign(seen_digest(self.network, self.height, told)))
        self._say((Seen, 0, 0), said)
        return said

    def proposal(self, round: int, block: bytes, valid_round: int, polka: Certificate | None) -> Proposal | None:
        if self.me is None or self.proposed(round):
            return None
        number = block_id(block)
        digest = proposal_digest(self.network, self.height, round, number, valid_round)
        said = Proposal(self.height, round, number, valid_round, polka, self.me, self.sign(digest))
        # A block with a polka is in the log, and with those who voted for it: who lacks it asks them.
        self._say((Proposal, round, 0), said, body=Body(self.height, block) if polka is None else None)
        return said

    def vote(self, ballot: Ballot, round: int, block: bytes | None, lock: Locked | None = None) -> Vote | None:
        """``lock`` goes into the same commit of the log as the vote that it is for."""
        if self.me is None or (Vote, round, ballot) in self._sent:
            return None
        digest = vote_digest(self.network, ballot, self.height, round, block)
        said = Vote(ballot, self.height, round, block, self.me, self.sign(digest))
        self._say((Vote, round, ballot), said, lock=lock)
        return said

    def again(self, message: Message) -> None:
        """Say what the log says was said, in the same bytes."""
        match message:
            case Seen():
                self._sent[Seen, 0, 0] = message
            case Proposal():
                self._sent[Proposal, message.round, 0] = message
            case Vote():
                self._sent[Vote, message.round, message.ballot] = message
            case _:
                pass
        self._out.append(Broadcast(message))

    def remember(self, *records: Record) -> None:
        self._out.append(Persist(self.height, records))

    def _say(
        self, place: Place, message: Message, *, body: Body | None = None, lock: Locked | None = None
    ) -> None:
        self._sent[place] = message
        records: list[Record] = [] if lock is None else [lock]
        if body is not None:
            records.append(Sent(body))
        self.remember(*records, Sent(message))
        if body is not None:
            self._out.append(Broadcast(body))
        self._out.append(Broadcast(message))
