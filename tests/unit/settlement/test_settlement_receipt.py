"""Receipts: checked from the file alone, every claim in them, in both forms."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.auction_codec import auction_hash
from intents.canonical import pack, read_bytes, read_list, unpack
from intents.errors import (
    Duplicate,
    InputError,
    MissingField,
    NonCanonical,
    UnknownField,
    WalrasError,
    WrongType,
    WrongValue,
)
from intents.strict_json import parse_json
from settlement.mechanism import mechanism, mechanism_names
from settlement.receipt import ReceiptMismatch, receipt_of, verify_receipt
from settlement.receipt_codec import decode_receipt, encode_receipt, read_receipt
from settlement.rewards import DEFAULT_CAPS
from settlement.settle import settle
from tests.bidding import settled_batch
from tests.one_owner import one_owner
from tests.one_pool import auction_of, order

MAX_WINNERS = 20
#: What a receipt starts from; everything else in it is recomputed.
INPUTS = ("format", "mechanism", "caps", "auction", "solutions")


@cache
def text(name: str = "greedy") -> bytes:
    """A receipt with several winners, a loser and a refused solution, as its file holds it."""
    rule = mechanism(name, max_winners=MAX_WINNERS)
    return json.dumps(receipt_of(settled_batch(rule=rule), rule, MAX_WINNERS, DEFAULT_CAPS)).encode()


def document(name: str = "greedy") -> dict[str, Any]:
    found = parse_json(text(name), "r")
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", mechanism_names())
def test_an_honest_receipt_holds(name: str) -> None:
    """Whatever the mechanism, what the file says is what is recomputed from it."""
    receipt = document(name)
    report = verify_receipt(receipt, "r")
    assert report.id == receipt["id"]
    assert report.solutions == 5
    assert report.settlement.score == int(receipt["score"]) > 0
    assert report.settlement.outcome.mechanism == name
    assert receipt["auction_hash"] == "0x" + auction_hash(report.settlement.auction).hex()


def test_the_receipt_tells_the_whole_story() -> None:
    """Winners, the loser's bid, the broken rule, trades, leftovers, rewards, fairness, venues after."""
    receipt = document()
    assert receipt["outcome"]["winners"] == [f"{item['solver']}/{item['id']}" for item in receipt["settled"]]
    assert [item["code"] for item in receipt["refused"]] == ["law.not-conserved"]
    assert set(receipt["rewards"]) == set(receipt["outcome"]["reference_scores"])
    trades = [trade for item in receipt["settled"] for trade in item["trades"]]
    assert len(trades) == len(receipt["fairness"]["improvements"]) == 9
    assert len(receipt["venues_after"]) == 7


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every number, text, flag and null."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def changed(value: object) -> object:
    """Another value of the same kind, the smallest step away where there is one."""
    if value is None:
        return "1"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    assert isinstance(value, str)
    if value.isdigit() or value[:1] == "-":
        return str(int(value) + 1)
    if value.startswith("0x"):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return value + "x"


def with_change(path: tuple[str | int, ...]) -> dict[str, Any]:
    made = document()
    inner: Any = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = changed(inner[path[-1]])
    return made


FINDINGS = [path for path in leaves(json.loads(text())) if path[0] not in INPUTS]
GIVEN = [path for path in leaves(json.loads(text())) if path[0] in INPUTS]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(FINDINGS))
def test_every_finding_is_checked(path: tuple[str | int, ...]) -> None:
    """Change any one of them and exactly that one is named, with both values."""
    tampered = with_change(path)
    with pytest.raises(ReceiptMismatch) as caught:
        verify_receipt(tampered, "r")
    inner: Any = tampered
    for step in path:
        inner = inner[step]
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    assert caught.value.where == "r: " + shown.removeprefix(".")
    assert caught.value.claimed == str(inner)[:160]
    assert caught.value.recomputed != caught.value.claimed
    assert caught.value.exit_code == 5


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(GIVEN))
def test_every_input_is_bound(path: tuple[str | int, ...]) -> None:
    """Change any input and the receipt holds no more: its hashes say so, or it cannot even be read."""
    with pytest.raises(WalrasError) as caught:
        verify_receipt(with_change(path), "r")
    assert isinstance(caught.value, ReceiptMismatch | InputError)
    if isinstance(caught.value, ReceiptMismatch):
        assert caught.value.where in ("r: auction_hash", "r: solutions_hash", "r: id")


def test_a_solution_left_out_is_missed() -> None:
    """Dropping the best loser, to make the winner look cheaper, changes the hash of what was considered."""
    receipt = document()
    receipt["solutions"] = [item for item in receipt["solutions"] if item["solver"] != "narrow"]
    with pytest.raises(ReceiptMismatch, match="solutions_hash"):
        verify_receipt(receipt, "r")


def test_what_is_missing_or_added_is_named() -> None:
    """A finding left out, one made up, a trade too few, a trade too many, a null where nothing should be."""
    receipt = document()
    del receipt["rewards"]
    with pytest.raises(MissingField, match="rewards"):
        verify_receipt(receipt, "r")
    with pytest.raises(UnknownField, match="bonus"):
        verify_receipt(document() | {"bonus": "1"}, "r")
    receipt = document()
    trade = receipt["settled"][0]["trades"].pop()
    with pytest.raises(ReceiptMismatch) as short:
        verify_receipt(receipt, "r")
    assert short.value.claimed == "nothing"
    receipt["settled"][0]["trades"] += [trade, trade]
    with pytest.raises(ReceiptMismatch) as long:
        verify_receipt(receipt, "r")
    assert long.value.recomputed == "nothing"
    receipt = document()
    receipt["rewards"]["stranger"] = None
    with pytest.raises(ReceiptMismatch, match=r"rewards\.stranger: the receipt says null, recomputed nothing"):
        verify_receipt(receipt, "r")


