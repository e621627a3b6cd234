"""Codecs built from parts: one description of a record gives its canonical msgpack and its JSON form.

A ``Codec`` translates one kind of value both ways in both forms and names the field in every error.
Records are arrays on the wire (fields in the declared order) and objects in JSON. Large integers are
minimal big-endian bytes on the wire and decimal text in JSON; bytes are 0x-prefixed in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from fractions import Fraction
from functools import cache
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar

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
from intents.errors import NonCanonical, WrongType, WrongValue
from intents.fields import Fields

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MAX_WORD: Final = 2**256 - 1


class Codec(Protocol[T]):
    """One kind of value in both outside forms."""

    def to_wire(self, value: T, /) -> Value: ...

    def from_wire(self, value: Value, where: str, /) -> T: ...

    def to_json(self, value: T, /) -> object: ...

    def from_json(self, value: object, where: str, /) -> T: ...


@dataclass(frozen=True, slots=True)
class Amount:
    """A non-negative integer of up to 256 bits."""

    low: int = 0
    high: int = MAX_AMOUNT

    def to_wire(self, value: int) -> Value:
        return pack_amount(value)

    def from_wire(self, value: Value, where: str) -> int:
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
        return self._make(read_text(value, where, limit=self.limit), where)

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
        return bytes(value)  # type: ignore[call-overload,no-any-return]

    def from_wire(self, value: Value, where: str) -> T:
        return self.made(read_bytes(value, where, limit=self.limit, length=self.length))

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
        members: list[E] = list(_places(self.kind))
        return members[read_int(value, where, high=len(members) - 1)]

    def to_json(self, value: E) -> object:
        return value.value

    def from_json(self, value: object, where: str) -> E:
        choices = [member.value for member in self.kind]
        if value not in choices:
            raise WrongValue(where, f"one of {', '.join(choices)}", json_fields.kind_of(value))
        return self.kind(value)


@cache
def _places(kind: type[E]) -> dict[E, int]:
    return {member: place for place, member in enumerate(kind)}


@dataclass(frozen=True, slots=True)
class Many(Generic[T]):
    """A tuple of up to ``limit`` items."""

    item: Codec[T]
    limit: int
    least: int = 0

    def to_wire(self, value: tuple[T, ...]) -> Value:
        to_wire = self.item.to_wire
        return [to_wire(item) for item in value]

    def from_wire(self, value: Value, where: str) -> tuple[T, ...]:
        items = read_list(value, where, limit=self.limit)
        self._check(len(items), where)
        return tuple(self.item.from_wire(item, f"{where}[{i}]") for i, item in enumerate(items))

    def to_json(self, value: tuple[T, ...]) -> object:
        return [self.item.to_json(item) for item in value]

    def from_json(self, value: object, where: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise WrongType(where, "a list", json_fields.kind_of(value))
        self._check(len(value), where)
        return tuple(self.item.from_json(item, f"{where}[{i}]") for i, item in enumerate(value))

    def _check(self, count: int, where: str) -> None:
        if not self.least <= count <= self.limit:
            raise WrongValue(where, f"a list of {self.least} to {self.limit} items", f"one of {count}")


@dataclass(frozen=True, slots=True)
class Pair:
    """A tuple of two values of different kinds."""

    first: Codec[Any]
    second: Codec[Any]

    def to_wire(self, value: tuple[Any, Any]) -> Value:
        return [self.first.to_wire(value[0]), self.second.to_wire(value[1])]

    def from_wire(self, value: Value, where: str) -> tuple[Any, Any]:
        one, two = read_list(value, where, limit=2, length=2)
        return self.first.from_wire(one, f"{where}[0]"), self.second.from_wire(two, f"{where}[1]")

    def to_json(self, value: tuple[Any, Any]) -> object:
        return [self.first.to_json(value[0]), self.second.to_json(value[1])]

    def from_json(self, value: object, where: str) -> tuple[Any, Any]:
        if not isinstance(value, list) or len(value) != 2:
            raise WrongType(where, "a list of two", json_fields.kind_of(value))
        return self.first.from_json(value[0], f"{where}[0]"), self.second.from_json(value[1], f"{where}[1]")


@dataclass(frozen=True, slots=True)
class Optional(Generic[T]):
    """A value or nothing (nil, null)."""

    item: Codec[T]

    def to_wire(self, value: T | None) -> Value:
        return None if value is None else self.item.to_wire(value)

    def from_wire(self, value: Value, where: str) -> T | None:
        return None if value is None else self.item.from_wire(value, where)

    def to_json(self, value: T | None) -> object:
        return None if value is None else self.item.to_json(value)

    def from_json(self, value: object, where: str) -> T | None:
        return None if value is None else self.item.from_json(value, where)


class Record(Generic[T]):
    """A dataclass. JSON may leave out fields that have a default; unknown fields are refused.

    ``check`` looks at the finished value. Fields at their default are left out of JSON too. The last ``tail``
    fields are on the wire only where one of them is not at its default: a form may grow without old values
    getting a second one.
    """

    __slots__ = ("_defaults", "_tail", "_tail_defaults", "_values", "_writers", "check", "kind", "parts")

    def __init__(
        self,
        kind: type[T],
        parts: Mapping[str, Codec[Any]],
        check: Callable[[T, str], object] | None = None,
        tail: int = 0,
    ) -> None:
        self.kind = kind
        self.parts = dict(parts)
        self.check = check
        self._tail = list(self.parts)[len(self.parts) - tail :]
        self._values = attrgetter(*self.parts) if len(self.parts) > 1 else None
        self._writers = [codec.to_wire for codec in self.parts.values()]
        self._defaults = {item.name: item.default for item in fields(kind) if item.default is not MISSING}  # type: ignore[arg-type]
        self._tail_defaults = tuple(self._defaults[name] for name in self._tail)
        assert set(self.parts) == {item.name for item in fields(kind)}, kind  # type: ignore[arg-type]

    def to_wire(self, value: T) -> Value:
        values = self._values(value) if self._values is not None else [getattr(value, name) for name in self.parts]
        if self._tail and values[-len(self._tail) :] == self._tail_defaults:
            values = values[: -len(self._tail)]
        return [write(item) for write, item in zip(self._writers, values, strict=False)]

    def from_wire(self, value: Value, where: str) -> T:
        short = len(self.parts) - len(self._tail)
        length = short if isinstance(value, list) and len(value) == short else len(self.parts)
        items = read_list(value, where, limit=length, length=length)
        found = {
            name: codec.from_wire(item, f"{where}.{name}")
            for (name, codec), item in zip(self.parts.items(), items, strict=False)
        }
        if length > short and all(found[name] == self._defaults[name] for name in self._tail):
            raise NonCanonical(where)
        return self._made(found, where)

    def to_json(self, value: T) -> dict[str, object]:
        return {
            name: codec.to_json(getattr(value, name))
            for name, codec in self.parts.items()
            if name not in self._defaults or getattr(value, name) != self._defaults[name]
        }

    def from_json(self, value: object, where: str) -> T:
        return self.from_fields(Fields(value, where).only(*self.parts), where)

    def from_fields(self, document: Fields, where: str) -> T:
        """From an object whose unknown fields are somebody else's business."""
        found: dict[str, Any] = {}
        for name, codec in self.parts.items():
            if name in document.document or name not in self._defaults:
                found[name] = codec.from_json(document.raw(name), json_fields.join(where, name))
        return self._made(found, where)

    def _made(self, values: dict[str, Any], where: str) -> T:
        made = self.kind(**values)
        if self.check is not None:
            self.check(made, where)
        return made


class OneOf:
    """One of several records: [number, …] on the wire, an object with ``kind`` in JSON."""

    __slots__ = ("_by_kind", "names", "records")

    def __init__(self, records: Mapping[str, Record[Any]]) -> None:
        self.names: Sequence[str] = list(records)
        self.records = dict(records)
        self._by_kind = {record.kind: name for name, record in records.items()}

    def to_wire(self, value: Any) -> Value:
        name = self._by_kind[type(value)]
        return [self.names.index(name), self.records[name].to_wire(value)]

    def from_wire(self, value: Value, where: str) -> Any:
        number, body = read_list(value, where, limit=2, length=2)
        name = self.names[read_int(number, f"{where}.kind", high=len(self.names) - 1)]
        return self.records[name].from_wire(body, where)

    def to_json(self, value: Any) -> dict[str, object]:
        name = self._by_kind[type(value)]
        return {"kind": name, **self.records[name].to_json(value)}

    def from_json(self, value: object, where: str) -> Any:
        document = Fields(value, where)
        name = document.choice("kind", self.names)
        record = self.records[name]
        document.only("kind", *record.parts)
        return record.from_fields(document, where)
