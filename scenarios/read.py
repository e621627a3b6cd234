"""Reading a world from TOML text: every key known, every value in its bounds, or a typed error naming it."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from intents.errors import Malformed, UnknownField, WrongType, WrongValue
from scenarios.errors import OutOfBounds
from scenarios.world import World

MAX_WORLD_BYTES: Final = 1 << 20
MAX_LIST: Final = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

T = TypeVar("T")


def world_from_toml(data: bytes, where: str) -> World:
    """The world described by ``data``, or an ``InputError`` that names the place and the value."""
    if len(data) > MAX_WORLD_BYTES:
        raise Malformed(where, f"larger than {MAX_WORLD_BYTES} bytes")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed(where, f"not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise Malformed(where, f"not TOML: {error}") from error
    except RecursionError as error:
        raise Malformed(where, "nested too deeply") from error
    world = _part(World, document, f"{where}: ")
    if not _NAME.fullmatch(world.name):
        raise WrongValue(f"{where}: name", "a name of a-z, 0-9 and dashes (at most 64)", repr(world.name))
    _check_together(world, where)
    return world


def _check_together(world: World, where: str) -> None:
    if world.venues.stable and not world.assets.pegged:
        raise WrongValue(f"{where}: venues.stable", "0 unless assets.pegged is true", str(world.venues.stable))
    if not world.assets.decimals:
        raise WrongValue(f"{where}: assets.decimals", "a list with at least one entry", "[]")
    for decimals in world.assets.decimals:
        if not 0 <= decimals <= 24:
            raise OutOfBounds(f"{where}: assets.decimals", decimals, 0, 24)
    if not world.venues.fee_bps:
        raise WrongValue(f"{where}: venues.fee_bps", "a list with at least one entry", "[]")
    for fee in world.venues.fee_bps:
        if not 0 <= fee <= 5_000:
            raise OutOfBounds(f"{where}: venues.fee_bps", fee, 0, 5_000)


def _part(kind: type[T], document: object, where: str) -> T:
    if not isinstance(document, Mapping):
        raise WrongType(where.rstrip(": ."), "a table", _name_of(document))
    hints = get_type_hints(kind)
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for key in document:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise UnknownField(where.rstrip(": ."), key, f'; did you mean "{near[0]}"?' if near else "")
    values: dict[str, Any] = {}
    for key, value in document.items():
        values[key] = _value(hints[key], value, known[key].metadata, f"{where}{key}")
    return kind(**values)


def _value(kind: Any, value: object, bounds: Mapping[str, Any], where: str) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        return _part(kind, value, f"{where}.")
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise WrongType(where, "a list", _name_of(value))
        if len(value) > MAX_LIST:
            raise OutOfBounds(where, len(value), 0, MAX_LIST)
        return tuple(_value(get_args(kind)[0], item, {}, f"{where}[{i}]") for i, item in enumerate(value))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        choices = [member.value for member in kind]
        if value not in choices:
            raise WrongValue(where, f"one of {', '.join(choices)}", repr(value))
        return kind(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise WrongType(where, kind.__name__, _name_of(value))
    if "low" in bounds and isinstance(value, int | float) and not bounds["low"] <= value <= bounds["high"]:
        raise OutOfBounds(where, value, bounds["low"], bounds["high"])
    return value


def _name_of(value: object) -> str:
    return f"{type(value).__name__} {value!r}"[:80]
