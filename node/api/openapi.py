"""The OpenAPI 3.1 document, made from the table of operations."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import msgspec

from intents.codec import INTENT
from node.api.codec_schema import schema_of
from node.api.errors import MEDIA_TYPE, Problem
from node.api.forms_intents import SubmitIntent
from node.api.operation import Operation, Parameter
from node.api.operations import OPERATIONS

_REF: Final = "#/components/schemas/{name}"
_SCHEME: Final = "token"


@cache
def document() -> bytes:
    """As JSON text."""
    return msgspec.json.encode(described(OPERATIONS))


def described(operations: tuple[Operation, ...]) -> dict[str, Any]:
    kinds: list[Any] = [Problem]
    for operation in operations:
        kinds += [kind for kind, _ in operation.answers.values() if kind is not bytes]
        kinds += [operation.body] if operation.body else []
        kinds += [parameter.kind for parameter in operation.parameters]
    # One call, so that every form has one name and one place.
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    components["Intent"] = {"description": "an intent in its JSON form", **schema_of(INTENT)}
    components[SubmitIntent.__name__]["properties"]["intent"] = {
        "anyOf": [{"$ref": _REF.format(name="Intent")}, {"type": "null"}],
        "default": None,
    }
    of = dict(zip(map(_key, kinds), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Walras node",
            "version": _version(),
            "summary": "Batch auctions of signed intents: submit, follow, check.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                _SCHEME: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "what the node's file api.token holds",
                }
            },
        },
    }


def _operation(operation: Operation, of: dict[int, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation, of),
    }
    if operation.about:
        found["description"] = operation.about
    if operation.parameters:
        found["parameters"] = [_parameter(parameter, of) for parameter in operation.parameters]
    if operation.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": of[_key(operation.body)]}},
        }
    if operation.token:
        found["security"] = [{_SCHEME: []}]
    return found


def _responses(operation: Operation, of: dict[int, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, (kind, about) in operation.answers.items():
        raw = {} if operation.media == "application/json" else {"type": "string"}
        schema = raw if kind is bytes else of[_key(kind)]
        found[str(status)] = {"description": about, "content": {operation.media: {"schema": schema}}}
    for status in operation.statuses:
        found[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": of[_key(Problem)]}},
        }
    return found


def _parameter(parameter: Parameter, of: dict[int, Any]) -> dict[str, Any]:
    schema = dict(of[_key(parameter.kind)])
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.about,
        "schema": schema,
    }


def _key(kind: Any) -> int:
    """Annotated types are equal and hash alike only where their bounds do: identity is enough here."""
    return id(kind)


def _version() -> str:
    try:
        return version("walras")
    except PackageNotFoundError:
        return "0"
