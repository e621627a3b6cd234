"""Each rule an intent must keep by itself, broken once."""

from __future__ import annotations

from typing import Any

import pytest

from intents.assets import AssetId
from intents.check import check_asset_id, check_intent
from intents.errors import AmountOutOfRange, Duplicate, TooMany, WalrasError, WrongValue
from intents.intent import (
    NEVER,
    CurvePoint,
    DutchCurve,
    Exclusivity,
    FillMode,
    FillRule,
    Kind,
    Leg,
    Owner,
    OwnerScheme,
)
from intents.keys import NotAKey
from intents.records import replace
from tests.unit.intents.examples import BASKET, SWAP, A, B, C

MANY = tuple(Leg(AssetId(f"asset-{i}"), 1) for i in range(17))
BROKEN: list[tuple[dict[str, Any], type[WalrasError], str]] = [
    ({"network": b""}, WrongValue, "i.network"),
    ({"network": bytes(33)}, WrongValue, "i.network"),
    ({"owner": Owner(OwnerScheme.ED25519, bytes(31))}, NotAKey, "i.owner"),
    ({"owner": Owner(OwnerScheme.EIP712, bytes(32))}, WrongValue, "i.owner"),
    ({"owner": Owner(OwnerScheme.RECORDED, b"")}, WrongValue, "i.owner"),
    ({"owner": Owner(OwnerScheme.RECORDED, bytes(65))}, WrongValue, "i.owner"),
    ({"nonce": -1}, AmountOutOfRange, "i.nonce"),
    ({"nonce": 2**63}, AmountOutOfRange, "i.nonce"),
    ({"valid_from": -1}, AmountOutOfRange, "i.valid_from"),
    ({"valid_from": 21}, AmountOutOfRange, "i.valid_from"),
    ({"valid_to": NEVER + 1}, AmountOutOfRange, "i.valid_to"),
    ({"give": ()}, WrongValue, "i.give"),
    ({"want": ()}, WrongValue, "i.want"),
    ({"give": MANY, "kind": Kind.BASKET}, TooMany, "i.give"),
    ({"want": MANY, "kind": Kind.BASKET}, TooMany, "i.want"),
    ({"give": (Leg(A, 0),)}, AmountOutOfRange, "i.give[0].amount"),
    ({"give": (Leg(A, -5),)}, AmountOutOfRange, "i.give[0].amount"),
    ({"want": (Leg(B, 2**127),)}, AmountOutOfRange, "i.want[0].amount"),
    ({"want": (Leg(AssetId("a b"), 1),)}, WrongValue, "i.want[0].asset"),
    ({"want": (Leg(A, 2_000),)}, Duplicate, "i"),
    ({"give": (Leg(A, 1_000), Leg(C, 1))}, WrongValue, "i.give"),
    ({"want": (Leg(B, 1), Leg(C, 1)), "kind": Kind.EXACT_OUT}, WrongValue, "i.want"),
    ({"fill": FillRule(FillMode.PARTIAL, 1_001)}, AmountOutOfRange, "i.fill.min_fill"),
    ({"fill": FillRule(FillMode.FILL_OR_KILL, 1)}, AmountOutOfRange, "i.fill.min_fill"),
    ({"curve": DutchCurve(())}, WrongValue, "i.curve"),
    ({"curve": DutchCurve(tuple(CurvePoint(i, 2_000) for i in range(17)))}, TooMany, "i.curve"),
    ({"curve": DutchCurve((CurvePoint(5, 2_000),) * 2)}, AmountOutOfRange, "i.curve.points[1].at"),
    ({"curve": DutchCurve((CurvePoint(5, 1_999),))}, AmountOutOfRange, "i.curve.points[0].amount"),
    ({"curve": DutchCurve((CurvePoint(5, 1_001),)), "kind": Kind.EXACT_OUT}, AmountOutOfRange,
     "i.curve.points[0].amount"),
    ({"curve": DutchCurve((CurvePoint(5, 0),)), "kind": Kind.EXACT_OUT}, AmountOutOfRange,
     "i.curve.points[0].amount"),
    ({"curve": DutchCurve((CurvePoint(5, 2_000),)), "kind": Kind.BASKET}, WrongValue, "i.curve"),
    ({"exclusive": Exclusivity("", 1, 1)}, WrongValue, "i.exclusive.solver"),
    ({"exclusive": Exclusivity("a", -1, 1)}, AmountOutOfRange, "i.exclusive.until"),
    ({"exclusive": Exclusivity("a", 1, -1)}, AmountOutOfRange, "i.exclusive.override_bps"),
    ({"exclusive": Exclusivity("a", 1, 100_001)}, AmountOutOfRange, "i.exclusive.override_bps"),
    ({"max_fee": -1}, AmountOutOfRange, "i.max_fee"),
    ({"max_fee": 1_001}, AmountOutOfRange, "i.max_fee"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "place"), BROKEN, ids=[f"{n}-{b[2]}" for n, b in enumerate(BROKEN)])
def test_a_broken_rule_names_its_field(change: dict[str, Any], kind: type[WalrasError], place: str) -> None:
    """One change to a good intent breaks one rule."""
    with pytest.raises(kind) as caught:
        check_intent(replace(SWAP, **change), "i")
    assert caught.value.where == place


def test_good_intents_pass_unchanged() -> None:
    """The checked intent is the one that came in, bounds included."""
    for intent in (
        SWAP,
        BASKET,
        replace(SWAP, valid_from=20, max_fee=1_000, fill=FillRule(FillMode.PARTIAL, 1_000)),
        replace(SWAP, curve=DutchCurve((CurvePoint(5, 2_000), CurvePoint(6, 2_000)))),
        replace(BASKET, give=MANY[:16], max_fee=0, fill=FillRule(FillMode.FILL_OR_KILL)),
    ):
        assert check_intent(intent) is intent


@pytest.mark.parametrize("asset", ["", "a" * 65, "a b", "é", "a\n", "\x7f", "\x00"])
def test_asset_ids_are_short_printable_ascii(asset: str) -> None:
    """Nothing invisible names an asset."""
    with pytest.raises(WrongValue):
        check_asset_id(asset, "x")


def test_an_intent_knows_its_reference_and_pairs() -> None:
    """The reference leg follows the kind; a basket trades on every pair of its legs."""
    assert SWAP.reference_leg == Leg(A, 1_000)
    assert replace(SWAP, kind=Kind.EXACT_OUT).reference_leg == Leg(B, 2_000)
    assert BASKET.reference_leg == Leg(A, 1_000)
    assert SWAP.is_swap
    assert not BASKET.is_swap
    assert BASKET.pairs == (("A", "B"), ("A", "D"), ("C", "B"), ("C", "D"))