def test_false_is_not_zero() -> None:
    """Python thinks them equal; a receipt that says the one for the other is another receipt."""
    receipt = document()
    place = next(i for i, item in enumerate(receipt["settled"]) if item["id"] == 0)
    receipt["settled"][place]["id"] = False
    with pytest.raises(ReceiptMismatch, match=r"settled\[\d\]\.id: the receipt says False, recomputed 0"):
        verify_receipt(receipt, "r")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"format": "walras-receipt/2"}, WrongValue),
        ({"mechanism": {"name": "best", "max_winners": 1}}, WrongValue),
        ({"mechanism": {"name": "greedy", "max_winners": 1, "seed": 1}}, UnknownField),
        ({"caps": {"low": "1"}}, MissingField),
        ({"auction": []}, WrongType),
        ({"solutions": {}}, WrongType),
    ],
)
def test_what_is_no_receipt_cannot_be_read(change: dict[str, Any], error: type[InputError]) -> None:
    """A malformed file is an input error, not a broken rule."""
    with pytest.raises(error):
        verify_receipt(document() | change, "r")


def test_one_solution_per_solver_and_id() -> None:
    """A receipt with two of them does not say which one counted."""
    receipt = document()
    receipt["solutions"].append(copy.deepcopy(receipt["solutions"][0]))
    with pytest.raises(Duplicate):
        verify_receipt(receipt, "r")


def test_another_mechanism_is_another_receipt() -> None:
    """Ids differ by mechanism, by room for winners and by caps."""
    assert len({document(name)["id"] for name in mechanism_names()}) == len(mechanism_names())
    receipt = document()
    receipt["caps"]["high"] = "1"
    with pytest.raises(ReceiptMismatch, match="r: id"):
        verify_receipt(receipt, "r")


@pytest.mark.parametrize("name", mechanism_names())
def test_the_compact_form_gives_the_document_back(name: str) -> None:
    """And either form is read by its first byte; the compact one is smaller."""
    data = encode_receipt(document(name))
    assert decode_receipt(data) == document(name)
    assert encode_receipt(decode_receipt(data)) == data
    assert read_receipt(data, "r") == read_receipt(b"\xef\xbb\xbf\n " + text(name), "r") == document(name)
    assert len(data) < len(text(name))


def test_the_compact_form_is_canonical() -> None:
    """Findings spelt otherwise, or an input smuggled in among them, are refused."""
    parts = read_list(unpack(encode_receipt(document()), "r", limit=1 << 30), "r", limit=7)
    findings = json.loads(read_bytes(parts[6], "r", limit=1 << 30))
    for respelt in (json.dumps(findings).encode(), json.dumps({"caps": {}}, separators=(",", ":")).encode()):
        with pytest.raises(NonCanonical):
            decode_receipt(pack([*parts[:6], respelt]))
    with pytest.raises(WrongValue, match="version 1"):
        decode_receipt(pack([2, *parts[1:]]))


def test_a_difference_survives_the_compact_form() -> None:
    """A tampered finding is still named after a trip through it."""
    tampered = with_change(FINDINGS[len(FINDINGS) // 2])
    with pytest.raises(ReceiptMismatch) as direct:
        verify_receipt(tampered, "r")
    with pytest.raises(ReceiptMismatch) as packed:
        verify_receipt(decode_receipt(encode_receipt(tampered)), "r")
    assert str(direct.value) == str(packed.value)


@given(st.binary(max_size=80))
def test_noise_is_no_receipt(data: bytes) -> None:
    """An ``InputError`` and nothing else."""
    with pytest.raises(InputError):
        read_receipt(data, "r")


@settings(deadline=None)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=2))
def test_damage_is_refused_or_found(at: int, patch: bytes) -> None:
    """Overwrite bytes of the compact form: it is not read, or not believed."""
    data = encode_receipt(document())
    start = at % len(data)
    damaged = data[:start] + patch + data[start + len(patch) :]
    if damaged == data:
        return
    with pytest.raises(WalrasError):
        verify_receipt(decode_receipt(damaged), "r")


def test_findings_hold_no_fractions() -> None:
    """A number with a point is nothing a receipt would say."""
    with pytest.raises(WrongType):
        encode_receipt(document() | {"score": parse_json(b"1.5", "n")})


def test_receipts_of_other_batches() -> None:
    """An empty one, one without any solution, and one whose second winner failed."""
    rule = mechanism("exact", max_winners=3)
    auction, solutions = one_owner(balance=100)
    settled = [
        settle(auction_of(), [], rule),
        settle(auction_of(order(1000, 900), order(1000, 2000, name=b"far")), [], rule),
        settle(auction, solutions, rule),
    ]
    for settlement in settled:
        receipt = json.loads(json.dumps(receipt_of(settlement, rule, 3, DEFAULT_CAPS)))
        assert verify_receipt(receipt, "r").settlement.outcome == settlement.outcome
        assert decode_receipt(encode_receipt(receipt)) == receipt
    assert len(settled[2].failed) == 1
