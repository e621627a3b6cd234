"""Codecs built from parts: one description of a record gives its canonical msgpack and its JSON form.

A ``Codec`` translates one kind of value both ways in both forms and names the field in every error.
Records are arrays on the wire (fields in the declared order) and objects in JSON. Large integers are
minimal big-endian bytes on the wire and decimal text in JSON; bytes are 0x-prefixed in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from intents import fields as json_fields
from intents.canonical import Value, read_int, read_list
from intents.errors import NonCanonical, WrongType, WrongValue
from intents.fields import Fields
from intents.schema_values import (
    AS_THEY_ARE,
    MAX_WORD,
    Amount,
    Choice,
    Flag,
    Integer,
    Octets,
    Ratio,
    SignedAmount,
    Text,
)

__all__ = [
    "MAX_WORD",
    "Amount",
    "Choice",
    "Codec",
    "Flag",
    "Integer",
    "Many",
    "Octets",
    "OneOf",
    "Optional",
    "Pair",
    "Ratio",
    "Record",
    "SignedAmount",
    "Text",
]

T = TypeVar("T")


class Codec(Protocol[T]):
    """One kind of value in both outside forms."""

    def to_wire(self, value: T, /) -> Value: ...

    def from_wire(self, value: Value, where: str, /) -> T: ...

    def to_json(self, value: T, /) -> object: ...

    def from_json(self, value: object, where: str, /) -> T: ...


@dataclass(frozen=True, slots=True)
class Many(Generic[T]):
    """A tuple of up to ``limit`` items."""

    item: Codec[T]
    limit: int
    least: int = 0

    def to_wire(self, value: tuple[T, ...]) -> Value:
        to_wire = self.item.to_wire
        return [to_wire(item) for item in value] if value else []

    def from_wire(self, value: Value, where: str) -> tuple[T, ...]:
        items = read_list(value, where, limit=self.limit)
        self._check(len(items), where)
        from_wire = self.item.from_wire
        return tuple([from_wire(item, f"{where}[{i}]") for i, item in enumerate(items)])

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
    """A dataclass or struct. JSON may leave out fields that have a default; unknown fields are refused.

    ``check`` looks at the finished value. Fields at their default are left out of JSON too. The last ``tail``
    fields are on the wire only where one of them is not at its default: a form may grow without old values
    getting a second one. ``defaults`` are those of the fields that have one.
    """

    __slots__ = (
        "_full",
        "_in_order",
        "_readers",
        "_short",
        "_tail",
        "_tail_defaults",
        "_values",
        "_writers",
        "check",
        "defaults",
        "kind",
        "parts",
    )

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
        self._full, self._short = len(self.parts), len(self.parts) - tail
        self._tail = list(self.parts)[self._short :]
        self._values = attrgetter(*self.parts) if len(self.parts) > 1 else None
        # As they are used for every field of every record, nothing is looked up or put together anew; what is
        # the same on the wire is not asked for.
        self._writers = [
            (place, codec.to_wire)
            for place, codec in enumerate(self.parts.values())
            if not isinstance(codec, AS_THEY_ARE)
        ]
        self._readers = [(f".{name}", codec.from_wire) for name, codec in self.parts.items()]
        names, self.defaults = _names_and_defaults(kind)
        self._in_order = list(self.parts) == names
        self._tail_defaults = tuple(self.defaults[name] for name in self._tail)
        assert set(self.parts) == set(names), kind

    def to_wire(self, value: T) -> Value:
        values = list(self._values(value)) if self._values else [getattr(value, name) for name in self.parts]
        short = self._tail and tuple(values[self._short :]) == self._tail_defaults
        for place, write in self._writers:
            values[place] = write(values[place])
        return values[: self._short] if short else values

    def from_wire(self, value: Value, where: str) -> T:
        if type(value) is not list or len(value) not in (self._short, self._full):
            value = read_list(value, where, limit=self._full, length=self._full)
        found = [read(item, where + name) for (name, read), item in zip(self._readers, value, strict=False)]
        if len(found) > self._short and tuple(found[self._short :]) == self._tail_defaults:
            raise NonCanonical(where)
        if not self._in_order:
            return self._made(dict(zip(self.parts, found, strict=False)), where)
        made = self.kind(*found)
        if self.check is not None:
            self.check(made, where)
        return made

    def to_json(self, value: T) -> dict[str, object]:
        return {
            name: codec.to_json(getattr(value, name))
            for name, codec in self.parts.items()
            if name not in self.defaults or getattr(value, name) != self.defaults[name]
        }

    def from_json(self, value: object, where: str) -> T:
        return self.from_fields(Fields(value, where).only(*self.parts), where)

    def from_fields(self, document: Fields, where: str) -> T:
        """From an object whose unknown fields are somebody else's business."""
        found: dict[str, Any] = {}
        for name, codec in self.parts.items():
            if name in document.document or name not in self.defaults:
                found[name] = codec.from_json(document.raw(name), json_fields.join(where, name))
        return self._made(found, where)

    def _made(self, values: dict[str, Any], where: str) -> T:
        made = self.kind(**values)
        if self.check is not None:
            self.check(made, where)
        return made


def _names_and_defaults(kind: type[Any]) -> tuple[list[str], dict[str, Any]]:
    """Of a dataclass's or a struct's fields."""
    struct = issubclass(kind, msgspec.Struct)
    found: Sequence[Any] = msgspec.structs.fields(kind) if struct else fields(kind)
    missing = msgspec.NODEFAULT if struct else MISSING
    defaults = {item.name: item.default for item in found if item.default is not missing}
    return [item.name for item in found], defaults


class OneOf:
    """One of several records: [number, …] on the wire, an object with ``kind`` in JSON."""

    __slots__ = ("_by_kind", "_numbers", "names", "records")

    def __init__(self, records: Mapping[str, Record[Any]]) -> None:
        self.names: Sequence[str] = list(records)
        self.records = dict(records)
        self._by_kind = {record.kind: name for name, record in records.items()}
        self._numbers = {record.kind: (number, record) for number, record in enumerate(records.values())}

    def to_wire(self, value: Any) -> Value:
        number, record = self._numbers[type(value)]
        return [number, record.to_wire(value)]

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
