"""Solutions as bytes and as JSON: exact round trips, and nothing malformed gets in."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.amounts import MAX_AMOUNT, MAX_PRICE
from intents.assets import AssetId
from intents.canonical import pack, read_list, unpack
from intents.errors import (
    AmountOutOfRange,
    Duplicate,
    InputError,
    MissingField,
    NonCanonical,
    TooDeep,
    TooMany,
    UnknownField,
    WrongType,
    WrongValue,
)
from intents.intent import IntentId
from intents.strict_json import parse_json
from intents.venue_states import VenueId
from settlement.solution import Fill, Interaction, Solution
from settlement.solution_codec import (
    check_distinct_ids,
    decode_solution,
    encode_solution,
    solution_from_json,
    solution_to_json,
)

amounts = st.one_of(st.integers(0, 300), st.integers(0, MAX_AMOUNT), st.just(MAX_AMOUNT))
names = st.text([chr(c) for c in range(0x21, 0x7F)], min_size=1, max_size=64)
assets = names.map(AssetId)
legs = st.lists(amounts, max_size=3).map(tuple)
fills = st.builds(Fill, st.binary(min_size=1, max_size=64).map(IntentId), amounts, amounts, legs, legs)
swaps = st.builds(Interaction, names.map(VenueId), assets, assets, amounts, amounts)
claims = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)
solutions = st.builds(
    Solution,
    names,
    st.integers(0, 2**63 - 1),
    st.dictionaries(assets, st.integers(0, MAX_PRICE), max_size=4),
    st.lists(fills, max_size=3).map(tuple),
    st.lists(swaps, max_size=3).map(tuple),
    st.integers(0, 2**63 - 1),
    st.one_of(st.none(), st.dictionaries(st.text(max_size=3), claims, max_size=3)),
)
PLAIN = Solution(
    "solver",
    7,
    {AssetId("b"): 2, AssetId("a"): 1},
    (Fill(IntentId(b"\1"), 5, 1),),
    (Interaction(VenueId("pool"), AssetId("a"), AssetId("b"), 3, 4),),
)


@settings(deadline=None)
@given(solutions)
def test_round_trips(solution: Solution) -> None:
    """Bytes and JSON text give back an equal solution, and encoding it again the same bytes."""
    data = encode_solution(solution)
    assert decode_solution(data) == solution
    assert encode_solution(decode_solution(data)) == data
    text = json.dumps(solution_to_json(solution)).encode()
    assert solution_from_json(parse_json(text, "s"), "s") == solution


def test_the_order_of_prices_has_no_bytes_of_its_own() -> None:
    """One price vector, one encoding."""
    turned = replace(PLAIN, prices={AssetId("a"): 1, AssetId("b"): 2})
    assert encode_solution(turned) == encode_solution(PLAIN)


@given(st.binary(max_size=60))
def test_noise_is_refused(data: bytes) -> None:
    """Bytes that are no solution raise an ``InputError`` and nothing else."""
    with pytest.raises(InputError):
        decode_solution(data)


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_damage_is_refused_or_still_canonical(at: int, patch: bytes) -> None:
    """Overwriting bytes gives an ``InputError``, or a solution that encodes to exactly those bytes."""
    data = encode_solution(PLAIN)
    start = at % len(data)
    damaged = data[:start] + patch + data[start + len(patch) :]
    try:
        found = decode_solution(damaged)
    except InputError:
        return
    assert encode_solution(found) == damaged


def test_the_wire_form_is_canonical() -> None:
    """Unsorted or doubled prices, another version and trailing bytes are refused."""
    version, *rest = read_list(unpack(encode_solution(PLAIN), "s", limit=1000), "s", limit=10)
    solver, number, third, *more = rest
    prices = read_list(third, "prices", limit=2)
    with pytest.raises(NonCanonical):
        decode_solution(pack([version, solver, number, prices[::-1], *more]))
    with pytest.raises(NonCanonical):
        decode_solution(pack([version, solver, number, [prices[0], prices[0]], *more]))
    for claim in ('{"a": 1}', '{"b":1,"a":2}', '{"a":1.5}'):
        with pytest.raises(NonCanonical):
            decode_solution(pack([version, *rest[:-1], claim]))
    with pytest.raises(WrongValue, match="version 1"):
        decode_solution(pack([2, *rest]))
    with pytest.raises(InputError):
        decode_solution(encode_solution(PLAIN) + b"\0")


@pytest.mark.parametrize(
    ("change", "error", "where"),
    [
        ({"solver": "two words"}, WrongValue, "solver"),
        ({"solver": ""}, WrongValue, "solver"),
        ({"solver": "s\n"}, WrongValue, "solver"),
        ({"id": -1}, AmountOutOfRange, "id"),
        ({"id": True}, WrongType, "id"),
        ({"prices": []}, WrongType, "prices"),
        ({"prices": {"a": "-1"}}, AmountOutOfRange, "prices.a"),
        ({"prices": {"a": str(2**256)}}, AmountOutOfRange, "prices.a"),
        ({"prices": {"a": 1.5}}, WrongType, "prices.a"),
        ({"fills": [{"executed": "1"}]}, MissingField, "fills[0]"),
        ({"fills": [{"order": "0x01", "executed": str(10**40)}]}, AmountOutOfRange, "fills[0].executed"),
        ({"fills": [{"order": "01", "executed": "1"}]}, WrongType, "fills[0].order"),
        ({"fills": [{"order": "0x01", "executed": "1", "fees": "1"}]}, UnknownField, "fills[0]"),
        ({"interactions": {}}, WrongType, "interactions"),
        ({"format": "walras-solution/2"}, WrongValue, "format"),
        ({"price": {}}, UnknownField, "x.json"),
        ({"certificate": []}, WrongType, "certificate"),
    ],
)
def test_json_errors_name_the_field(change: dict[str, Any], error: type[InputError], where: str) -> None:
    """Each wrong field has its own error, which says where."""
    text = json.dumps(solution_to_json(PLAIN) | change).encode()
    with pytest.raises(error) as caught:
        solution_from_json(parse_json(text, "x.json"), "x.json")
    assert where in caught.value.where


def test_certificates_carry_exact_numbers_only() -> None:
    """A float or a decimal travels as decimal text, the same through bytes, JSON and both."""
    claim = {"bound": 1.5, "small": 1e-7, "parts": (Decimal("2.50"), {"n": 3})}
    plain = {"bound": "1.5", "small": "1E-7", "parts": ["2.50", {"n": 3}]}
    solution = replace(PLAIN, certificate=claim)
    assert decode_solution(encode_solution(solution)).certificate == plain
    assert solution_to_json(solution)["certificate"] == plain
    text = json.dumps(solution_to_json(PLAIN) | {"certificate": claim | {"parts": []}}).encode()
    read = solution_from_json(parse_json(text, "s"), "s")
    assert read.certificate == plain | {"parts": []}
    assert encode_solution(read) == encode_solution(replace(PLAIN, certificate=claim | {"parts": []}))


def test_certificates_are_bounded() -> None:
    """In depth, in size, and to what JSON knows."""
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"in": deep}
    with pytest.raises(TooDeep):
        encode_solution(replace(PLAIN, certificate=deep))
    with pytest.raises(TooMany):
        encode_solution(replace(PLAIN, certificate={"long": "x" * (5 << 20)}))
    with pytest.raises(WrongType):
        encode_solution(replace(PLAIN, certificate={"set": {1}}))
    with pytest.raises(WrongType):
        encode_solution(replace(PLAIN, certificate={1: 2}))  # type: ignore[dict-item]


def test_ids_are_distinct_per_solver() -> None:
    """Two solvers may use one id, one solver may not."""
    check_distinct_ids((PLAIN, replace(PLAIN, solver="other"), replace(PLAIN, id=8)), "file")
    with pytest.raises(Duplicate, match="solver/7"):
        check_distinct_ids((PLAIN, PLAIN), "file")
