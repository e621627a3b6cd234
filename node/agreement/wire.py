"""The agreement's messages and log records as canonical bytes: bounded, and one form for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Generic, TypeVar

from intents.canonical import Value, pack, read_int, unpack
from intents.schema import Flag, Integer, Many, Octets, OneOf, Optional, Pair, Record
from node.agreement.effects import Locked, Sent, Validated
from node.agreement.effects import Record as LogRecord
from node.agreement.messages import (
    BLOCK_ID_BYTES,
    MAX_ROUND,
    MAX_SEEN,
    Ballot,
    Body,
    Certificate,
    Decision,
    Message,
    Proposal,
    Seen,
    Status,
    Step,
    Vote,
)
from node.agreement.validators import MAX_VALIDATORS

MAX_BLOCK_BYTES: Final = 32 << 20
MAX_MESSAGE_BYTES: Final = MAX_BLOCK_BYTES + (64 << 10)

N = TypeVar("N", bound=IntEnum)


@dataclass(frozen=True, slots=True)
class Numbered(Generic[N]):
    """A member of an integer enum, by number."""

    kind: type[N]

    def to_wire(self, value: N) -> Value:
        return int(value)

    def from_wire(self, value: Value, where: str) -> N:
        return self.kind(read_int(value, where, high=len(self.kind) - 1))

    def to_json(self, value: N) -> object:
        return value.name.lower()

    def from_json(self, value: object, where: str) -> N:
        return self.kind[str(value).upper()]


_HEIGHT: Final = Integer()
_ROUND: Final = Integer(high=MAX_ROUND)
_BLOCK: Final[Octets[bytes]] = Octets(length=BLOCK_ID_BYTES)
_BYTES: Final[Octets[bytes]] = Octets(limit=MAX_BLOCK_BYTES)
_SENDER: Final = Integer(high=MAX_VALIDATORS - 1)
_SIGNATURE: Final[Octets[bytes]] = Octets(limit=64)
_MASK: Final = Integer(high=(1 << MAX_VALIDATORS) - 1)
_BALLOT: Final = Numbered(Ballot)

VOTE: Final = Record(
    Vote,
    {
        "ballot": _BALLOT,
        "height": _HEIGHT,
        "round": _ROUND,
        "block": Optional(_BLOCK),
        "sender": _SENDER,
        "signature": _SIGNATURE,
    },
)
CERTIFICATE: Final = Record(
    Certificate,
    {
        "ballot": _BALLOT,
        "height": _HEIGHT,
        "round": _ROUND,
        "block": _BLOCK,
        "votes": Many(Pair(_SENDER, _SIGNATURE), MAX_VALIDATORS),
    },
)
PROPOSAL: Final = Record(
    Proposal,
    {
        "height": _HEIGHT,
        "round": _ROUND,
        "block": _BLOCK,
        "valid_round": Integer(low=-1, high=MAX_ROUND),
        "polka": Optional(CERTIFICATE),
        "sender": _SENDER,
        "signature": _SIGNATURE,
    },
)
SEEN: Final = Record(
    Seen, {"height": _HEIGHT, "ids": Many(_BLOCK, MAX_SEEN), "sender": _SENDER, "signature": _SIGNATURE}
)
MESSAGE: Final = OneOf(
    {
        "vote": VOTE,
        "proposal": PROPOSAL,
        "seen": SEEN,
        "body": Record(Body, {"height": _HEIGHT, "block": _BYTES}),
        "decision": Record(Decision, {"height": _HEIGHT, "block": _BYTES, "certificate": CERTIFICATE}),
        "status": Record(
            Status,
            {
                "height": _HEIGHT,
                "round": _ROUND,
                "step": Numbered(Step),
                "proposed": Flag(),
                "bodied": Flag(),
                "prevotes": _MASK,
                "precommits": _MASK,
                "seen": _MASK,
            },
        ),
    }
)
_POLKA: Final[dict[str, Any]] = {"block": _BYTES, "polka": CERTIFICATE}
RECORD: Final = OneOf(
    {
        "sent": Record(Sent, {"message": MESSAGE}),
        "locked": Record(Locked, _POLKA),
        "validated": Record(Validated, _POLKA),
    }
)


def encode_message(message: Message) -> bytes:
    return pack(MESSAGE.to_wire(message))


def decode_message(data: bytes, where: str = "message") -> Message:
    """Raises an ``InputError`` for anything malformed, out of bounds or not canonical."""
    found: Message = MESSAGE.from_wire(unpack(data, where, limit=MAX_MESSAGE_BYTES), where)
    return found


def encode_record(record: LogRecord) -> bytes:
    return pack(RECORD.to_wire(record))


def decode_record(data: bytes, where: str = "log") -> LogRecord:
    found: LogRecord = RECORD.from_wire(unpack(data, where, limit=MAX_MESSAGE_BYTES), where)
    return found
