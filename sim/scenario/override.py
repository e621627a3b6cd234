"""Changes to a scenario's document: ``path = value``, as ``--set`` and variants give them.

A path goes by keys and, in lists, by number or by an entry's ``name`` or ``id``: ``solvers.rival.share = 0.2``.
The value is TOML; a bare word is taken as a string; nothing after the sign takes the entry out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

from intents.errors import Malformed, UsageError
from intents.strict_toml import toml_in

MAX_CHANGES: Final = 256
_SHOWN: Final = 80
_DIGITS: Final = 9


def changed(document: Mapping[str, Any], changes: Iterable[str]) -> dict[str, Any]:
    """A copy of ``document`` with all changes made, in order. Raises ``UsageError`` naming one that cannot be."""
    found: dict[str, Any] = copy.deepcopy(dict(document))
    for number, change in enumerate(changes):
        if number >= MAX_CHANGES:
            raise UsageError("--set", f"more than {MAX_CHANGES} changes")
        path, sign, value = change.partition("=")
        keys = [key.strip() for key in path.split(".")]
        if not sign or not all(keys):
            raise UsageError("--set", f'"{change[:_SHOWN]}" is not of the form path=value')
        _change(found, keys, value.strip(), change[:_SHOWN])
    return found


def _change(document: dict[str, Any], keys: list[str], value: str, change: str) -> None:
    at: Any = document
    for key in keys[:-1]:
        at = at.setdefault(key, {}) if isinstance(at, dict) else _entry(at, key, change)
    last = keys[-1]
    if isinstance(at, dict):
        if value:
            at[last] = _value(value, change)
        elif at.pop(last, None) is None:
            raise UsageError("--set", f'"{change}": there is no "{last}" to take out')
    else:
        entry = _entry(at, last, change)
        if value:
            at[at.index(entry)] = _value(value, change)
        else:
            at.remove(entry)


def _entry(items: Any, key: str, change: str) -> Any:
    """An entry of a list by its number or name."""
    if not isinstance(items, list):
        raise UsageError("--set", f'"{change}": nothing is below "{key}"')
    if key.isdecimal() and len(key) < _DIGITS and int(key) < len(items):
        return items[int(key)]
    for item in items:
        if isinstance(item, Mapping) and key in (item.get("name"), item.get("id")):
            return item
    raise UsageError("--set", f'"{change}": no entry "{key}"')


def _value(value: str, change: str) -> Any:
    try:
        return toml_in(f"value = {value}", "--set")["value"]
    except Malformed:
        if value.replace("-", "").replace("_", "").isalnum():
            return value
        raise UsageError("--set", f'"{change}": not a TOML value') from None
