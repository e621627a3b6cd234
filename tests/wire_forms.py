"""The forms of docs/wire.md: read from the document, used to decode bytes, and written from the code to compare.

The decoder knows the document's grammar and msgpack's specification; no codec of the repository is used in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parent.parent / "docs" / "wire.md"
_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9]*|-?\d+(?:\^\d+)?(?:-1)?|\.\.|[\[\](){}:;,?|])")


class NotOfTheForm(Exception):
    """Bytes the document does not describe."""


def forms(text: str) -> dict[str, Any]:
    """Every ``Name = form`` of the document's blocks marked ``forms``."""
    found: dict[str, Any] = {}
    for block in re.findall(r"```forms\n(.*?)```", text, re.DOTALL):
        for name, body in re.findall(r"^(\w+) += +(.*?)(?=^\w|\Z)", block, re.DOTALL | re.MULTILINE):
            assert name not in found, name
            found[name] = _Parser(body).form()
    return found


@dataclass(frozen=True)
class Form:
    """``kind`` with its arguments: ``int`` (low, high), ``list`` (form, low, high), ``array`` (fields, tail), …"""

    kind: str
    args: tuple[Any, ...] = ()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        assert "".join(self._tokens) == re.sub(r"\s+", "", text), text

    def form(self) -> Form:
        if self._peek() == "{":
            return self._choice_of()
        found = self._array() if self._peek() == "[" else self._named()
        if self._peek() == "?":
            self._next()
            return Form("optional", (found,))
        return found

    def _choice_of(self) -> Form:
        self._take("{")
        members: list[tuple[str, Form]] = []
        while self._peek() != "}":
            assert int(self._next()) == len(members)
            name = self._next()
            self._take(":")
            members.append((name, self.form()))
            if self._peek() == "|":
                self._next()
        self._take("}")
        return Form("one", tuple(members))

    def _array(self) -> Form:
        self._take("[")
        fields: list[tuple[str, Form]] = []
        short: int | None = None
        while self._peek() != "]":
            name = ""
            if len(self._tokens) > 1 and self._tokens[1] == ":":
                name = self._next()
                self._take(":")
            fields.append((name, self.form()))
            if self._peek() in (",", ";") and self._next() == ";":
                short = len(fields)
        self._take("]")
        return Form("array", (tuple(fields), len(fields) if short is None else short))

    def _named(self) -> Form:
        name = self._next()
        if self._peek() != "(":
            return Form(name)
        self._take("(")
        if name == "list":
            inner = self.form()
            self._take(",")
            found = Form("list", (inner, *self._range()))
        elif name == "enum":
            members = [self._next()]
            while self._peek() == ",":
                self._next()
                members.append(self._next())
            found = Form("enum", tuple(members))
        else:
            found = Form(name, self._range())
        self._take(")")
        return found

    def _range(self) -> tuple[int | None, int | None]:
        """``n``: (n, n) · ``..n``: (None, n) · ``n..``: (n, None) · ``a..b``."""
        low = None if self._peek() == ".." else _number(self._next())
        if self._peek() != "..":
            return low, low
        self._next()
        return low, None if self._peek() == ")" else _number(self._next())

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _next(self) -> str:
        return str(self._tokens.pop(0))

    def _take(self, token: str) -> None:
        found = self._next()
        assert found == token, (found, token)


def _number(text: str) -> int:
    match = re.fullmatch(r"(-?\d+)(?:\^(\d+))?(-1)?", text)
    assert match is not None, text
    value = int(match[1]) ** int(match[2]) if match[2] else int(match[1])
    return value - 1 if match[3] else value


# msgpack, by its specification: the part the document allows


def unpacked(data: bytes) -> Any:
    """The value, if the bytes are the one form that the document allows it."""
    value, end = _read(data, 0)
    if end != len(data):
        raise NotOfTheForm("bytes left over")
    return value


