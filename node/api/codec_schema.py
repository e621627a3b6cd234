"""JSON schemas of what the repository's own codecs read: an intent's JSON form, from the codec that defines it."""

from __future__ import annotations

from typing import Any

from intents.schema import Amount, Choice, Flag, Integer, Many, Octets, OneOf, Optional, Pair, Record, Text


def schema_of(codec: Any) -> dict[str, Any]:
    """A schema that admits what the codec reads; bounds of values that are text are the codec's to check."""
    match codec:
        case Record():
            return _record(codec)
        case OneOf():
            return {"oneOf": [_tagged(name, record) for name, record in codec.records.items()]}
        case Many():
            found = {"type": "array", "items": schema_of(codec.item), "maxItems": codec.limit}
            return {**found, "minItems": codec.least} if codec.least else found
        case Pair():
            parts = [schema_of(codec.first), schema_of(codec.second)]
            return {"type": "array", "prefixItems": parts, "minItems": 2, "maxItems": 2}
        case Optional():
            return {"anyOf": [schema_of(codec.item), {"type": "null"}]}
        case Amount():
            return {"type": "string", "pattern": "^[0-9]{1,39}$"}
        case Integer():
            return {"type": "integer", "minimum": codec.low, "maximum": codec.high}
        case Octets():
            count = f"{{{codec.length}}}" if codec.length is not None else f"{{0,{codec.limit}}}"
            return {"type": "string", "pattern": f"^0x([0-9a-fA-F]{{2}}){count}$"}
        case Choice():
            return {"type": "string", "enum": [member.value for member in codec.kind]}
        case Text():
            return {"type": "string", "maxLength": codec.limit}
        case Flag():
            return {"type": "boolean"}
        case _:
            # A condition inside a condition: described where it is first met.
            return {"type": "object"}


def _record(codec: Record[Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: schema_of(part) for name, part in codec.parts.items()},
        "required": [name for name in codec.parts if name not in codec.defaults],
        "additionalProperties": False,
    }


def _tagged(name: str, codec: Record[Any]) -> dict[str, Any]:
    found = _record(codec)
    properties = {"kind": {"const": name}, **found["properties"]}
    return {**found, "properties": properties, "required": ["kind", *found["required"]]}
