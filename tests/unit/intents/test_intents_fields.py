"""Typed fields of parsed documents: exact values, or an error that names the path."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

from intents.amounts import MAX_AMOUNT
from intents.errors import (
    AmountOutOfRange,
    InputError,
    MissingField,
    TooMany,
    UnknownField,
    WrongType,
    WrongValue,
)
from intents.fields import Fields, fraction, integer, join


def fields(**values: object) -> Fields:
    return Fields(values, "a.json: orders[3]")


@pytest.mark.parametrize(("value", "expected"), [(0, 0), ("0", 0), ("007", 7), (str(MAX_AMOUNT), MAX_AMOUNT)])
def test_integers_come_as_numbers_or_text(value: object, expected: int) -> None:
    """Amounts are JSON integers or decimal text."""
    assert fields(x=value).integer("x") == expected


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (-1, AmountOutOfRange, f"-1 is outside 0 .. {MAX_AMOUNT}"),
        ("-1", AmountOutOfRange, f"-1 is outside 0 .. {MAX_AMOUNT}"),
        (10**40, AmountOutOfRange, f"{10**40} is outside 0 .. {MAX_AMOUNT}"),
        (str(10**40), AmountOutOfRange, f"{10**40} is outside 0 .. {MAX_AMOUNT}"),
        (MAX_AMOUNT + 1, AmountOutOfRange, "is outside"),
        ("9" * 101, WrongType, "expected an integer"),
        (True, WrongType, "expected an integer, got true"),
        (None, WrongType, "expected an integer, got null"),
        (Decimal("1.5"), WrongType, "expected an integer, got the number 1.5"),
        (Decimal("1E+2"), WrongType, "expected an integer, got the number 1E+2"),
        ("1.5", WrongType, 'expected an integer, got the text "1.5"'),
        ("", WrongType, "expected an integer"),
        (" 1", WrongType, "expected an integer"),
        ("1_000", WrongType, "expected an integer"),
        ("0x10", WrongType, "expected an integer"),
        ("٣", WrongType, "expected an integer"),
        ([1], WrongType, "expected an integer, got a list"),
        ({}, WrongType, "expected an integer, got an object"),
    ],
)
def test_what_is_no_amount_is_refused_by_path(value: object, kind: type[InputError], message: str) -> None:
    """The error names the field's path and what came instead."""
    with pytest.raises(kind) as caught:
        fields(sellAmount=value).integer("sellAmount")
    assert str(caught.value).startswith("a.json: orders[3].sellAmount: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1/3", Fraction(1, 3)),
        ("-2/6", Fraction(-1, 3)),
        ("0.003", Fraction(3, 1000)),
        ("1e-3", Fraction(1, 1000)),
        (Decimal("0.003"), Fraction(3, 1000)),
        (Decimal("1E+2"), Fraction(100)),
        (2, Fraction(2)),
    ],
)
def test_fractions_are_exact(value: object, expected: Fraction) -> None:
    """Fractions come as n/d, decimal text or JSON numbers."""
    assert fraction(value, "x") == expected


@pytest.mark.parametrize(
    "value",
    ["1/0", "1/-3", "", ".5", "1.", "nan", "1e999", True, None, [], Decimal("1E+200"), Decimal("1E-200"), 2**256,
     f"1/{2**256}", "1e-99", Decimal("1e-99")],
)  # fmt: skip
def test_what_is_no_fraction_is_refused(value: object) -> None:
    """Not numbers, and numbers whose terms the canonical encoding has no room for."""
    with pytest.raises((WrongType, WrongValue)) as caught:
        fraction(value, "a.json: fee")
    assert str(caught.value).startswith("a.json: fee: ")


def test_fractions_are_bounded() -> None:
    """A fraction outside its range says which range."""
    with pytest.raises(WrongValue, match="3/2 is not between 0 and 1"):
        fraction("3/2", "fee", low=Fraction(0), high=Fraction(1))


Read = Callable[[Fields], object]


