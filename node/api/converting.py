"""From the domain's rows to forms of the wire: field by field, by the form's types.

Bytes become 0x-prefixed hex, integers decimal text where the form says text, fractions "n/d", pairs of a row the
fields of a form by their order. A form's type is read once.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from node.api.forms import DamagedForm
from node.chain.blocks import Phase
from node.history.pages import Page

Form = TypeVar("Form")
Write = Callable[[Any], Any]


def to_form(kind: type[Form], row: object) -> Form:
    """``row`` (a dataclass, or a tuple in the form's order) as the form ``kind``."""
    write: Any = _writer
    found: Form = write(kind)(row)
    return found


def damaged_in(page: Page[Any]) -> list[DamagedForm]:
    return [to_form(DamagedForm, row) for row in page.damaged]


def to_hex(data: bytes) -> str:
    return "0x" + data.hex()


@lru_cache(maxsize=256)
def _writer(kind: Any) -> Write:
    origin = get_origin(kind)
    if origin is Annotated:
        return _writer(get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return _optional(_writer(next(part for part in get_args(kind) if part is not types.NoneType)))
    if origin in (list, tuple):
        return _many(_writer(get_args(kind)[0]))
    if origin is dict:
        return _mapping(_writer(get_args(kind)[1]))
    if origin is Literal:
        return _choice
    if kind is str:
        return _text
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind)
    return _same


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return str(value)


def _choice(value: Any) -> str:
    """The only choice that rows have by number is a height's phase."""
    return Phase(value).name.lower() if isinstance(value, int) else str(value)


def _optional(write: Write) -> Write:
    return lambda value: None if value is None else write(value)


def _many(write: Write) -> Write:
    return lambda values: [write(value) for value in values]


def _mapping(write: Write) -> Write:
    def written(pairs: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> dict[str, Any]:
        return {name: write(value) for name, value in dict(pairs).items()}

    return written


def _struct(kind: type[msgspec.Struct]) -> Write:
    writers = {field.name: _writer(field.type) for field in msgspec.structs.fields(kind)}

    def written(row: Any) -> msgspec.Struct:
        if isinstance(row, tuple):
            return kind(**{name: write(value) for (name, write), value in zip(writers.items(), row, strict=True)})
        return kind(**{name: write(getattr(row, name)) for name, write in writers.items()})

    return written
