"""One validator of four, alone with what is said to it: for directed tests of the agreement."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from node.agreement.core import Agreement
from node.agreement.effects import (
    Broadcast,
    Decide,
    Effect,
    Record,
    SetTimer,
    Timeout,
    Timer,
)
from node.agreement.messages import (
    Ballot,
    Body,
    Certificate,
    Message,
    Proposal,
    Seen,
    Vote,
    block_id,
    vote_digest,
)
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator, ValidatorSet

NETWORK = b"n" * 32
KEYS = [bytes([i + 1]) * 32 for i in range(4)]
FOUR = ValidatorSet(tuple(Validator(key) for key in KEYS))
GOOD, OTHER, BAD = b"good block", b"other block", b"bad block"
POLKA, COMMIT = Ballot.PREVOTE, Ballot.PRECOMMIT


def mac(key: bytes, digest: bytes) -> bytes:
    return hashlib.blake2b(digest, key=key, digest_size=32).digest()


def holds(key: bytes, digest: bytes, signature: bytes) -> bool:
    return mac(key, digest) == signature


class Blocks:
    """An application whose blocks are good unless they say otherwise."""

    def __init__(self) -> None:
        self.next: bytes | None = GOOD
        self.all_here = self.lacking = False

    def held(self, height: int) -> Sequence[bytes]:
        return (b"\1" * 32,)

    def complete(self, height: int) -> bool:
        return self.all_here

    def lacks(self, height: int, seen: Sequence[Seen]) -> bool:
        return self.lacking

    def propose(self, height: int, round: int, seen: Sequence[Seen]) -> bytes | None:
        return self.next

    def valid(self, height: int, block: bytes) -> bool:
        return not block.startswith(b"bad")

    def fresh(self, block: bytes, round: int) -> bool:
        return not block.startswith(b"old")


class One:
    """Validator ``me`` of four, its effects kept."""

    def __init__(self, me: int | None = 3, height: int = 0, records: Sequence[Record] = ()) -> None:
        self.blocks = Blocks()
        key = KEYS[me] if me is not None else KEYS[0]
        self.core = Agreement(NETWORK, lambda digest: mac(key, digest), holds, self.blocks, Timeouts())
        self.out: list[Effect] = self.core.start(height, FOUR, me, records)

    def begin(self) -> One:
        """Close the window: round 0 begins."""
        self.time(Timeout.WINDOW)
        return self

    def time(self, kind: Timeout, round: int = 0) -> list[Effect]:
        new = self.core.timed_out(Timer(kind, self.core.height, round))
        self.out += new
        return new

    def hear(self, *messages: Message) -> list[Effect]:
        new = [effect for message in messages for effect in self.core.receive(message)]
        self.out += new
        return new

    def votes(self, ballot: Ballot, round: int = 0) -> list[bytes | None]:
        """What it voted for in a round, as sent."""
        sent = [effect.message for effect in self.out if isinstance(effect, Broadcast)]
        return [
            message.block
            for message in sent
            if isinstance(message, Vote) and message.ballot is ballot and message.round == round
        ]

    def timers(self) -> list[Timer]:
        return [effect.timer for effect in self.out if isinstance(effect, SetTimer)]

    def decided(self) -> list[bytes]:
        return [effect.block for effect in self.out if isinstance(effect, Decide)]


def vote(ballot: Ballot, sender: int, block: bytes | None, round: int = 0, height: int = 0) -> Vote:
    number = None if block is None else block_id(block)
    digest = vote_digest(NETWORK, ballot, height, round, number)
    return Vote(ballot, height, round, number, sender, mac(KEYS[sender], digest))


def votes(ballot: Ballot, senders: Sequence[int], block: bytes | None, round: int = 0) -> list[Vote]:
    return [vote(ballot, sender, block, round) for sender in senders]


def polka(block: bytes, round: int, senders: Sequence[int] = (0, 1, 2)) -> Certificate:
    signed = tuple((v.sender, v.signature) for v in votes(POLKA, senders, block, round))
    return Certificate(POLKA, 0, round, block_id(block), signed)


def proposal(
    block: bytes,
    round: int = 0,
    valid_round: int = -1,
    proof: Certificate | None = None,
    sender: int | None = None,
) -> Proposal:
    who = FOUR.proposer(0, round) if sender is None else sender
    said = Proposal(0, round, block_id(block), valid_round, proof, who)
    return replace(said, signature=mac(KEYS[who], said.signed(NETWORK)))


def seen(sender: int) -> Seen:
    said = Seen(0, (b"\1" * 32,), sender)
    return replace(said, signature=mac(KEYS[sender], said.signed(NETWORK)))


def locked_on(block: bytes) -> One:
    """Validator 3, locked on ``block`` in round 0 and now in round 1."""
    one = One().begin()
    one.hear(proposal(block), Body(0, block), *votes(POLKA, (0, 1), block))
    assert one.core.locked == (0, block_id(block))
    one.hear(*votes(COMMIT, (0, 1), None))
    one.time(Timeout.PRECOMMIT)
    assert one.core.round == 1
    return one


def decided_height_zero() -> One:
    """Validator 3 at height 1, having heard votes and a proposal at height 0."""
    one = One().begin()
    one.hear(proposal(GOOD), vote(POLKA, 0, GOOD), Body(0, GOOD), *votes(COMMIT, (0, 1, 2), GOOD))
    one.out += one.core.start(1, FOUR, 3)
    return one
