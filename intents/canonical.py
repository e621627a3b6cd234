"""Canonical msgpack: one value, one byte string.

Allowed are nil, booleans, integers within 64 bits, UTF-8 text, byte strings and arrays. Maps,
floats and extensions are not part of the format. Larger integers travel as minimal big-endian byte
strings (``pack_amount``). Canonical means: decoding and encoding again gives the same bytes; whatever
does not is refused, so no value has two hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgpack

from intents.amounts import MAX_AMOUNT
from intents.errors import AmountOutOfRange, Malformed, NonCanonical, TooDeep, Unreadable, WrongType

MAX_NESTING: Final = 16
#: What a value may be besides an array, as it comes from reading.
_KINDS: Final = frozenset({type(None), bool, int, str, bytes})
Value = None | bool | int | str | bytes | Sequence["Value"]
#: The canonical bytes of a value. Making a packer costs more than packing a small value with it.
pack: Final[Callable[[Value], bytes]] = msgpack.Packer(use_bin_type=True, strict_types=False).pack


def unpack(data: bytes, where: str, *, limit: int) -> Value:
    """The value in ``data`` (at most ``limit`` bytes), refusing anything not canonical."""
    if len(data) > limit:
        raise Unreadable(where, f"holds {len(data)} bytes, at most {limit} are read")
    try:
        value: Value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            max_str_len=limit,
            max_bin_len=limit,
            max_array_len=limit,
            max_map_len=0,
            max_ext_len=0,
        )
    except (msgpack.exceptions.ExtraData, msgpack.exceptions.StackError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise Malformed(where, f"not canonical msgpack: {reason}") from error
    _check(value, where)
    if pack(value) != data:
        raise NonCanonical(where)
    return value


def _check(value: Value, where: str) -> None:
    """Bound the nesting and refuse kinds outside the format, without recursion."""
    level: list[Value] = [value]
    for _ in range(MAX_NESTING):
        deeper: list[Value] = []
        for item in level:
            kind = type(item)
            if kind is list:
                deeper += item  # type: ignore[arg-type]
            elif kind not in _KINDS:
                raise WrongType(where, "nil, a boolean, an integer, text, bytes or an array", type(item).__name__)
        if not deeper:
            return
        level = deeper
    raise TooDeep(where, MAX_NESTING)


def pack_amount(value: int) -> bytes:
    """A non-negative integer as minimal big-endian bytes; zero is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def read_amount(value: Value, where: str, *, low: int = 0, high: int = MAX_AMOUNT) -> int:
    """The inverse of ``pack_amount``, within ``low .. high``."""
    data = read_bytes(value, where, limit=64)
    if data[:1] == b"\0":
        raise NonCanonical(where)
    found = int.from_bytes(data, "big")
    if not low <= found <= high:
        raise AmountOutOfRange(where, found, low, high)
    return found


def read_int(value: Value, where: str, *, low: int = 0, high: int = 2**63 - 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(where, "an integer", type(value).__name__)
    if not low <= value <= high:
        raise AmountOutOfRange(where, value, low, high)
    return value


def read_bool(value: Value, where: str) -> bool:
    if not isinstance(value, bool):
        raise WrongType(where, "a boolean", type(value).__name__)
    return value


def read_text(value: Value, where: str, *, limit: int = 256) -> str:
    if not isinstance(value, str):
        raise WrongType(where, "text", type(value).__name__)
    if len(value) > limit:
        raise Unreadable(where, f"holds {len(value)} characters, at most {limit} are read")
    return value


def read_bytes(value: Value, where: str, *, limit: int = 256, length: int | None = None) -> bytes:
    if not isinstance(value, bytes):
        raise WrongType(where, "bytes", type(value).__name__)
    if length is not None and len(value) != length:
        raise WrongType(where, f"{length} bytes", f"{len(value)} bytes")
    if len(value) > limit:
        raise Unreadable(where, f"holds {len(value)} bytes, at most {limit} are read")
    return value


def read_list(value: Value, where: str, *, limit: int, length: int | None = None) -> list[Value]:
    if not isinstance(value, list):
        raise WrongType(where, "an array", type(value).__name__)
    if length is not None and len(value) != length:
        raise WrongType(where, f"an array of {length}", f"an array of {len(value)}")
    if len(value) > limit:
        raise Unreadable(where, f"holds {len(value)} items, at most {limit} are read")
    return value
