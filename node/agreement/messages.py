"""What validators tell one another, and the bytes they sign.

Every signature is over SHA-256(domain ‖ network ‖ type ‖ canonical fields), so that one made for another
network, type, height or round proves nothing here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from msgspec import Struct

from intents.canonical import Value, pack

#: Rounds of one height; reaching it takes days of faults.
MAX_ROUND: Final = 1 << 20
#: Items a validator can say it holds when its window closes.
MAX_SEEN: Final = 4096
BLOCK_ID_BYTES: Final = 32

_DOMAIN: Final = b"walras/agreement/1\0"


class Step(IntEnum):
    """Where a validator is within a round; WAIT is before the height's window has run."""

    WAIT = 0
    PROPOSE = 1
    PREVOTE = 2
    PRECOMMIT = 3


#: By name, for rules that look at them with every message: the way through the class is several times as long.
WAIT, PROPOSE, PREVOTE, PRECOMMIT = Step


class Ballot(IntEnum):
    """The two votes of a round."""

    PREVOTE = 0
    PRECOMMIT = 1


@dataclass(frozen=True, slots=True)
class Vote:
    """``sender`` (a position in the height's validator set) votes for ``block``, an id, or for none."""

    ballot: Ballot
    height: int
    round: int
    block: bytes | None
    sender: int
    signature: bytes = b""

    def signed(self, network: bytes) -> bytes:
        return vote_digest(network, self.ballot, self.height, self.round, self.block)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A quorum's votes for one block: of prevotes a polka, of precommits a commit certificate."""

    ballot: Ballot
    height: int
    round: int
    block: bytes
    votes: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """``valid_round`` −1 for a new block; else the earlier round whose ``polka`` makes it safe to vote for."""

    height: int
    round: int
    block: bytes
    valid_round: int
    polka: Certificate | None
    sender: int
    signature: bytes = b""

    def signed(self, network: bytes) -> bytes:
        # The polka is signed by its own voters.
        return proposal_digest(network, self.height, self.round, self.block, self.valid_round)


@dataclass(frozen=True, slots=True)
class Seen:
    """What ``sender`` had validated and durably stored when its window for ``height`` closed; said once."""

    height: int
    ids: tuple[bytes, ...]
    sender: int
    signature: bytes = b""

    def signed(self, network: bytes) -> bytes:
        return seen_digest(network, self.height, self.ids)


class Body(Struct, frozen=True):
    """A proposed block in full; its id is its hash, so it needs no signature."""

    height: int
    block: bytes


class Decision(Struct, frozen=True):
    """A decided block with the precommits that decided it."""

    height: int
    block: bytes
    certificate: Certificate


class Status(Struct, frozen=True):
    """Where a peer is and which votes of its round it holds (bit masks by sender), so that others can help it."""

    height: int
    round: int
    step: Step
    proposed: bool
    bodied: bool
    prevotes: int
    precommits: int
    seen: int


Message = Vote | Proposal | Seen | Body | Decision | Status


@lru_cache(maxsize=16)
def block_id(block: bytes) -> bytes:
    """A hash over both parts' hashes: whoever has the header and the body's hash can make the id."""
    head, tail = parts_of(block)
    return _id(head, hashlib.sha256(tail).digest())


def light_id(header: bytes, body_hash: bytes) -> bytes:
    """The id of the block with that header and a body with that hash."""
    return _id(len(header).to_bytes(4, "big") + header, body_hash)


def _id(head: bytes, body_hash: bytes) -> bytes:
    return hashlib.sha256(b"walras/block/1\0" + hashlib.sha256(head).digest() + body_hash).digest()


def parts_of(block: bytes) -> tuple[bytes, bytes]:
    """A block's bytes split where the first four say that the header ends; the length stays with the header."""
    end = 4 + int.from_bytes(block[:4], "big")
    return block[:end], block[end:]


# Asked for again by the other voters of a round, and not after its height: a large one would fill for hours.
@lru_cache(maxsize=1 << 8)
def vote_digest(network: bytes, ballot: Ballot, height: int, round: int, block: bytes | None) -> bytes:
    """What a vote signs; its sender is who can make the signature."""
    return _digest(network, int(ballot), [height, round, block])


# Few: each holds up to 4,096 ids, whoever said them.
@lru_cache(maxsize=1 << 7)
def seen_digest(network: bytes, height: int, ids: tuple[bytes, ...]) -> bytes:
    return _digest(network, 3, [height, list(ids)])


@lru_cache(maxsize=1 << 7)
def proposal_digest(network: bytes, height: int, round: int, block: bytes, valid_round: int) -> bytes:
    return _digest(network, 2, [height, round, block, valid_round])


def _digest(network: bytes, kind: int, fields: list[Value]) -> bytes:
    return hashlib.sha256(_DOMAIN + network + bytes([kind]) + pack(fields)).digest()
