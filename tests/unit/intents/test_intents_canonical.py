"""Canonical msgpack: one value, one byte string, and nothing else is read."""

from __future__ import annotations

import msgpack
import pytest

from intents.amounts import MAX_AMOUNT
from intents.canonical import (
    MAX_NESTING,
    Value,
    pack,
    pack_amount,
    read_amount,
    read_bool,
    read_bytes,
    read_int,
    read_list,
    read_text,
    unpack,
)
from intents.errors import (
    AmountOutOfRange,
    InputError,
    Malformed,
    NonCanonical,
    TooDeep,
    Unreadable,
    WrongType,
)

LIMIT = 10_000
VALUES: list[Value] = [
    None,
    True,
    0,
    127,
    128,
    -1,
    -33,
    2**63 - 1,
    2**64 - 1,
    "",
    "é",
    b"",
    b"\0" * 300,
    [],
    [[1], "a"],
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back(value: Value) -> None:
    """What is packed is read again, and packs to the same bytes."""
    data = pack(value)
    assert unpack(data, "x", limit=LIMIT) == value
    assert pack(unpack(data, "x", limit=LIMIT)) == data


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", Malformed),
        (b"\x00\x00", Malformed),  # trailing bytes
        (b"\x92\x01", Malformed),  # an array cut off
        (b"\xc1", Malformed),  # never used
        (b"\xcc\x01", NonCanonical),  # one in two bytes
        (b"\xcd\x00\x01", NonCanonical),
        (b"\xce\x00\x00\x00\x01", NonCanonical),
        (b"\xcf" + bytes(7) + b"\x01", NonCanonical),
        (b"\xd0\x01", NonCanonical),
        (b"\xd0\xff", NonCanonical),
        (b"\xd9\x01a", NonCanonical),  # long header for short text
        (b"\xda\x00\x01a", NonCanonical),
        (b"\xc5\x00\x01a", NonCanonical),  # long header for short bytes
        (b"\xdc\x00\x01\x01", NonCanonical),  # long header for a short array
        (b"\xdd\x00\x00\x00\x01\x01", NonCanonical),
        (b"\xa1\xff", Malformed),  # text that is not UTF-8
        (b"\xa3\xed\xa0\x80", Malformed),  # a surrogate
        (b"\xca\x3f\x80\x00\x00", WrongType),  # floats
        (b"\xcb\x3f\xf0" + bytes(6), WrongType),
        (b"\x80", WrongType),  # maps
        (b"\x81\xa1a\x01", Malformed),
        (b"\x91\x80", WrongType),
        (b"\xd4\x01\x00", Malformed),  # extensions
        (b"\xc7\x00\x01", WrongType),
        (b"\xd6\xff\x00\x00\x00\x00", Malformed),  # a timestamp
        (b"\xdd\xff\xff\xff\xff", Malformed),  # arrays, text and bytes longer than anything
        (b"\xdb\xff\xff\xff\xff", Malformed),
        (b"\xc6\xff\xff\xff\xff", Malformed),
    ],
    ids=lambda value: value.hex() if isinstance(value, bytes) else "",
)
def test_other_bytes_are_refused(data: bytes, kind: type[InputError]) -> None:
    """Longer forms, other kinds, cut or overlong data each meet a typed error naming the place."""
    with pytest.raises(kind, match=r"^x: "):
        unpack(data, "x", limit=LIMIT)


def test_nesting_is_bounded() -> None:
    """Fifteen arrays within each other pass, more are refused, a thousand and a million alike."""
    assert unpack(b"\x91" * (MAX_NESTING - 1) + b"\x00", "x", limit=LIMIT) is not None
    with pytest.raises(TooDeep):
        unpack(b"\x91" * MAX_NESTING + b"\x00", "x", limit=LIMIT)
    for depth in (500, 5_000, 1_000_000):
        with pytest.raises(InputError):
            unpack(b"\x91" * depth + b"\x00", "x", limit=2_000_000)


def test_size_is_bounded() -> None:
    """Data over the limit is not unpacked."""
    assert unpack(pack("a" * 9), "x", limit=10) == "a" * 9
    with pytest.raises(Unreadable, match="holds 11 bytes, at most 10"):
        unpack(pack("a" * 10), "x", limit=10)


@pytest.mark.parametrize("amount", [0, 1, 127, 128, 255, 256, 2**64, MAX_AMOUNT])
def test_amounts_are_minimal_bytes(amount: int) -> None:
    """Zero is empty and no amount starts with a zero byte."""
    data = pack_amount(amount)
    assert data[:1] != b"\0"
    assert read_amount(data, "x") == amount


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"\0", NonCanonical),
        (b"\0\1", NonCanonical),
        ((2**127).to_bytes(16, "big"), AmountOutOfRange),
        (b"\1" * 65, Unreadable),
        (5, WrongType),
        ("5", WrongType),
        (None, WrongType),
    ],
)
def test_other_amounts_are_refused(value: Value, kind: type[InputError]) -> None:
    """Padded, oversize or otherwise typed amounts are not read."""
    with pytest.raises(kind):
        read_amount(value, "x")


def test_readers_refuse_other_kinds() -> None:
    """A boolean is no integer, text no bytes, and lengths are bounded."""
    for read, value in (
        (lambda v: read_int(v, "x"), True),
        (lambda v: read_int(v, "x"), -1),
        (lambda v: read_int(v, "x"), 2**63),
        (lambda v: read_bool(v, "x"), 1),
        (lambda v: read_text(v, "x"), b"a"),
        (lambda v: read_text(v, "x", limit=1), "ab"),
        (lambda v: read_bytes(v, "x"), "a"),
        (lambda v: read_bytes(v, "x", limit=1), b"ab"),
        (lambda v: read_bytes(v, "x", length=1), b"ab"),
        (lambda v: read_list(v, "x", limit=9), "ab"),
        (lambda v: read_list(v, "x", limit=1), [1, 2]),
        (lambda v: read_list(v, "x", limit=9, length=3), [1, 2]),
    ):
        with pytest.raises(InputError, match=r"^x: "):
            read(value)


def test_packing_is_the_shortest_msgpack() -> None:
    """Other implementations of msgpack read what we write."""
    assert msgpack.unpackb(pack([1, "a", b"b", None, True])) == [1, "a", b"b", None, True]
