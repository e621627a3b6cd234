"""Reading typed fields out of parsed documents, each failure naming the field.

A ``Fields`` wraps one JSON object and the path that led to it. Amounts may be decimal text or JSON
integers; floats never are amounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.errors import (
    AmountOutOfRange,
    MissingField,
    TooMany,
    UnknownField,
    WrongType,
    WrongValue,
)
from intents.near import did_you_mean

MAX_TEXT: Final = 4096
#: How much of a stranger's key is shown in an error.
MAX_NAME: Final = 80
#: Numerators and denominators: what the canonical encoding of a fraction holds.
MAX_TERM: Final = 2**256 - 1
_INTEGER = re.compile(r"-?[0-9]{1,100}")
_FRACTION = re.compile(r"(-?[0-9]{1,80})/([1-9][0-9]{0,80})")
_DECIMAL = re.compile(r"-?[0-9]{1,80}(\.[0-9]{1,60})?([eE]-?[0-9]{1,2})?")


class Fields:
    """One object of a document. ``where`` is the path shown in errors, such as ``a.json: orders[3]``."""

    __slots__ = ("document", "where")

    def __init__(self, document: object, where: str) -> None:
        if not isinstance(document, Mapping):
            raise WrongType(where, "an object", kind_of(document))
        self.document: Mapping[str, object] = document
        self.where = where

    def at(self, name: str) -> str:
        """The path of field ``name``."""
        return join(self.where, name)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.document.get(name) is not None

    def raw(self, name: str) -> object:
        if name not in self.document:
            raise MissingField(self.where, name)
        return self.document[name]

    def only(self, *known: str) -> Fields:
        """Refuse fields that are not ``known``, suggesting the nearest."""
        for name in self.document:
            if name not in known:
                raise UnknownField(self.where, name[:MAX_NAME], did_you_mean(name, known))
        return self

    def integer(self, name: str, *, low: int = 0, high: int = MAX_AMOUNT) -> int:
        return integer(self.raw(name), self.at(name), low=low, high=high)

    def integer_or(self, name: str, default: int, *, low: int = 0, high: int = MAX_AMOUNT) -> int:
        """``default`` when the field is missing or null."""
        return self.integer(name, low=low, high=high) if self.has(name) else default

    def fraction(self, name: str, *, low: Fraction | None = None, high: Fraction | None = None) -> Fraction:
        return fraction(self.raw(name), self.at(name), low=low, high=high)

    def text(self, name: str, *, limit: int = MAX_TEXT) -> str:
        return text(self.raw(name), self.at(name), limit=limit)

    def text_or(self, name: str, default: str, *, limit: int = MAX_TEXT) -> str:
        return self.text(name, limit=limit) if self.has(name) else default

    def choice(self, name: str, choices: Iterable[str]) -> str:
        value = self.text(name)
        known = list(choices)
        if value not in known:
            raise WrongValue(self.at(name), f"one of {', '.join(known)}", repr(value[:80]))
        return value

    def flag(self, name: str) -> bool:
        value = self.raw(name)
        if not isinstance(value, bool):
            raise WrongType(self.at(name), "true or false", kind_of(value))
        return value

    def flag_or(self, name: str, default: bool) -> bool:
        return self.flag(name) if self.has(name) else default

    def hex(self, name: str, *, length: int | None = None, limit: int = MAX_TEXT) -> bytes:
        return hex_bytes(self.raw(name), self.at(name), length=length, limit=limit)

    def items(self, name: str, *, limit: int) -> Iterator[tuple[object, str]]:
        """(item, its path) of the list ``name``, at most ``limit`` of them."""
        value = self.raw(name)
        if not isinstance(value, list):
            raise WrongType(self.at(name), "a list", kind_of(value))
        if len(value) > limit:
            raise TooMany(self.where, name, len(value), limit)
        return ((item, f"{self.at(name)}[{i}]") for i, item in enumerate(value))

    def objects(self, name: str, *, limit: int) -> Iterator[Fields]:
        return (Fields(item, where) for item, where in self.items(name, limit=limit))

    def entries(self, name: str, *, limit: int) -> Iterator[tuple[str, object, str]]:
        """(key, value, path) of the object ``name``, at most ``limit`` of them."""
        value = self.raw(name)
        if not isinstance(value, Mapping):
            raise WrongType(self.at(name), "an object", kind_of(value))
        if len(value) > limit:
            raise TooMany(self.where, name, len(value), limit)
        return ((key, item, f"{self.at(name)}.{key[:MAX_NAME]}") for key, item in value.items())

    def child(self, name: str) -> Fields:
        return Fields(self.raw(name), self.at(name))


def join(where: str, name: str) -> str:
    """``file.json: a.b`` from ``file.json: a`` or ``file.json``, and ``b``."""
    if not where:
        return name
    return f"{where}.{name}" if ": " in where or where.endswith("]") else f"{where}: {name}"


def kind_of(value: object) -> str:
    """How to call a value in a message: its JSON kind and a short look at it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal | Fraction):
        return f"the number {str(value)[:60]}"
    if isinstance(value, str):
        return f'the text "{value[:60]}"'
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return type(value).__name__


def integer(value: object, where: str, *, low: int = 0, high: int = MAX_AMOUNT) -> int:
    """A JSON integer or decimal text within ``low .. high``."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(where, "an integer", kind_of(value))
    if not low <= value <= high:
        raise AmountOutOfRange(where, value, low, high)
    return value


def fraction(value: object, where: str, *, low: Fraction | None = None, high: Fraction | None = None) -> Fraction:
    """An exact fraction from "n/d", decimal text or a JSON number, in terms of at most 256 bits."""
    if isinstance(value, str):
        parts = _FRACTION.fullmatch(value)
        if parts:
            found = Fraction(int(parts[1]), int(parts[2]))
        elif _DECIMAL.fullmatch(value):
            found = Fraction(value)
        else:
            raise WrongType(where, "a number", kind_of(value))
    elif isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 100:
            raise WrongValue(where, "a number of ordinary size", str(value)[:60])
        found = Fraction(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        found = Fraction(value)
    else:
        raise WrongType(where, "a number", kind_of(value))
    if abs(found.numerator) > MAX_TERM or found.denominator > MAX_TERM:
        raise WrongValue(where, "a number of ordinary size", str(value)[:60])
    if (low is not None and found < low) or (high is not None and found > high):
        bounds = f"between {low if low is not None else '-∞'} and {high if high is not None else '∞'}"
        raise WrongValue(where, bounds, str(value)[:60])
    return found


def text(value: object, where: str, *, limit: int = MAX_TEXT) -> str:
    if not isinstance(value, str):
        raise WrongType(where, "text", kind_of(value))
    if len(value) > limit:
        raise TooMany(where, "characters", len(value), limit)
    return value


def hex_bytes(value: object, where: str, *, length: int | None = None, limit: int = MAX_TEXT) -> bytes:
    """Bytes from 0x-prefixed hexadecimal text, of exactly ``length`` bytes when given."""
    shown = text(value, where, limit=2 * limit + 2)
    try:
        found = bytes.fromhex(shown[2:])
    except ValueError:
        found = b""
    # Python passes over spaces between bytes; what is left of the text then is shorter than it was.
    if not shown.startswith("0x") or len(shown) != 2 + 2 * len(found):
        raise WrongType(where, "0x-prefixed hexadecimal text", kind_of(value))
    if length is not None and len(found) != length:
        raise WrongValue(where, f"{length} bytes", f"{len(found)} bytes")
    return found
