"""What live nodes say to one another, in bytes: protocol ids, topics and encodings. Carried by ``p2p``.

All records are canonical msgpack (``intents.canonical``): an array of the fields in their order, integers in their
shortest form, bytes as ``bin``, text as ``str``; what does not encode to the same bytes again is refused.
NETWORK is the genesis's hash (32 bytes), in topics as 64 lower-case hex digits. An *identity* is the 32-byte
Ed25519 public key inside a libp2p peer id (base58 of ``00 24 08 01 12 20 ‖ identity``).

Requests (stream protocols, docs/wire.md "Requests")
    ``/walras/hello/1``   Hello -> [0, Hello] | [1, [reason]]
        Said by both sides as soon as they are connected, before anything else of these.
        Hello = [version, network, role, name, key, proof, height, addresses]
            version    1; another is refused whatever follows
            role       0 validator, 1 solver, 2 full, 3 light
            name       text, 1 to 64 characters
            key        the validator's or solver's public key (32 bytes), or empty
            proof      Ed25519 by ``key`` over SHA-256("walras/peer/1\\0" ‖ network ‖ identity); or empty
            height     last decided, -1 before the first
            addresses  up to 8 multiaddrs (text, at most 256 characters) where it can be dialled
        A reason, text of at most 256 characters: ``version``, ``network``, ``malformed``, ``proof``, ``busy``.
    ``/walras/words/1``   a pack (docs/wire.md "Packs", at most 512 items, 1,048,576 bytes) of words -> empty, or
        0x01: "you have not said hello", or 0x02: "malformed".
        word = kind (1 byte) ‖ body
            0 AGREEMENT    a message of the agreement (node/agreement/wire.py): [kind, fields]
            1 PAST         a message of catching up (node/catchup/wire.py): [kind, fields]
            2 WANT_BODY    [height, block id]: answered by a body, or the decision if that block is decided
            3 WANT_ITEMS   [[item id, ...]], 1 to 256: answered by those that are here
            4 ITEM         an item (node/chain/items.py)
            5 OFFER        [kind, height, place, digest, size]: a word too long to be sent unasked. ``kind`` is its
                           kind; ``height`` that of the body or decision in it, else -1; ``place`` its number among
                           the kinds of its message (AGREEMENT: 3 body, 4 decision), else 0; ``digest`` SHA-256 of
                           the whole word, ``size`` its bytes. Kept to be fetched for at least 20 s.
        Words over 65,536 bytes are offered, but one of up to 262,144 may be sent to a peer once. Answers come as
        words of their own, in a later request the other way.
    ``/walras/fetch/1``   a digest (32 bytes) -> the word, or empty where it is not kept any more.

Topics (gossip, docs/wire.md "Gossip"); the largest message is 393,216 bytes on networks of this protocol
    ``walras/1/NETWORK/items``      a pack of at most 256 items and 344,064 bytes. Every item must decode and its
        signature hold, or the message is rejected and counts against the neighbour that sent it.
    ``walras/1/NETWORK/presence``   [[identity, name, role, key, proof, addresses, height, auction, neighbours,
        at_ms], signature]: where a node is, said every 2 s. ``neighbours`` are up to 64 identities, ``at_ms`` Unix
        time and greater than in the last one; ``signature`` Ed25519 by the identity over
        SHA-256("walras/presence/1\\0" ‖ network ‖ the inner array's bytes). Believed for 10 s.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from intents.canonical import Value, pack, read_bytes, read_int, read_list, unpack
from intents.errors import WrongValue
from intents.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from intents.schema import Choice, Integer, Many, Octets, Record, Text
from node.served import Role
from p2p.packing import PackLimits

VERSION: Final = 1
HELLO: Final = "/walras/hello/1"
WORDS: Final = "/walras/words/1"
FETCH: Final = "/walras/fetch/1"

#: The largest gossip message and frame of a Walras network: the longest item fits.
MESSAGE_BYTES: Final = 1_280 << 10
FRAME_BYTES: Final = 1_536 << 10
ITEM_PACKS: Final = PackLimits(items=256, pack_bytes=1_152 << 10, linger_ms=40)
WORD_PACKS: Final = PackLimits(items=512, pack_bytes=1 << 20, linger_ms=0)
#: Words longer than the first are offered; those up to the second are sent the first time, for no round trip is
#: as short: what a validator has seen of 4,096 items, a block of some nine hundred intents.
MAX_SENT_BYTES: Final = 64 << 10
MAX_PUSHED_BYTES: Final = 256 << 10
MAX_HELLO_BYTES: Final = 4 << 10
MAX_PRESENCE_BYTES: Final = 8 << 10
MAX_WORD_BYTES: Final = (33 << 20) + 1
MAX_IDS: Final = 256
MAX_NEIGHBOURS: Final = 64
MAX_ADDRESSES: Final = 8

#: Answers to a request of words.
TAKEN: Final = b""
STRANGER: Final = b"\x01"
MALFORMED: Final = b"\x02"

#: The largest answer to each request.
ANSWER_BYTES: Final = ((HELLO, MAX_HELLO_BYTES), (WORDS, 1), (FETCH, MAX_WORD_BYTES))

_PEER_DOMAIN: Final = b"walras/peer/1\0"
_PRESENCE_DOMAIN: Final = b"walras/presence/1\0"


class Kind(IntEnum):
    """The first byte of a word."""

    AGREEMENT = 0
    PAST = 1
    WANT_BODY = 2
    WANT_ITEMS = 3
    ITEM = 4
    OFFER = 5


class Refusal(Exception):
    """A hello is not answered with one; ``args[0]`` is the reason in one word."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who a peer is. ``key`` and ``proof`` are empty where it has no key."""

    version: int
    network: bytes
    role: Role
    name: str
    key: bytes
    proof: bytes
    height: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Presence:
    """Where a node is and whom it is connected with, as it says itself."""

    identity: bytes
    name: str
    role: Role
    key: bytes
    proof: bytes
    addresses: tuple[str, ...]
    height: int
    auction: int
    neighbours: tuple[bytes, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A long word that can be fetched."""

    kind: int
    height: int
    place: int
    digest: bytes
    size: int


def _named(text: str, where: str) -> None:
    if not text or not text.isprintable():
        raise WrongValue(where, "a name", repr(text)[:80])


_NAME: Final[Text[str]] = Text(64, check=_named)
_KEY: Final[Octets[bytes]] = Octets(limit=PUBLIC_KEY_BYTES)
_PROOF: Final[Octets[bytes]] = Octets(limit=SIGNATURE_BYTES)
_HASH: Final[Octets[bytes]] = Octets(length=32)
_HEIGHT: Final = Integer(low=-1)
_ADDRESS: Final[Text[str]] = Text(256)
_ADDRESSES: Final = Many(_ADDRESS, MAX_ADDRESSES)
_HELLO: Final = Record(
    Hello,
    {
        "version": Integer(low=VERSION, high=VERSION),
        "network": _HASH,
        "role": Choice(Role),
        "name": _NAME,
        "key": _KEY,
        "proof": _PROOF,
        "height": _HEIGHT,
        "addresses": _ADDRESSES,
    },
)
_PRESENCE: Final = Record(
    Presence,
    {
        "identity": _HASH,
        "name": _NAME,
        "role": Choice(Role),
        "key": _KEY,
        "proof": _PROOF,
        "addresses": _ADDRESSES,
        "height": _HEIGHT,
        "auction": Integer(),
        "neighbours": Many(_HASH, MAX_NEIGHBOURS),
        "at_ms": Integer(),
    },
)
_OFFER: Final = Record(
    Offer,
    {
        "kind": Integer(high=int(Kind.ITEM)),
        "height": _HEIGHT,
        "place": Integer(high=255),
        "digest": _HASH,
        "size": Integer(high=MAX_WORD_BYTES),
    },
)
_IDS: Final = Many(_HASH, MAX_IDS, 1)


def items_topic(network: bytes) -> str:
    return f"walras/1/{network.hex()}/items"


def presence_topic(network: bytes) -> str:
    return f"walras/1/{network.hex()}/presence"


def peer_proof(network: bytes, identity: bytes) -> bytes:
    """What a validator's or solver's key signs to say that a peer is its node."""
    return hashlib.sha256(_PEER_DOMAIN + network + identity).digest()


# Hello


def encode_hello(hello: Hello) -> bytes:
    return pack(_HELLO.to_wire(hello))


def decode_hello(data: bytes) -> Hello:
    """Raises ``Refusal`` of another version; an ``InputError`` for anything malformed."""
    value = unpack(data, "hello", limit=MAX_HELLO_BYTES)
    return _hello(value)


def _hello(value: Value) -> Hello:
    fields = read_list(value, "hello", limit=64)
    if fields and isinstance(fields[0], int) and fields[0] != VERSION:
        raise Refusal("version")
    return _HELLO.from_wire(value, "hello")


def encode_welcome(hello: Hello) -> bytes:
    return pack([0, _HELLO.to_wire(hello)])


def encode_refusal(reason: str) -> bytes:
    return pack([1, [reason[:256]]])


def decode_answer(data: bytes) -> Hello:
    """The other side's hello. Raises ``Refusal`` with its reason; an ``InputError`` for anything malformed."""
    number, body = read_list(unpack(data, "hello", limit=MAX_HELLO_BYTES), "hello", limit=2, length=2)
    if read_int(number, "hello", high=1) == 0:
        return _hello(body)
    (reason,) = read_list(body, "hello", limit=1, length=1)
    raise Refusal(str(reason)[:256])


# Words


def no_such_kind(kind: int) -> WrongValue:
    return WrongValue("word", "a kind that may be here", str(kind))


def word(kind: Kind, body: bytes) -> bytes:
    return bytes([kind]) + body


def want_body(height: int, block: bytes) -> bytes:
    return word(Kind.WANT_BODY, pack([height, block]))


def read_want_body(body: bytes) -> tuple[int, bytes]:
    height, block = read_list(unpack(body, "want_body", limit=64), "want_body", limit=2, length=2)
    return read_int(height, "want_body.height"), read_bytes(block, "want_body.block", limit=32, length=32)


def want_items(ids: tuple[bytes, ...]) -> bytes:
    return word(Kind.WANT_ITEMS, pack([_IDS.to_wire(ids)]))


def read_want_items(body: bytes) -> tuple[bytes, ...]:
    (ids,) = read_list(unpack(body, "want_items", limit=16 << 10), "want_items", limit=1, length=1)
    return _IDS.from_wire(ids, "want_items")


def offer_of(data: bytes, height: int = -1, place: int = 0) -> Offer:
    """The offer of a word."""
    return Offer(data[0], height, place, hashlib.sha256(data).digest(), len(data))


def encode_offer(offer: Offer) -> bytes:
    return word(Kind.OFFER, pack(_OFFER.to_wire(offer)))


def decode_offer(body: bytes) -> Offer:
    return _OFFER.from_wire(unpack(body, "offer", limit=128), "offer")


# Presence


def presence_digest(network: bytes, presence: Presence) -> bytes:
    """What its identity signs."""
    return hashlib.sha256(_PRESENCE_DOMAIN + network + pack(_PRESENCE.to_wire(presence))).digest()


def encode_presence(presence: Presence, signature: bytes) -> bytes:
    return pack([_PRESENCE.to_wire(presence), signature])


def decode_presence(data: bytes) -> tuple[Presence, bytes]:
    """The record and its signature, which is not checked here."""
    record, signature = read_list(
        unpack(data, "presence", limit=MAX_PRESENCE_BYTES), "presence", limit=2, length=2
    )
    return (
        _PRESENCE.from_wire(record, "presence"),
        read_bytes(signature, "presence.signature", limit=SIGNATURE_BYTES, length=SIGNATURE_BYTES),
    )
