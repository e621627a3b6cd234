"""Wire values made from a codec's description: every record, every kind of it, at and just beyond every bound."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import Any, Final

from intents.canonical import Value, pack_amount
from intents.codec import INTENT, TERMS, VERSION
from intents.schema import Many, OneOf, Optional, Pair, Record
from intents.schema_values import Amount, Choice, Flag, Integer, Octets, Ratio, SignedAmount, Text

#: A list longer than this teaches nothing new; a byte string neither.
_MANY, _BYTES = 4, 80
_TEXTS: Final = ("A", "AAA", "BBB", "pool", "solver", "", "\0", "é" * 3, "0x" + "ab" * 20, "x" * 65, "x" * 257)


def made(codec: Any, rng: Random) -> Value:
    """A value of that form, usually within its bounds."""
    match codec:
        case Record():
            return _record(codec, rng)
        case OneOf():
            number = rng.randrange(len(codec.names))
            return [number, made(codec.records[codec.names[number]], rng)]
        case Many():
            count = rng.randint(min(codec.least, _MANY), min(codec.limit, _MANY))
            return [made(codec.item, rng) for _ in range(count)]
        case Pair():
            return [made(codec.first, rng), made(codec.second, rng)]
        case Optional():
            return None if rng.random() < 0.4 else made(codec.item, rng)
        case _:
            return _leaf(codec, rng)


def _record(codec: Record[Any], rng: Random) -> Value:
    values = [made(part, rng) for part in codec.parts.values()]
    if rng.random() < 0.5:
        values = values[: len(values) - len(codec._tail)]
    return values


def _leaf(codec: Any, rng: Random) -> Value:
    match codec:
        case Integer():
            return number(rng, codec.low, codec.high)
        case Amount():
            return pack_amount(max(0, number(rng, codec.low, codec.high)))
        case SignedAmount():
            size = max(0, number(rng, 0, codec.bound))
            return [rng.random() < 0.5, pack_amount(size)]
        case Ratio():
            return [pack_amount(rng.randint(0, 10)), pack_amount(rng.randint(0, 1_000))]
        case Flag():
            return rng.random() < 0.5
        case Choice():
            return _place(codec.kind, rng)
        case Octets():
            size = codec.length if codec.length is not None else rng.randint(0, min(codec.limit, _BYTES))
            return rng.randbytes(max(0, size + rng.choice((0,) * 30 + (-1, 1))))
        case Text():
            return rng.choice(_TEXTS)
    if hasattr(codec, "kind"):  # members of an integer enum, by number
        return rng.randint(0, len(codec.kind))
    if codec is TERMS:
        return made(INTENT, rng)
    # A form of one package's own: anything, which is the point.
    return anything(rng)


def _place(kind: type[StrEnum], rng: Random) -> int:
    return rng.randint(0, len(kind) - (rng.random() < 0.9))


def number(rng: Random, low: int, high: int) -> int:
    """Small, at a bound, beside a bound, anywhere; what msgpack can carry."""
    at = rng.random()
    if at < 0.5:
        found = low + rng.randint(0, 4)
    elif at < 0.7:
        found = rng.choice((low, high, high // 2))
    elif at < 0.75:
        found = rng.choice((low - 1, high + 1))
    else:
        found = rng.randint(low, high)
    return found


def anything(rng: Random, depth: int = 3) -> Value:
    """A value of the format, of no form."""
    kind = rng.randrange(8 if depth else 6)
    match kind:
        case 0:
            return None
        case 1:
            return rng.random() < 0.5
        case 2:
            return rng.choice((0, 1, -1, 127, 128, 255, 256, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)))
        case 3:
            return rng.choice(_TEXTS)
        case 4 | 5:
            return rng.randbytes(rng.choice((0, 1, 2, 20, 31, 32, 33, 64, 65, 300)))
        case _:
            return [anything(rng, depth - 1) for _ in range(rng.randint(0, 4))]


def intent_value(rng: Random) -> Value:
    """An intent by itself, which its version leads."""
    body = made(INTENT, rng)
    assert isinstance(body, list)
    return [VERSION, *body]
