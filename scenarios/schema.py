"""The JSON Schema of a world's TOML, derived from the dataclasses that hold it."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from scenarios.world import World


def world_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Walras world",
        **_object(World),
    }


def _object(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties: dict[str, Any] = {}
    for item in fields(kind):
        schema = {**_type(hints[item.name]), "description": item.metadata["doc"]}
        if "low" in item.metadata:
            schema |= {"minimum": item.metadata["low"], "maximum": item.metadata["high"]}
        if item.default is not MISSING:
            schema["default"] = list(item.default) if isinstance(item.default, tuple) else item.default
        properties[item.name] = schema
    required = ["name"] if kind is World else []
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _type(kind: Any) -> dict[str, Any]:
    if is_dataclass(kind) and isinstance(kind, type):
        return _object(kind)
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _type(get_args(kind)[0])}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [member.value for member in kind]}
    return {"type": {int: "integer", float: "number", bool: "boolean", str: "string"}[kind]}
