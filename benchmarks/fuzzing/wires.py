"""Bytes below the canonical format: protobuf of any field and type, length-prefixed frames, chunks."""

from __future__ import annotations

from random import Random

from p2p.framing import varint

_TOPICS = (b"walras/items/1", b"t", b"", b"\xff\xfe", b"x" * 300)


def protobuf(rng: Random, depth: int = 3) -> bytes:
    """A message of random fields; numbers and types mostly those of gossipsub's RPC."""
    return b"".join(_field(rng, depth) for _ in range(rng.randint(0, 4)))


def _field(rng: Random, depth: int) -> bytes:
    number = rng.randint(1, 5) if rng.random() < 0.95 else rng.choice((0, 6, 15, 16, 2**28))
    kind = 2 if rng.random() < 0.8 else rng.choice((0, 1, 3, 4, 5, 6, 7))
    key = varint(number << 3 | kind)
    match kind:
        case 0:
            return key + varint(rng.choice((0, 1, 60, 2**32, 2**63, 2**64 - 1, 2**70)))
        case 1 | 5:
            return key + rng.randbytes(8 if kind == 1 else 4)
        case 2:
            body = protobuf(rng, depth - 1) if depth and rng.random() < 0.65 else _leaf(rng)
            claimed = len(body) if rng.random() < 0.95 else rng.choice((len(body) + 1, 2**31, 2**63))
            return key + varint(claimed) + body
        case _:
            return key


def _leaf(rng: Random) -> bytes:
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(_TOPICS)
    return rng.randbytes(32 if kind < 0.8 else rng.randint(0, 64))


def frames(rng: Random) -> bytes:
    """Frames with varint lengths, some over the limit, some of lengths that never end."""
    parts = [rng.randbytes(1)]
    for _ in range(rng.randint(0, 8)):
        size = rng.choice((0, 1, 5, 127, 128, 300, 1_000))
        claimed = size if rng.random() < 0.9 else rng.choice((size + 1, 1_001, 2**34, 2**35))
        parts.append(varint(claimed) + rng.randbytes(size))
        if rng.random() < 0.03:
            parts.append(b"\xff" * rng.randint(1, 8))
    return b"".join(parts)


def chunked(rng: Random) -> bytes:
    """Chunks with four-byte lengths, usually ended, sometimes with more after the end."""
    parts = [rng.randbytes(1)]
    for _ in range(rng.randint(0, 5)):
        size = rng.choice((1, 5, 128, 300, 900))
        claimed = size if rng.random() < 0.9 else rng.choice((size + 1, 1_001, 2**20 + 1, 2**32 - 1))
        parts.append(claimed.to_bytes(4, "big") + rng.randbytes(size))
    parts.append(bytes(4) * rng.choice((0, 1, 1, 1, 2)))
    return b"".join(parts)