def _read(data: bytes, at: int) -> tuple[Any, int]:
    try:
        first = data[at]
    except IndexError as error:
        raise NotOfTheForm("ends early") from error
    if first < 0x80 or first >= 0xE0:
        return (first if first < 0x80 else first - 256), at + 1
    if 0x90 <= first < 0xA0:
        return _array(data, at + 1, first - 0x90)
    if 0xA0 <= first < 0xC0:
        return _text(data, at + 1, first - 0xA0)
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at + 1
    sizes = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4}
    if first in sizes:
        start = at + 1 + sizes[first]
        length = int.from_bytes(data[at + 1 : start], "big")
        least = {0xC4: 0, 0xD9: 32, 0xDC: 16, 0xC5: 1 << 8, 0xDA: 1 << 8}.get(first, 1 << 16)
        if length < least:
            raise NotOfTheForm("a length written long")
        if first >= 0xDC:
            return _array(data, start, length)
        if first >= 0xD9:
            return _text(data, start, length)
        return _slice(data, start, length), start + length
    if 0xCC <= first <= 0xD3:
        return _integer(data, at + 1, 1 << (first & 3), first >= 0xD0)
    raise NotOfTheForm(f"a byte 0x{first:02x}")


def _integer(data: bytes, at: int, size: int, signed: bool) -> tuple[int, int]:
    value = int.from_bytes(_slice(data, at, size), "big", signed=signed)
    shorter = (-32 if size == 1 else -(1 << (4 * size - 1))) if signed else (128 if size == 1 else 1 << 4 * size)
    if (signed and value >= shorter) or (not signed and value < shorter):
        raise NotOfTheForm("an integer written long")
    return value, at + size


def _slice(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise NotOfTheForm("ends early")
    return data[at : at + length]


def _text(data: bytes, at: int, length: int) -> tuple[str, int]:
    return _slice(data, at, length).decode("utf-8"), at + length


def _array(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(count):
        value, at = _read(data, at)
        found.append(value)
    return found, at


# Decoding by a form


def decoded(data: bytes, form: str | Form, known: Mapping[str, Form]) -> Any:
    """Records as dicts by field name, choices as (name, value), everything else as it is."""
    return _fit(unpacked(data), Form(form) if isinstance(form, str) else form, known)


def _fit(value: Any, form: Form, known: Mapping[str, Form]) -> Any:
    match form.kind:
        case "int":
            low, high = form.args or (None, None)
            return _need(isinstance(value, int) and _within(value, low, high, 2**63 - 1), value)
        case "bool":
            return _need(isinstance(value, bool), value)
        case "text":
            return _need(isinstance(value, str) and _sized(value, form), value)
        case "bytes":
            return _need(isinstance(value, bytes) and _sized(value, form), value)
        case "amount":
            low, high = form.args or (None, None)
            _need(isinstance(value, bytes) and value[:1] != b"\0", value)
            return _need(_within(int.from_bytes(value, "big"), low, high, None), int.from_bytes(value, "big"))
        case "signed":
            negative, size = value
            return (-1 if negative else 1) * int.from_bytes(size, "big")
        case "ratio":
            top, bottom = (int.from_bytes(part, "big") for part in value)
            return Fraction(top, bottom)
        case "enum":
            return form.args[_need(isinstance(value, int) and 0 <= value < len(form.args), value)]
        case "optional":
            return None if value is None else _fit(value, form.args[0], known)
        case "list":
            inner, low, high = form.args
            _need(isinstance(value, list) and _within(len(value), low, high, None), value)
            return [_fit(item, inner, known) for item in value]
        case "one":
            _need(isinstance(value, list) and len(value) == 2 and value[0] in range(len(form.args)), value)
            name, inner = form.args[value[0]]
            return name, _fit(value[1], inner, known)
        case "array":
            return _record(value, form, known)
        case name:
            return _fit(value, known[name], known)


def _record(value: Any, form: Form, known: Mapping[str, Form]) -> Any:
    fields, short = form.args
    _need(isinstance(value, list) and len(value) in (short, len(fields)), value)
    found = [_fit(item, inner, known) for item, (_, inner) in zip(value, fields, strict=False)]
    if not all(name for name, _ in fields):
        return found
    return dict(zip((name for name, _ in fields), found, strict=False))


def _sized(value: str | bytes, form: Form) -> bool:
    low, high = form.args
    return _within(len(value), low, high, None)


def _within(number: int, low: int | None, high: int | None, default: int | None) -> bool:
    most = high if high is not None else default
    return number >= (low or 0) and (most is None or number <= most)


def _need(holds: bool, value: Any) -> Any:
    if not holds:
        raise NotOfTheForm(repr(value)[:200])
    return value
