"""Catching up's messages as canonical bytes: bounded, and one form for each."""

from __future__ import annotations

from typing import Final

from intents.canonical import pack, unpack
from intents.keys import PUBLIC_KEY_BYTES
from intents.schema import Integer, Many, Octets, OneOf, Record
from node.agreement.validators import MAX_POWER, MAX_VALIDATORS, Validator
from node.agreement.wire import CERTIFICATE
from node.catchup.messages import (
    Checkpoint,
    Chunk,
    Links,
    Manifest,
    Now,
    PeerMessage,
    WantChunk,
    WantLinks,
    WhereNow,
)
from node.chain.blocks import MAX_HEADER_BYTES

#: One piece of a snapshot, and the pieces of one.
CHUNK_BYTES: Final = 1 << 20
MAX_CHUNKS: Final = 4096
#: Checkpoints sent at once.
MAX_LINKS: Final = 32
NONCE_BYTES: Final = 32
MAX_PEER_BYTES: Final = CHUNK_BYTES + (64 << 10)

_HASH: Final[Octets[bytes]] = Octets(length=32)
_KEY: Final[Octets[bytes]] = Octets(length=PUBLIC_KEY_BYTES)
_MEMBERS: Final = Many(
    Record(Validator, {"key": _KEY, "power": Integer(low=1, high=MAX_POWER)}), MAX_VALIDATORS, 1
)
CHECKPOINT: Final = Record(
    Checkpoint,
    {
        "header": Octets(limit=MAX_HEADER_BYTES),
        "body_hash": _HASH,
        "certificate": CERTIFICATE,
        "validators": _MEMBERS,
        "next_validators": _MEMBERS,
    },
)
PEER_MESSAGE: Final = OneOf(
    {
        "manifest": Record(Manifest, {"checkpoint": CHECKPOINT, "chunks": Many(_HASH, MAX_CHUNKS)}),
        "want_links": Record(WantLinks, {"after": Integer(low=-1)}),
        "links": Record(Links, {"checkpoints": Many(CHECKPOINT, MAX_LINKS)}),
        "want_chunk": Record(WantChunk, {"height": Integer(), "index": Integer(high=MAX_CHUNKS - 1)}),
        "chunk": Record(
            Chunk,
            {"height": Integer(), "index": Integer(high=MAX_CHUNKS - 1), "data": Octets(limit=CHUNK_BYTES)},
        ),
        "where_now": Record(WhereNow, {"nonce": Octets(length=NONCE_BYTES)}),
        "now": Record(
            Now,
            {
                "nonce": Octets(length=NONCE_BYTES),
                "height": Integer(),
                "key": _KEY,
                "signature": Octets(limit=64),
            },
        ),
    }
)


def encode_peer(message: PeerMessage) -> bytes:
    return pack(PEER_MESSAGE.to_wire(message))


def decode_peer(data: bytes, where: str = "peer") -> PeerMessage:
    """Raises an ``InputError`` for anything malformed, out of bounds or not canonical."""
    found: PeerMessage = PEER_MESSAGE.from_wire(unpack(data, where, limit=MAX_PEER_BYTES), where)
    return found


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    return pack(CHECKPOINT.to_wire(checkpoint))


def decode_checkpoint(data: bytes, where: str = "checkpoint") -> Checkpoint:
    return CHECKPOINT.from_wire(unpack(data, where, limit=MAX_PEER_BYTES), where)
