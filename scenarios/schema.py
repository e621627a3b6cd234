"""JSON Schemas of scenario files, derived from the dataclasses that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from scenarios.world import World


def world_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) document."""
    return schema_of(World, "Walras world", ("name",))


def schema_of(kind: type, title: str, required: Sequence[str]) -> dict[str, Any]:
    """The schema of any record declared like a world."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_object(kind),
        "required": list(required),
    }


def _object(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties: dict[str, Any] = {}
    for item in fields(kind):
        schema = {**_field(hints[item.name], item.metadata), "description": item.metadata["doc"]}
        if "low" in item.metadata:
            schema |= {"minimum": item.metadata["low"], "maximum": item.metadata["high"]}
        if item.default is not MISSING:
            schema["default"] = list(item.default) if isinstance(item.default, tuple) else item.default
        properties[item.name] = schema
    return {"type": "object", "properties": properties, "required": [], "additionalProperties": False}


def _field(kind: Any, declared: Mapping[str, Any]) -> dict[str, Any]:
    """A field's schema; a list of several kinds of tables is told apart by ``kind``."""
    if declared.get("kinds") is None:
        return _type(kind)
    return {"type": "array", "items": {"oneOf": [_kind(name, item) for name, item in declared["kinds"].items()]}}


def _kind(name: str, kind: type) -> dict[str, Any]:
    schema = _object(kind)
    doc = (kind.__doc__ or "").strip().split("\n\n")[0]
    return {
        **schema,
        "description": " ".join(doc.split()),
        "properties": {"kind": {"const": name}, **schema["properties"]},
        "required": ["kind"],
    }


def _type(kind: Any) -> dict[str, Any]:
    if is_dataclass(kind) and isinstance(kind, type):
        return _object(kind)
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _type(get_args(kind)[0])}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [member.value for member in kind]}
    return {"type": {int: "integer", float: "number", bool: "boolean", str: "string"}[kind]}
