"""Codecs of single values: numbers, text, bytes, members of an enum. ``intents.schema`` builds records of them.

What is right is taken at a glance; whatever is not goes on to a reader that knows what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Final, Generic, TypeVar

from intents import fields as json_fields
from intents.amounts import MAX_AMOUNT
from intents.canonical import (
    Value,
    pack_amount,
    read_amount,
    read_bool,
    read_bytes,
    read_int,
    read_list,
    read_text,
)
from intents.errors import WrongType, WrongValue

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MAX_WORD: Final = 2**256 - 1
MAX_WORD_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Amount:
    """A non-negative integer of up to 256 bits."""

    low: int = 0
    high: int = MAX_AMOUNT

    def to_wire(self, value: int) -> Value:
        return pack_amount(value)

    def from_wire(self, value: Value, where: str) -> int:
        if type(value) is bytes and 0 < len(value) <= MAX_WORD_BYTES and value[0]:
            found = int.from_bytes(value, "big")
            if self.low <= found <= self.high:
                return found
        return read_amount(value, where, low=self.low, high=self.high)

    def to_json(self, value: int) -> object:
        return str(value)

    def from_json(self, value: object, where: str) -> int:
        return json_fields.integer(value, where, low=self.low, high=self.high)


@dataclass(frozen=True, slots=True)
class Integer:
    """A small integer, possibly negative: a number in both forms."""

    low: int = 0
    high: int = 2**63 - 1

    def to_wire(self, value: int) -> Value:
        return value

    def from_wire(self, value: Value, where: str) -> int:
        if type(value) is int and self.low <= value <= self.high:
            return value
        return read_int(value, where, low=self.low, high=self.high)

    def to_json(self, value: int) -> object:
        return value

    def from_json(self, value: object, where: str) -> int:
        return json_fields.integer(value, where, low=self.low, high=self.high)


@dataclass(frozen=True, slots=True)
class SignedAmount:
    """An integer of either sign, at most ``bound`` in size."""

    bound: int = MAX_AMOUNT

    def to_wire(self, value: int) -> Value:
        return [value < 0, pack_amount(abs(value))]

    def from_wire(self, value: Value, where: str) -> int:
        negative, size = read_list(value, where, limit=2, length=2)
        found = read_amount(size, where, high=self.bound)
        if read_bool(negative, where):
            if found == 0:
                raise WrongValue(where, "a canonical zero", "minus zero")
            return -found
        return found

    def to_json(self, value: int) -> object:
        return str(value)

    def from_json(self, value: object, where: str) -> int:
        return json_fields.integer(value, where, low=-self.bound, high=self.bound)


@dataclass(frozen=True, slots=True)
class Ratio:
    """An exact fraction within bounds: "n/d" or a whole number in JSON."""

    low: Fraction = Fraction(0)
    high: Fraction = Fraction(10**36)

    def to_wire(self, value: Fraction) -> Value:
        return [pack_amount(value.numerator), pack_amount(value.denominator)]

    def from_wire(self, value: Value, where: str) -> Fraction:
        top, bottom = read_list(value, where, limit=2, length=2)
        numerator = read_amount(top, where, high=MAX_WORD)
        denominator = read_amount(bottom, where, low=1, high=MAX_WORD)
        found = Fraction(numerator, denominator)
        if found.denominator != denominator:
            raise WrongValue(where, "in lowest terms", f"{numerator}/{denominator}")
        if not self.low <= found <= self.high:
            raise WrongValue(where, f"between {self.low} and {self.high}", str(found))
        return found

    def to_json(self, value: Fraction) -> object:
        return str(value)

    def from_json(self, value: object, where: str) -> Fraction:
        return json_fields.fraction(value, where, low=self.low, high=self.high)


@dataclass(frozen=True, slots=True)
class Text(Generic[T]):
    """Text of at most ``limit`` characters, turned into ``made`` and looked at by ``check``."""

    limit: int = 256
    made: Callable[[str], T] = str  # type: ignore[assignment]
    check: Callable[[str, str], object] | None = None

    def to_wire(self, value: T) -> Value:
        return str(value)

    def from_wire(self, value: Value, where: str) -> T:
        if type(value) is not str or len(value) > self.limit:
            value = read_text(value, where, limit=self.limit)
        if self.check is not None:
            self.check(value, where)
        return self.made(value)

    def to_json(self, value: T) -> object:
        return str(value)

    def from_json(self, value: object, where: str) -> T:
        return self._make(json_fields.text(value, where, limit=self.limit), where)

    def _make(self, text: str, where: str) -> T:
        if self.check is not None:
            self.check(text, where)
        return self.made(text)


@dataclass(frozen=True, slots=True)
class Octets(Generic[T]):
    """Bytes, of exactly ``length`` or at most ``limit``."""

    length: int | None = None
    limit: int = 256
    made: Callable[[bytes], T] = bytes  # type: ignore[assignment]

    def to_wire(self, value: T) -> Value:
        return value  # type: ignore[return-value]

    def from_wire(self, value: Value, where: str) -> T:
        if type(value) is not bytes or self.length is not None or len(value) > self.limit:
            value = read_bytes(value, where, limit=self.limit, length=self.length)
        return self.made(value)

    def to_json(self, value: T) -> object:
        return "0x" + bytes(value).hex()  # type: ignore[call-overload]

    def from_json(self, value: object, where: str) -> T:
        return self.made(json_fields.hex_bytes(value, where, length=self.length, limit=self.limit))


class Flag:
    """A boolean."""

    def to_wire(self, value: bool) -> Value:
        return value

    def from_wire(self, value: Value, where: str) -> bool:
        return read_bool(value, where)

    def to_json(self, value: bool) -> object:
        return value

    def from_json(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise WrongType(where, "true or false", json_fields.kind_of(value))
        return value


@dataclass(frozen=True, slots=True)
class Choice(Generic[E]):
    """A member of an enum: its position on the wire (so members are only ever appended), its text in JSON."""

    kind: type[E]

    def to_wire(self, value: E) -> Value:
        return _places(self.kind)[value]

    def from_wire(self, value: Value, where: str) -> E:
        members: tuple[E, ...] = _members(self.kind)
        if type(value) is int and 0 <= value < len(members):
            return members[value]
        return members[read_int(value, where, high=len(members) - 1)]

    def to_json(self, value: E) -> object:
        return value.value

    def from_json(self, value: object, where: str) -> E:
        choices = [member.value for member in self.kind]
        if value not in choices:
            raise WrongValue(where, f"one of {', '.join(choices)}", json_fields.kind_of(value))
        return self.kind(value)


@cache
def _members(kind: type[E]) -> tuple[E, ...]:
    return tuple(kind)


@cache
def _places(kind: type[E]) -> dict[E, int]:
    return {member: place for place, member in enumerate(kind)}


#: Codecs whose values are on the wire as they are.
AS_THEY_ARE: Final = (Integer, Octets, Flag)
