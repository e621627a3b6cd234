"""Errors: one class per broken rule, with a stable code, both values in the sentence, and safe to send."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
from dataclasses import fields

import pytest

import intents
from intents.amounts import MAX_AMOUNT, check_amount, mul_div_ceil, mul_div_floor
from intents.errors import AmountOutOfRange, InputError, UsageError, WalrasError, WrongValue


def every_error(kind: type[WalrasError] = WalrasError) -> list[type[WalrasError]]:
    """All errors this room defines."""
    found = [kind] if kind.__module__.startswith("intents.") else []
    return found + [error for child in kind.__subclasses__() for error in every_error(child)]


for module in pkgutil.walk_packages(intents.__path__, "intents."):
    importlib.import_module(module.name)
ERRORS = [error for error in every_error() if error.text != WalrasError.text]


def sample(kind: type[WalrasError]) -> WalrasError:
    numbers = {"int": 7, "str": "shown"}
    return kind(*(numbers[str(field.type)] for field in fields(kind)))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_says_where_and_what(kind: type[WalrasError]) -> None:
    """The sentence begins with the place, uses the values, and survives a process boundary."""
    error = sample(kind)
    shown = str(error)
    assert shown.startswith("shown: ")
    assert "{" not in shown
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == shown


def test_codes_are_stable_names_of_one_rule_each() -> None:
    """No two errors share a code."""
    assert len(ERRORS) > 20
    codes = [kind.code for kind in ERRORS]
    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() and " " not in code for code in codes)


def test_exit_codes_follow_the_kind_of_failure() -> None:
    """Usage is 2, input 3."""
    assert UsageError("", "r").exit_code == 2
    assert all(kind.exit_code == 3 for kind in ERRORS if issubclass(kind, InputError))
    assert str(WrongValue("", "a", "b")) == "b is not a"


@pytest.mark.parametrize(("a", "b", "divisor"), [(7, 3, 2), (0, 5, 3), (MAX_AMOUNT, MAX_AMOUNT, 3), (6, 2, 4)])
def test_rounding_is_in_the_name(a: int, b: int, divisor: int) -> None:
    """Floor and ceiling enclose the exact quotient, whatever the size."""
    low, high = mul_div_floor(a, b, divisor), mul_div_ceil(a, b, divisor)
    assert low * divisor <= a * b <= high * divisor
    assert high - low == (a * b % divisor > 0)


def test_amounts_have_bounds() -> None:
    """0 and 2^127−1 are amounts, their neighbours outside are not."""
    assert check_amount(0, "x") == 0
    assert check_amount(MAX_AMOUNT, "x") == 2**127 - 1
    for value in (-1, MAX_AMOUNT + 1):
        with pytest.raises(AmountOutOfRange, match=f"x: {value} is outside 0 .. {MAX_AMOUNT}"):
            check_amount(value, "x")
