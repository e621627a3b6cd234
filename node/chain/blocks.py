"""Blocks: a header that commits to the state after it, and a body of items in their agreed order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from intents.canonical import pack, unpack
from intents.schema import Integer, Many, Octets, Record
from node.agreement.messages import Seen, Vote
from node.agreement.validators import MAX_VALIDATORS
from node.agreement.wire import MAX_BLOCK_BYTES, SEEN, VOTE

MAX_ITEM_BYTES: Final = 320 << 10
MAX_ITEMS: Final = 16_384
MAX_EVIDENCE: Final = 64


class Phase(IntEnum):
    """What a height is for: height mod 3."""

    BATCH = 0
    SEAL = 1
    SETTLE = 2


def phase_of(height: int) -> Phase:
    return Phase(height % len(Phase))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two votes for one ballot that validator ``key`` signed. Positions change with the set, keys do not."""

    key: bytes
    first: Vote
    second: Vote


@dataclass(frozen=True, slots=True)
class Block:
    """``items`` are signed messages in canonical bytes, sorted by id; ``seen`` prove that none was left out.

    ``state_root`` is the root after this block; ``validators`` and ``next_validators`` are digests of who decides
    this height and the next.
    """

    network: bytes
    height: int
    previous: bytes
    proposer: int
    seen: tuple[Seen, ...]
    items: tuple[bytes, ...]
    evidence: tuple[Evidence, ...]
    validators: bytes
    next_validators: bytes
    state_root: bytes


_HASH: Final[Octets[bytes]] = Octets(length=32)
_ITEM: Final[Octets[bytes]] = Octets(limit=MAX_ITEM_BYTES)
BLOCK: Final = Record(
    Block,
    {
        "network": _HASH,
        "height": Integer(),
        "previous": _HASH,
        "proposer": Integer(high=MAX_VALIDATORS - 1),
        "seen": Many(SEEN, MAX_VALIDATORS),
        "items": Many(_ITEM, MAX_ITEMS),
        "evidence": Many(Record(Evidence, {"key": _HASH, "first": VOTE, "second": VOTE}), MAX_EVIDENCE),
        "validators": _HASH,
        "next_validators": _HASH,
        "state_root": _HASH,
    },
)


def encode_block(block: Block) -> bytes:
    return pack(BLOCK.to_wire(block))


def decode_block(data: bytes, where: str = "block") -> Block:
    return BLOCK.from_wire(unpack(data, where, limit=MAX_BLOCK_BYTES), where)
