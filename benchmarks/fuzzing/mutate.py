"""Spoiling inputs: trees by a branch, bytes by a few, JSON and TOML by a value, streams by where they are cut."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import msgpack

from benchmarks.fuzzing.grammar import anything

_INTERESTING: Final = (
    b"",
    b"\0",
    b"\xff",
    b"\x80",
    b"\xc0",
    b"\xc1",
    b"\xdf\xff\xff\xff\xff",
    b"\xdd\xff\xff\xff\xff",
)
_JSON_LEAVES: Final[tuple[Any, ...]] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**53,
        2**64,
        10**400,
        1.5,
        -0.0,
        1e308,
        "",
        "0",
        "-1",
        "0x",
        "0xzz",
        "1/0",
        "1/3",
    ),
    *("1/0", "1/3", "é", "\0", "\ud800", "x" * 300, "9" * 500, "NaN", [], {}, [[]], {"": None}, [None] * 20),
)


#: What no sound configuration file has.
_LINES: Final = (
    *(b"[x]", b"[[x]]", b"a.b.c = 1", b"= 1", b"[", b'"' * 3, b"\xff", b"\0", b"a = 2021-02-31", b"a = nan"),
    *(b"a = " + b"9" * 5_000, b"a = 0x" + b"f" * 9_000),
)
#: Each takes a hundred times what another does.
_DEEP_LINES: Final = (b"a = " + b"[" * 3_000, b"a = " + b"{a=" * 3_000)


def spoilt(data: bytes, rng: Random, others: Sequence[bytes] = ()) -> bytes:
    """Bytes with one to four changes: flipped, cut, repeated, inserted, spliced with another input."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(out))
        match rng.randrange(8):
            case 0 if out:
                out[at % len(out)] ^= 1 << rng.randrange(8)
            case 1 if out:
                out[at % len(out)] = rng.randrange(256)
            case 2:
                del out[at : at + rng.randint(1, 8)]
            case 3:
                out[at:at] = rng.randbytes(rng.randint(1, 8))
            case 4:
                out[at:at] = out[at : at + rng.randint(1, 32)]
            case 5:
                out[at:at] = rng.choice(_INTERESTING)
            case 6:
                del out[at:]
            case _ if others:
                other = rng.choice(others)
                out[at:] = other[rng.randint(0, len(other)) :]
    return bytes(out)


def spoilt_tree(value: Any, rng: Random) -> Any:
    """A copy of a tree of lists with one branch changed."""
    if not isinstance(value, list) or not value or rng.random() < 0.1:
        return _spoilt_node(value, rng)
    copy = list(value)
    at = rng.randrange(len(copy))
    if rng.random() < 0.75:
        copy[at] = spoilt_tree(copy[at], rng)
        return copy
    match rng.randrange(4):
        case 0:
            del copy[at]
        case 1:
            copy.insert(at, copy[rng.randrange(len(copy))])
        case 2:
            other = rng.randrange(len(copy))
            copy[at], copy[other] = copy[other], copy[at]
        case _:
            copy.append(anything(rng, 1))
    return copy


def _spoilt_node(value: Any, rng: Random) -> Any:
    if isinstance(value, bool) or value is None or rng.random() < 0.4:
        return anything(rng, 2)
    if isinstance(value, int):
        return max(-(2**63), min(2**64 - 1, value + rng.choice((-1, 1, 256, -value, 2**32, -(2**32)))))
    if isinstance(value, bytes):
        return spoilt(value, rng)
    if isinstance(value, str):
        return rng.choice((value + "x", value[:-1], value.upper(), value + "\0", value * 40))
    return [value]


def packed(value: Any) -> bytes:
    try:
        return msgpack.packb(value, use_bin_type=True)  # type: ignore[no-any-return]
    except (OverflowError, ValueError):
        return b"\xc1"


def spoilt_json(value: Any, rng: Random) -> Any:
    """A copy of a JSON value with one branch changed."""
    if isinstance(value, dict) and value and rng.random() < 0.95:
        copy = dict(value)
        key = rng.choice(list(copy))
        match rng.randrange(12):
            case 0:
                del copy[key]
            case 1:
                copy[key + "_"] = copy.pop(key)
            case 2:
                copy[rng.choice(("", "\0", "extra"))] = copy[key]
            case _:
                copy[key] = spoilt_json(copy[key], rng)
        return copy
    if isinstance(value, list) and value and rng.random() < 0.95:
        items = list(value)
        at = rng.randrange(len(items))
        match rng.randrange(8):
            case 0:
                del items[at]
            case 1:
                items.insert(at, items[rng.randrange(len(items))])
            case _:
                items[at] = spoilt_json(items[at], rng)
        return items
    if isinstance(value, str) and value and rng.random() < 0.4:
        return rng.choice((value + "0", value[:-1], "-" + value, value * 8, value.replace("0", "g", 1)))
    return rng.choice(_JSON_LEAVES)


def json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def spoilt_text(text: bytes, rng: Random) -> bytes:
    """Lines of a configuration file: one doubled, lost, moved, or with another value."""
    lines = text.split(b"\n")
    at = rng.randrange(len(lines))
    name, sign, _ = lines[at].partition(b"=")
    match rng.randrange(6):
        case 0:
            lines.insert(rng.randrange(len(lines)), lines[at])
        case 1:
            del lines[at]
        case 2 if sign:
            lines[at] = name + b"= " + json_bytes(rng.choice(_JSON_LEAVES))
        case 3 if sign:
            lines[at] = name.strip() + b"_ =" + lines[at].partition(b"=")[2]
        case 4:
            lines.insert(at, rng.choice(_LINES if rng.random() < 0.99 else _DEEP_LINES))
        case _:
            lines[at] = spoilt(lines[at], rng)
    return b"\n".join(lines)
