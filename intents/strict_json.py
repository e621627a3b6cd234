"""JSON from outside: bounded in size and depth, no duplicate keys, no NaN, no silent floats.

Numbers with a fraction or exponent arrive as ``Decimal``, so that no amount ever passes through a
float. Every defect is an ``InputError`` that says where in the text it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from intents.errors import Duplicate, InputError, Malformed, TooDeep, Unreadable

MAX_JSON_BYTES: Final = 64 << 20
MAX_DEPTH: Final = 64
#: Longer than any 256-bit number, and far below where Python refuses to convert.
MAX_DIGITS: Final = 400

# Possessive, and closed or not, so that text made of quotes and backslashes is still read once only.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS: Final = b"[]{}"
#: Both kinds of bracket as one, since the parser itself refuses a pair that does not match.
_AS_ROUND: Final = bytes.maketrans(_BRACKETS, b"()()")
_NO_BRACKET: Final = bytes(set(range(256)) - set(_BRACKETS))
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(
    data: bytes, where: str, *, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_DEPTH, floats: bool = False
) -> object:
    """The value ``data`` holds, or an ``InputError`` naming line and column (or byte) of the defect.

    ``floats`` is for figures that were floats when they were written: they are floats again.
    """
    if len(data) > max_bytes:
        raise Unreadable(where, f"holds {len(data)} bytes, at most {max_bytes} are read")
    _check_depth(data, where, max_depth)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(where, f"not UTF-8 at byte {error.start}") from error
    try:
        value: object = json.loads(
            text,
            parse_int=lambda digits: _integer(digits, where),
            parse_float=float if floats else lambda digits: _decimal(digits, where),
            parse_constant=lambda name: _constant(name, where),
            object_pairs_hook=lambda pairs: _object(pairs, where),
        )
    except json.JSONDecodeError as error:
        reason = "no value" if not text.strip() else error.msg.lower().removesuffix(" at")
        raise Malformed(where, f"not JSON at line {error.lineno} column {error.colno}: {reason}") from error
    except RecursionError as error:
        raise TooDeep(where, max_depth) from error
    if "\\u" in text and _has_surrogate(value):
        raise Malformed(where, "a string holds half of a surrogate pair")
    return value


def _check_depth(data: bytes, where: str, limit: int) -> None:
    """Refuse deep nesting before the recursive parser sees it.

    Each round takes away the innermost pairs, so after ``limit`` rounds a pair is left only where more
    levels were. What is left without a pair is brackets that never open or never close: the parser
    stops at the first kind, and goes as deep as there are of the second.
    """
    if data.count(b"[") + data.count(b"{") <= limit:
        return
    left = _STRINGS.sub(b"", data).translate(_AS_ROUND, _NO_BRACKET)
    for _ in range(limit):
        if b"()" not in left:
            break
        left = left.replace(b"()", b"")
    if b"()" in left or (len(left) > limit and not left.startswith(b")")):
        raise TooDeep(where, limit)


def _integer(digits: str, where: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Malformed(where, f"a number of {len(digits)} digits")
    return int(digits)


def _decimal(digits: str, where: str) -> Decimal:
    if len(digits) > MAX_DIGITS:
        raise Malformed(where, f"a number of {len(digits)} digits")
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise Malformed(where, f"the number {digits[:40]} has an exponent out of range") from error


def _constant(name: str, where: str) -> InputError:
    raise Malformed(where, f"{name} is not a number JSON knows")


def _object(pairs: Sequence[tuple[str, Any]], where: str) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Duplicate(where, "key", f'"{key[:80]}"')
            seen.add(key)
    return made


def _has_surrogate(value: object) -> bool:
    """Whether any string holds a lone surrogate, which no UTF-8 can carry on."""
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if _SURROGATE.search(item):
                return True
        elif isinstance(item, dict):
            waiting += item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return False
