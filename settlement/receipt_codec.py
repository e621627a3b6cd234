"""Receipts as bytes: JSON for reading, canonical msgpack for keeping.

The compact form is the array [version, auction, solutions, mechanism, max winners, caps, findings]: the
inputs in their own canonical bytes, and what follows from them as canonical JSON text, so that a
difference can still be named. Decoding gives the very document that was encoded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from intents.auction_codec import auction_to_json, decode_auction, encode_auction
from intents.canonical import (
    Value,
    pack,
    pack_amount,
    read_amount,
    read_bytes,
    read_int,
    read_list,
    read_text,
    unpack,
)
from intents.errors import NonCanonical, WrongType, WrongValue
from intents.fields import Fields, kind_of
from intents.strict_json import parse_json
from settlement.mechanism import MAX_BIDS
from settlement.receipt import FORMAT, read_inputs
from settlement.solution_codec import MAX_SOLUTION_BYTES, decode_solution, encode_solution, solution_to_json

VERSION: Final = 1
MAX_RECEIPT_BYTES: Final = 512 << 20
#: Fields with a place of their own in the compact form.
_INPUTS: Final = ("format", "auction", "solutions", "mechanism", "caps")


def read_receipt(data: bytes, where: str) -> dict[str, Any]:
    """The receipt in ``data``, in either form, as JSON values. Its claims are checked by ``verify_receipt``."""
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        document = parse_json(data, where, max_bytes=MAX_RECEIPT_BYTES)
        if not isinstance(document, dict):
            raise WrongType(where, "an object", kind_of(document))
        return document
    return decode_receipt(data, where)


def encode_receipt(document: Mapping[str, Any], where: str = "receipt") -> bytes:
    """The compact form. Raises ``InputError`` where ``document`` is no receipt; its claims are not checked."""
    inputs = read_inputs(Fields(document, where), where)
    findings = {name: value for name, value in document.items() if name not in _INPUTS}
    return pack(
        [
            VERSION,
            encode_auction(inputs.auction),
            [encode_solution(solution) for solution in inputs.solutions],
            inputs.mechanism,
            inputs.max_winners,
            [pack_amount(inputs.caps.low), pack_amount(inputs.caps.high)],
            _json_text(findings, where).encode(),
        ]
    )


def decode_receipt(data: bytes, where: str = "receipt") -> dict[str, Any]:
    """The inverse of ``encode_receipt``; bytes that would not encode to themselves are refused."""
    parts = read_list(unpack(data, where, limit=MAX_RECEIPT_BYTES), where, limit=7, length=7)
    if read_int(parts[0], f"{where}.version") != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(parts[0]))
    auction = decode_auction(read_bytes(parts[1], f"{where}.auction", limit=MAX_RECEIPT_BYTES), f"{where}.auction")
    low, high = read_list(parts[5], f"{where}.caps", limit=2, length=2)
    return {
        "format": FORMAT,
        "mechanism": {
            "name": read_text(parts[3], f"{where}.mechanism"),
            "max_winners": read_int(parts[4], f"{where}.max_winners"),
        },
        "caps": {
            "low": str(read_amount(low, f"{where}.caps.low")),
            "high": str(read_amount(high, f"{where}.caps.high")),
        },
        "auction": auction_to_json(auction),
        "solutions": [
            _solution(item, f"{where}.solutions[{index}]")
            for index, item in enumerate(read_list(parts[2], f"{where}.solutions", limit=MAX_BIDS))
        ],
        **_findings(parts[6], where),
    }


def _solution(data: Value, where: str) -> dict[str, Any]:
    return solution_to_json(decode_solution(read_bytes(data, where, limit=MAX_SOLUTION_BYTES), where))


def _findings(data: Value, where: str) -> dict[str, Any]:
    text = read_bytes(data, where, limit=MAX_RECEIPT_BYTES)
    found = parse_json(text, where, max_bytes=MAX_RECEIPT_BYTES)
    if not isinstance(found, dict):
        raise WrongType(where, "an object", kind_of(found))
    if _json_text(found, where).encode() != text or not found.keys().isdisjoint(_INPUTS):
        raise NonCanonical(where)
    return found


def _json_text(value: Mapping[str, Any], where: str) -> str:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except TypeError as error:  # a number with a fraction: no finding holds one
        raise WrongType(where, "integers, text, lists and objects", str(error)[:120]) from error
