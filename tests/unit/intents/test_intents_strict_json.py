"""JSON from outside: every defect is one typed error that says where it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from intents.errors import Duplicate, InputError, Malformed, TooDeep, Unreadable
from intents.strict_json import MAX_DEPTH, MAX_DIGITS, parse_json

DEFECTS = {
    "nothing": (b"", Malformed, "not JSON at line 1 column 1: no value"),
    "only blanks": (b" \n ", Malformed, "not JSON at line 2 column 2: no value"),
    "cut off in a list": (b'{"a": [1, 2', Malformed, "not JSON at line 1 column 12"),
    "cut off in text": (b'{"a":\n "b', Malformed, "not JSON at line 2 column 2"),
    "two values": (b"{} {}", Malformed, "not JSON at line 1 column 4: extra data"),
    "trailing comma": (b"[1,]", Malformed, "not JSON at line 1"),
    "single quotes": (b"{'a': 1}", Malformed, "not JSON at line 1 column 2"),
    "leading zero": (b"[01]", Malformed, "not JSON at line 1 column 3"),
    "plus sign": (b"[+1]", Malformed, "not JSON at line 1 column 2"),
    "raw line break in text": (b'["\n"]', Malformed, "not JSON at line 1 column 3: invalid control character"),
    "duplicate key": (b'{"a": {"b": 1, "c": 2, "b": 1}}', Duplicate, 'key "b" appears twice'),
    "not a number": (b'{"a": NaN}', Malformed, "NaN is not a number JSON knows"),
    "infinite": (b"[Infinity]", Malformed, "Infinity is not a number JSON knows"),
    "minus infinite": (b"[-Infinity]", Malformed, "-Infinity is not a number JSON knows"),
    "huge integer": (b"[" + b"9" * 5000 + b"]", Malformed, "a number of 5000 digits"),
    "long fraction": (b"[0." + b"1" * 500 + b"]", Malformed, "a number of 502 digits"),
    "huge exponent": (b"[1e9999999999999999999999]", Malformed, "exponent out of range"),
    "lone surrogate": (b'{"a": ["\\ud800"]}', Malformed, "half of a surrogate pair"),
    "lone surrogate in a key": (b'{"\\udc00": 1}', Malformed, "half of a surrogate pair"),
    "surrogate in UTF-8": (b'["\xed\xa0\x80"]', Malformed, "not UTF-8 at byte 2"),
    "not UTF-8": (b'{"a": "\xff"}', Malformed, "not UTF-8 at byte 7"),
    "UTF-16": ("{}".encode("utf-16"), Malformed, "not UTF-8 at byte 0"),
    "binary": (b"\x00\x01\x02", Malformed, "not JSON at line 1 column 1"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_named_with_its_place(name: str) -> None:
    """The error starts with the file and says what is wrong there, on one line."""
    data, kind, message = DEFECTS[name]
    with pytest.raises(kind) as caught:
        parse_json(data, "a.json")
    shown = str(caught.value)
    assert shown.startswith("a.json: ")
    assert message in shown
    assert "\n" not in shown
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[[]," * 400_000,
        b'["\\"[",' * 100_000,
    ],
    ids=["brackets", "objects", "one too deep", "with siblings", "with quoted brackets"],
)
def test_deep_nesting_is_refused_before_it_is_parsed(data: bytes) -> None:
    """Nesting beyond the bound is an error of its own, however deep it goes."""
    with pytest.raises(TooDeep):
        parse_json(data, "a.json")


def test_nesting_at_the_bound_is_read() -> None:
    """Depth 64 is allowed; brackets within text do not count."""
    value = parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "a.json")
    for _ in range(MAX_DEPTH - 1):
        assert isinstance(value, list)
        (value,) = value
    assert value == []
    assert parse_json(b'["' + b"[" * 100_000 + b'"]', "a.json") == ["[" * 100_000]
    assert parse_json(b'["' + b'\\"[' * 1_000 + b'"]', "a.json") == ['"[' * 1_000]


def test_unclosed_text_of_escapes_is_scanned_once() -> None:
    """A megabyte of escaped quotes without an end is refused, where rescanning from each would take hours."""
    for text in (b'"' + b'\\"' * 500_000, b'"' * 1_000_001, b"\\" * 1_000_000, b'"' + b'\\"' * 500_000 + b"\\"):
        with pytest.raises(InputError):
            parse_json(b"[{}," * 65 + text, "a.json")


def test_size_is_bounded() -> None:
    """More bytes than allowed are not parsed."""
    with pytest.raises(Unreadable, match=r"a\.json: holds 11 bytes, at most 10 are read"):
        parse_json(b"[1,2,3,4,5]", "a.json", max_bytes=10)
    assert parse_json(b"[1,2,3,4,5]", "a.json", max_bytes=11) == [1, 2, 3, 4, 5]


def test_numbers_never_become_floats() -> None:
    """Integers stay integers of any allowed length, the rest are exact decimals."""
    digits = "9" * MAX_DIGITS
    assert parse_json(f"[{digits}, -0, 1.10, 1e2]".encode(), "") == [int(digits), 0, Decimal("1.10"), Decimal(100)]


def test_figures_that_were_floats_are_floats_again() -> None:
    """Only where that is asked for; whole numbers stay whole."""
    figures = parse_json(b"[1.10, 1e2, 3]", "", floats=True)
    assert figures == [1.1, 100.0, 3]
    assert isinstance(figures, list)
    assert [type(figure) for figure in figures] == [float, float, int]


def test_a_byte_order_mark_is_skipped_and_pairs_are_read() -> None:
    """What editors on some systems put in front is no defect, nor is a character written as two halves."""
    assert parse_json(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}', "a.json") == {"a": "😀"}


def test_a_few_open_brackets_are_a_cut_off_file() -> None:
    """Brackets without a partner are counted as depth only where they open, and beyond the bound."""
    for text in (b"[" * MAX_DEPTH, b"[[]," * MAX_DEPTH, b"[]" * 100 + b"[", b"]" * 100 + b"[" * 100, b"[}" * 100):
        with pytest.raises(Malformed, match=r"a\.json: not JSON at line 1"):
            parse_json(text, "a.json")
    for text in (b"[" * (MAX_DEPTH + 1), b"[{}," * (MAX_DEPTH + 1)):
        with pytest.raises(TooDeep):
            parse_json(text, "a.json")
