"""The head: one row that says what the other rows must add up to.

A database can lose a row to a flipped bit and still be well formed. So each commit also writes how many rows
items and log have, and the sum of their checksums; the decided height; and how many commits there have been.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from intents.canonical import pack, read_bytes, read_int, read_list, unpack

_WRAP: Final = 1 << 64
MAX_HEAD_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class Tally:
    """``sum`` is of the rows' CRC-32s, modulo 2^64: it does not depend on their order."""

    count: int = 0
    sum: int = 0

    def plus(self, crc: int) -> Tally:
        return Tally(self.count + 1, (self.sum + crc) % _WRAP)

    def minus(self, crc: int) -> Tally:
        return Tally(self.count - 1, (self.sum - crc) % _WRAP)


@dataclass(frozen=True, slots=True)
class Head:
    """``height`` is the last decided, −1 before the first; decisions from ``first`` on are kept; ``network`` is
    the hash everything is signed under."""

    network: bytes
    commits: int = 0
    height: int = -1
    first: int = 0
    items: Tally = Tally()
    log: Tally = Tally()

    def encode(self) -> bytes:
        return pack(
            [
                self.network,
                self.commits,
                self.height,
                self.first,
                self.items.count,
                self.items.sum,
                self.log.count,
                self.log.sum,
            ]
        )


def decode_head(data: bytes) -> Head:
    where = "head"
    network, *numbers = read_list(unpack(data, where, limit=MAX_HEAD_BYTES), where, limit=8, length=8)
    commits, height, first, *sums = (read_int(number, where, low=-1, high=_WRAP - 1) for number in numbers)
    items, log = Tally(sums[0], sums[1]), Tally(sums[2], sums[3])
    return Head(read_bytes(network, where, length=32), commits, height, first, items, log)


def checksum(key: str, data: bytes) -> int:
    """CRC-32 over a row's key and data: a row that moved is as wrong as one that changed."""
    return zlib.crc32(data, zlib.crc32(key.encode()))


def is_sound(key: str, data: object, crc: object) -> bool:
    """A flipped bit may also have changed what kind of value it is."""
    return isinstance(data, bytes) and isinstance(crc, int) and checksum(key, data) == crc
