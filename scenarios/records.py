"""Records from TOML: every key known, every value in its bounds, or a typed error naming it.

What a record may hold is declared in its dataclass (``scenarios.declare``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from intents.errors import MissingField, UnknownField, WrongType, WrongValue
from intents.near import did_you_mean
from scenarios.errors import OutOfBounds

MAX_LIST: Final = 64

T = TypeVar("T")


def record(kind: type[T], document: object, where: str, *, skip: Sequence[str] = ()) -> T:
    """The record of ``kind`` that ``document`` describes. ``where`` ends in ``: `` or ``.``."""
    if not isinstance(document, Mapping):
        raise WrongType(where.rstrip(": ."), "a table", _name_of(document))
    hints = _hints(kind)  # type: ignore[arg-type]
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key in skip:
            continue
        if key not in known:
            raise UnknownField(where.rstrip(": ."), key, did_you_mean(key, [*known, *skip]))
        values[key] = _value(hints[key], value, known[key].metadata, f"{where}{key}")
    return kind(**values)


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, value: object, declared: Mapping[str, Any], where: str) -> Any:
    if "kinds" in declared:
        return _records(kind, value, declared, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return record(kind, value, f"{where}.")
    if get_origin(kind) is tuple:
        return tuple(
            _value(get_args(kind)[0], item, declared, f"{where}[{i}]")
            for i, item in enumerate(_list(value, MAX_LIST, where))
        )
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(_word(value, [member.value for member in kind], where))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise WrongType(where, kind.__name__, _name_of(value))
    if "low" in declared and isinstance(value, int | float) and not declared["low"] <= value <= declared["high"]:
        raise OutOfBounds(where, value, declared["low"], declared["high"])
    return value


def _records(kind: Any, value: object, declared: Mapping[str, Any], where: str) -> tuple[Any, ...]:
    """A list of tables; with several kinds, each says which it is."""
    found, kinds = [], declared["kinds"]
    for number, item in enumerate(_list(value, declared["most"], where)):
        place = f"{where}[{number}]"
        if kinds is None:
            found.append(record(get_args(kind)[0], item, f"{place}."))
            continue
        if not isinstance(item, Mapping):
            raise WrongType(place, "a table", _name_of(item))
        if "kind" not in item:
            raise MissingField(place, "kind")
        name = _word(item["kind"], list(kinds), f"{place}.kind")
        found.append(record(kinds[name], item, f"{place}.", skip=("kind",)))
    return tuple(found)


def _list(value: object, most: int, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise WrongType(where, "a list", _name_of(value))
    if len(value) > most:
        raise OutOfBounds(where, len(value), 0, most)
    return value


def _word(value: object, choices: list[str], where: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise WrongValue(where, f"one of {', '.join(choices)}{did_you_mean(str(value), choices)}", repr(value))
    return value


def _name_of(value: object) -> str:
    return f"{type(value).__name__} {value!r}"[:80]
