"""TOML from outside: bounded in size, and whatever is wrong with it a ``Malformed`` that says where."""

from __future__ import annotations

import tomllib
from typing import Any, Final

from intents.errors import Malformed

MAX_TOML_BYTES: Final = 1 << 20
#: Of an integer. TOML itself promises 64.
MAX_BITS: Final = 256
_TOO_LONG: Final = "a number of too many digits"


def parse_toml(data: bytes, where: str, *, max_bytes: int = MAX_TOML_BYTES) -> dict[str, Any]:
    """The document ``data`` holds. Raises ``Malformed``."""
    if len(data) > max_bytes:
        raise Malformed(where, f"more than {max_bytes} bytes of TOML")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(where, f"not UTF-8 at byte {error.start}") from error
    return toml_in(text, where)


def toml_in(text: str, where: str) -> dict[str, Any]:
    """The document ``text`` holds. Raises ``Malformed``."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(where, f"not TOML: {error}") from error
    except RecursionError as error:
        raise Malformed(where, "nested too deeply") from error
    except ValueError as error:  # Python converts no integer of more than 4,300 digits
        raise Malformed(where, _TOO_LONG) from error
    _check_numbers(document, where)
    return document


def _check_numbers(document: dict[str, Any], where: str) -> None:
    """Python's reader takes hexadecimal numbers of any length, which then fit no float and cannot be shown."""
    waiting: list[Any] = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, int) and item.bit_length() > MAX_BITS:
            raise Malformed(where, _TOO_LONG)
