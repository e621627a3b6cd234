"""Scenarios built on others: ``extends = "name"`` takes that scenario and says only what is different.

Tables are merged key by key. Lists of entries with names (``name`` or ``id``) are merged by name, the rest added;
other lists, empty ones and values replace what was there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from intents.errors import WrongType, WrongValue

KEY: Final = "extends"
MAX_DEPTH: Final = 8


def resolved(document: Mapping[str, Any], where: str, load: Callable[[str], Mapping[str, Any]]) -> dict[str, Any]:
    """The whole document, nothing left to extend. ``load`` finds another scenario's document by name."""
    chain = [dict(document)]
    while KEY in chain[-1]:
        name = chain[-1].pop(KEY)
        if not isinstance(name, str):
            raise WrongType(f"{where}: {KEY}", "the name of a scenario", type(name).__name__)
        if len(chain) > MAX_DEPTH:
            raise WrongValue(f"{where}: {KEY}", f"one of at most {MAX_DEPTH} scenarios on one another", name)
        chain.append(dict(load(name)))
    found: dict[str, Any] = {}
    for layer in reversed(chain):
        found = _merged(found, layer)
    return found


def extendable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a file that may extend another: then nothing else is required of it."""
    extends = {
        "type": "string",
        "description": "a scenario that this one is built on: says only what is different",
    }
    needs = {"anyOf": [{"required": [KEY]}, {"required": schema["required"]}]}
    rest = {name: part for name, part in schema.items() if name != "required"}
    return {**rest, **needs, "properties": {KEY: extends, **schema["properties"]}}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(dict(base))
    for key, value in over.items():
        there = found.get(key)
        if isinstance(there, Mapping) and isinstance(value, Mapping):
            found[key] = _merged(there, value)
        elif isinstance(there, list) and isinstance(value, list) and _named(there) and _named(value):
            found[key] = _by_name(there, value)
        else:
            found[key] = copy.deepcopy(value)
    return found


def _by_name(base: list[Any], over: list[Any]) -> list[Any]:
    places = {_name(item): place for place, item in enumerate(base)}
    found = copy.deepcopy(base)
    for item in over:
        if _name(item) in places:
            place = places[_name(item)]
            found[place] = _merged(found[place], item)
        else:
            found.append(copy.deepcopy(item))
    return found


def _named(items: list[Any]) -> bool:
    """Whether it is a list of entries with names; an empty one is not, so that it can replace such a list."""
    return bool(items) and all(isinstance(item, Mapping) and _name(item) is not None for item in items)


def _name(item: Mapping[str, Any]) -> str | None:
    name = item.get("name", item.get("id"))
    return name if isinstance(name, str) else None