@pytest.mark.parametrize(
    ("document", "read", "kind", "message"),
    [
        ({}, lambda f: f.integer("x"), MissingField, 'a.json: field "x" is missing'),
        ({}, lambda f: f.text("x"), MissingField, 'a.json: field "x" is missing'),
        ({"x": 1}, lambda f: f.text("x"), WrongType, "a.json: x: expected text, got the number 1"),
        ({"x": "ab"}, lambda f: f.text("x", limit=1), TooMany, "a.json: x: 2 characters, at most 1"),
        ({"x": 1}, lambda f: f.flag("x"), WrongType, "a.json: x: expected true or false, got the number 1"),
        ({"x": "c"}, lambda f: f.choice("x", ("a", "b")), WrongValue, "a.json: x: 'c' is not one of a, b"),
        ({"x": {}}, lambda f: f.items("x", limit=9), WrongType, "a.json: x: expected a list, got an object"),
        ({"x": [1, 2]}, lambda f: f.items("x", limit=1), TooMany, "a.json: 2 x, at most 1 are allowed"),
        ({"x": [1]}, lambda f: list(f.objects("x", limit=1)), WrongType, "a.json: x[0]: expected an object"),
        ({"x": []}, lambda f: f.entries("x", limit=9), WrongType, "a.json: x: expected an object, got a list"),
        ({"x": {"a": 1, "b": 2}}, lambda f: f.entries("x", limit=1), TooMany, "a.json: 2 x, at most 1"),
        ({"x": "0x1"}, lambda f: f.hex("x"), WrongType, "a.json: x: expected 0x-prefixed hexadecimal"),
        ({"x": "12"}, lambda f: f.hex("x"), WrongType, "a.json: x: expected 0x-prefixed hexadecimal"),
        ({"x": "0xzz"}, lambda f: f.hex("x"), WrongType, "a.json: x: expected 0x-prefixed hexadecimal"),
        ({"x": "0xab cd"}, lambda f: f.hex("x"), WrongType, "a.json: x: expected 0x-prefixed hexadecimal"),
        ({"x": "0xab "}, lambda f: f.hex("x"), WrongType, "a.json: x: expected 0x-prefixed hexadecimal"),
        ({"x": "0x٣٣"}, lambda f: f.hex("x"), WrongType, "a.json: x: expected 0x-prefixed hexadecimal"),
        ({"x": "0x1234"}, lambda f: f.hex("x", length=1), WrongValue, "a.json: x: 2 bytes is not 1 bytes"),
        ({"x": "0x" + "00" * 9}, lambda f: f.hex("x", limit=8), TooMany, "a.json: x: 20 characters, at most 18"),
        ({"x": {"y": "z"}}, lambda f: f.child("x").integer("y"), WrongType, "a.json: x.y: expected an integer"),
        ({"timout": 1}, lambda f: f.only("timeout"), UnknownField, '"timout"; did you mean "timeout"?'),
    ],
)
def test_every_kind_of_field_names_its_path(
    document: dict[str, object], read: Read, kind: type[InputError], message: str
) -> None:
    """Missing, mistyped and oversize fields are told apart."""
    with pytest.raises(kind) as caught:
        read(Fields(document, "a.json"))
    assert message in str(caught.value)


@pytest.mark.parametrize("document", [None, 1, "x", [], True])
def test_only_objects_have_fields(document: object) -> None:
    """Anything but an object is refused as a whole."""
    with pytest.raises(WrongType, match=r"a\.json: expected an object"):
        Fields(document, "a.json")


def test_null_counts_as_missing_where_there_is_a_default() -> None:
    """Optional fields may be absent or null."""
    for empty in (Fields({}, ""), Fields({"x": None}, "")):
        assert not empty.has("x")
        assert empty.integer_or("x", 7) == 7
        assert empty.text_or("x", "d") == "d"
        assert empty.flag_or("x", True)


def test_paths_read_like_code() -> None:
    """A file, then a colon, then dots."""
    assert join("", "a") == "a"
    assert join("f.json", "a") == "f.json: a"
    assert join("f.json: a", "b") == "f.json: a.b"
    assert join("orders[3]", "b") == "orders[3].b"
    assert integer(5, "") == 5


def test_a_stranger_s_long_key_is_cut() -> None:
    """Nobody's key fills the screen, nor is a name of a million letters compared with ours."""
    key = "k" * 1_000_000
    with pytest.raises(InputError) as unknown:
        Fields({key: 1}, "a.json").only("network")
    assert str(unknown.value) == f'a.json: unknown field "{"k" * 80}"'
    ((name, _, where),) = Fields({"prices": {key: 1}}, "a.json").entries("prices", limit=1)
    assert name == key
    assert where == f"a.json: prices.{'k' * 80}"
