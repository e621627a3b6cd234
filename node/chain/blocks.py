"""Blocks: a header that commits to the state after it, and a body of items in their agreed order.

In bytes a block is the header's length (4 bytes, big-endian), the header and the body; its id is a hash of the
header and the body's hash (``node.agreement.messages.block_id``), so that a header with that hash alone can be
held against the votes for the block.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from intents.canonical import Value, pack, unpack
from intents.errors import WrongValue
from intents.schema import Integer, Many, Octets, OneOf, Record
from node.agreement.messages import MAX_ROUND, Proposal, Seen, Vote, parts_of
from node.agreement.validators import MAX_VALIDATORS
from node.agreement.wire import MAX_BLOCK_BYTES, PROPOSAL, SEEN, VOTE

MAX_ITEM_BYTES: Final = (1 << 20) + (64 << 10)
MAX_ITEMS: Final = 16_384
MAX_EVIDENCE: Final = 64
MAX_HEADER_BYTES: Final = 1 << 10


class Phase(IntEnum):
    """What a height is for: height mod 3."""

    BATCH = 0
    SEAL = 1
    SETTLE = 2


_PHASES: Final = tuple(Phase)


def phase_of(height: int) -> Phase:
    return _PHASES[height % len(_PHASES)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two messages for one place that validator ``key`` signed: two votes, or two proposals (without polka).

    Positions change with the set, keys do not.
    """

    key: bytes
    first: Vote | Proposal
    second: Vote | Proposal


@dataclass(frozen=True, slots=True)
class Header:
    """``proposer``, by position, made the block in ``round`` of its height.

    ``state_root`` is the root after this block; ``validators`` and ``next_validators`` are digests of who decides
    this height and the next.
    """

    network: bytes
    height: int
    round: int
    previous: bytes
    proposer: int
    validators: bytes
    next_validators: bytes
    state_root: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """``items`` are signed messages in canonical bytes, sorted by id; ``seen`` prove that none was left out."""

    header: Header
    seen: tuple[Seen, ...]
    items: tuple[bytes, ...]
    evidence: tuple[Evidence, ...] = ()

    @property
    def height(self) -> int:
        return self.header.height

    @property
    def proposer(self) -> int:
        return self.header.proposer


@dataclass(frozen=True, slots=True)
class _Body:
    seen: tuple[Seen, ...]
    items: tuple[bytes, ...]
    evidence: tuple[Evidence, ...]


_HASH: Final[Octets[bytes]] = Octets(length=32)
_ITEM: Final[Octets[bytes]] = Octets(limit=MAX_ITEM_BYTES)
_LIE: Final = OneOf({"vote": VOTE, "proposal": PROPOSAL})
EVIDENCE: Final = Record(Evidence, {"key": _HASH, "first": _LIE, "second": _LIE})
HEADER: Final = Record(
    Header,
    {
        "network": _HASH,
        "height": Integer(),
        "round": Integer(high=MAX_ROUND),
        "previous": _HASH,
        "proposer": Integer(high=MAX_VALIDATORS - 1),
        "validators": _HASH,
        "next_validators": _HASH,
        "state_root": _HASH,
    },
)
BODY: Final = Record(
    _Body,
    {
        "seen": Many(SEEN, MAX_VALIDATORS),
        "items": Many(_ITEM, MAX_ITEMS),
        "evidence": Many(EVIDENCE, MAX_EVIDENCE),
    },
)


def encode_block(block: Block) -> bytes:
    header = encode_header(block.header)
    body = _Body(block.seen, block.items, block.evidence)
    return len(header).to_bytes(4, "big") + header + pack(BODY.to_wire(body))


def decode_block(data: bytes, where: str = "block") -> Block:
    head, tail = parts_of(data)
    header = decode_header(head[4:], f"{where}.header")
    if head[:4] != len(head[4:]).to_bytes(4, "big"):
        raise WrongValue(where, "a header of the length it says", str(len(head) - 4))
    body = BODY.from_wire(unpack(tail, where, limit=MAX_BLOCK_BYTES), where)
    return Block(header, body.seen, body.items, body.evidence)


def encode_header(header: Header) -> bytes:
    return pack(HEADER.to_wire(header))


def decode_header(data: bytes, where: str = "header") -> Header:
    value: Value = unpack(data, where, limit=MAX_HEADER_BYTES)
    return HEADER.from_wire(value, where)


def light_of(data: bytes) -> tuple[bytes, bytes]:
    """A block's header in bytes, and its body's hash: what ``light_id`` makes the block's id of."""
    head, tail = parts_of(data)
    return head[4:], hashlib.sha256(tail).digest()
