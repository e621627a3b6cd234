"""Intents on the wire: exact bytes, a stable id, and refusal of everything else."""

from __future__ import annotations

import hashlib
from typing import Any

import msgpack
import pytest

from intents.codec import (
    INTENT,
    INTENT_TAG,
    TERMS,
    VERSION,
    decode_intent,
    encode_intent,
    intent_id,
    intent_value,
)
from intents.conditions import From, Schedule
from intents.errors import (
    AmountOutOfRange,
    Duplicate,
    InputError,
    Malformed,
    NonCanonical,
    TooDeep,
    Unreadable,
    WalrasError,
    WrongType,
    WrongValue,
)
from intents.intent import (
    MAX_INTENT_BYTES,
    CurvePoint,
    DutchCurve,
    Exclusivity,
    FillRule,
    Intent,
    Kind,
    Leg,
    Owner,
    OwnerScheme,
)
from intents.records import replace
from tests.unit.intents.examples import BASKET, SWAP, A, B, C, D

FULL = replace(
    SWAP,
    curve=DutchCurve((CurvePoint(10, 3_000), CurvePoint(20, 2_000))),
    exclusive=Exclusivity("rings", 15, 25),
)
GOLDEN_ID = "f79ae271c2326afb2414124e94b028d692353e56bb39de9feeefc0ea3ed10dff"
#: Positions in the array form.
NETWORK, OWNER, NONCE, FROM, TO, GIVE, WANT, KIND, FILL, CURVE, EXCLUSIVE, FEE = range(1, 13)


def wire(**changes: Any) -> list[Any]:
    """The array form of ``FULL`` with positions replaced: ``wire(_3=5)``."""
    value: list[Any] = list(intent_value(FULL))  # type: ignore[arg-type]
    for place, item in changes.items():
        value[int(place[1:])] = item
    return value


def packed(value: object) -> bytes:
    data = msgpack.packb(value, use_bin_type=True)
    assert isinstance(data, bytes)
    return data


@pytest.mark.parametrize("intent", [SWAP, BASKET, FULL, replace(SWAP, kind=Kind.EXACT_OUT)])
def test_bytes_come_back_as_the_intent(intent: Intent) -> None:
    """Decoding the encoding is the identity, and the other way round."""
    data = encode_intent(intent)
    assert decode_intent(data) == intent
    assert encode_intent(decode_intent(data)) == data


def test_the_bytes_are_the_documented_array() -> None:
    """Any msgpack library writes the same bytes from the documented array."""
    by_hand = [
        1,
        SWAP.network,
        [0, SWAP.owner.key],
        7,
        10,
        20,
        [["A", b"\x03\xe8"]],
        [["B", b"\x07\xd0"]],
        0,
        [1, b"\x64"],
        [[[10, b"\x0b\xb8"], [20, b"\x07\xd0"]]],
        ["rings", 15, 25],
        b"\x05",
    ]
    assert encode_intent(FULL) == packed(by_hand)
    assert intent_id(FULL) == hashlib.sha256(INTENT_TAG + packed(by_hand)).digest()


def test_the_id_never_changes() -> None:
    """Signed intents are out there: this id may only change with the version."""
    assert VERSION == 1
    assert intent_id(FULL).hex() == GOLDEN_ID


def test_every_field_changes_the_id() -> None:
    """No part of an intent can be altered without its id showing it."""
    changed: dict[str, Any] = {
        "network": bytes(32),
        "owner": Owner(OwnerScheme.RECORDED, SWAP.owner.key),
        "nonce": 8,
        "valid_from": 11,
        "valid_to": 21,
        "give": (Leg(A, 1_001),),
        "want": (Leg(C, 2_000),),
        "kind": Kind.EXACT_OUT,
        "fill": FillRule(FULL.fill.mode, 101),
        "curve": None,
        "exclusive": Exclusivity("rings", 15, 26),
        "max_fee": 6,
        "when": From(3),
        "schedule": Schedule(2, 1),
        "group": b"g",
    }
    assert set(changed) == set(Intent.__struct_fields__)
    ids = {intent_id(replace(FULL, **{name: value})) for name, value in changed.items()}
    assert len(ids | {intent_id(FULL)}) == len(changed) + 1


@pytest.mark.parametrize(
    ("value", "kind", "place"),
    [
        (wire(_0=2), WrongValue, "intent.version"),
        (wire()[:-1], WrongType, "intent"),
        ([*wire(), 0], WrongType, "intent"),
        ({}, WrongType, "intent"),
        (5, WrongType, "intent"),
        (wire(_1=bytes(31)), WrongType, "intent.network"),
        (wire(_1="a" * 32), WrongType, "intent.network"),
        (wire(_2=[3, bytes(32)]), AmountOutOfRange, "intent.owner.scheme"),
        (wire(_2=[True, bytes(32)]), WrongType, "intent.owner.scheme"),
        (wire(_2=[0, bytes(31)]), WalrasError, "intent.owner"),
        (wire(_2=[0, bytes(32)]), WalrasError, "intent.owner"),
        (wire(_2=[1, bytes(19)]), WrongValue, "intent.owner"),
        (wire(_2=[2, b""]), WrongValue, "intent.owner"),
        (wire(_2=[2, bytes(65)]), Unreadable, "intent.owner.key"),
        (wire(_3=-1), AmountOutOfRange, "intent.nonce"),
        (wire(_3=2**63), AmountOutOfRange, "intent.nonce"),
        (wire(_3=1.0), WrongType, "intent"),
        (wire(_3=False), WrongType, "intent.nonce"),
        (wire(_4=21), AmountOutOfRange, "intent.valid_from"),
        (wire(_6=[]), WrongValue, "intent.give"),
        (wire(_6=[["A", b""]]), AmountOutOfRange, "intent.give[0].amount"),
        (wire(_6=[["A", b"\x00\x01"]]), NonCanonical, "intent.give[0].amount"),
        (wire(_6=[["A", b"\x80" + bytes(15)]]), AmountOutOfRange, "intent.give[0].amount"),
        (wire(_6=[["A", 1_000]]), WrongType, "intent.give[0].amount"),
        (wire(_6=[["", b"\x01"]]), WrongValue, "intent.give[0].asset"),
        (wire(_6=[["a b", b"\x01"]]), WrongValue, "intent.give[0].asset"),
        (wire(_6=[["é", b"\x01"]]), WrongValue, "intent.give[0].asset"),
        (wire(_6=[["a" * 65, b"\x01"]]), Unreadable, "intent.give[0].asset"),
        (wire(_6=[["B", b"\x01"]]), Duplicate, "intent"),
        (wire(_6=[["A", b"\x01"]] * 17), Unreadable, "intent.give"),
        (wire(_6=[["A", b"\x01"], ["C", b"\x01"]]), WrongValue, "intent.give"),
        (wire(_8=3), AmountOutOfRange, "intent.kind"),
        (wire(_9=[0, b"\x01"]), AmountOutOfRange, "intent.fill.min_fill"),
        (wire(_10=[[]]), WalrasError, "intent.curve"),
        (wire(_10=[[[10, b"\x0b\xb8"]] * 2]), AmountOutOfRange, "intent.curve.points[1].at"),
        (wire(_10=[[[10, b"\x01"]]]), AmountOutOfRange, "intent.curve.points[0].amount"),
        (wire(_10=[[[i, b"\x0b\xb8"] for i in range(17)]]), Unreadable, "intent.curve.points"),
        (wire(_11=["", 15, 25]), WrongValue, "intent.exclusive.solver"),
        (wire(_11=["a b", 15, 25]), WrongValue, "intent.exclusive.solver"),
        (wire(_11=["rings", 15, 100_001]), AmountOutOfRange, "intent.exclusive.override_bps"),
        (wire(_12=b"\x03\xe9"), AmountOutOfRange, "intent.max_fee"),
        (wire(_12=None), WrongType, "intent.max_fee"),
    ],
)  # fmt: skip
def test_a_malformed_intent_is_refused_by_field(value: object, kind: type[WalrasError], place: str) -> None:
    """The error says which field is wrong."""
    with pytest.raises(kind) as caught:
        decode_intent(packed(value))
    assert caught.value.where == place


def test_every_truncation_and_trailing_byte_is_refused() -> None:
    """Only the whole encoding is an intent."""
    data = encode_intent(FULL)
    for size in range(len(data)):
        with pytest.raises(InputError):
            decode_intent(data[:size])
    for more in (b"\x00", b"\xc0", data):
        with pytest.raises(Malformed):
            decode_intent(data + more)


def test_longer_forms_of_the_same_value_are_refused() -> None:
    """An integer, a text or an array in more bytes than needed has a second hash, and is refused."""
    data = encode_intent(FULL)
    assert data[0] == 0x9D
    for longer in (
        b"\xdc\x00\x0d" + data[1:],
        data[:1] + b"\xcc\x01" + data[2:],
        data.replace(b"\xa1A", b"\xd9\x01A"),
    ):
        assert msgpack.unpackb(longer) == msgpack.unpackb(data)
        with pytest.raises(NonCanonical):
            decode_intent(longer)


def test_oversize_and_deep_bytes_are_refused() -> None:
    """Size is looked at first, and nesting never reaches the stack."""
    with pytest.raises(Unreadable, match="holds 4097 bytes, at most 4096"):
        decode_intent(bytes(MAX_INTENT_BYTES + 1))
    with pytest.raises(TooDeep):
        decode_intent(b"\x91" * 100 + b"\x00")
    with pytest.raises(InputError):
        decode_intent(b"\x91" * MAX_INTENT_BYTES)


def test_the_largest_intent_fits() -> None:
    """Every bound at once stays within the size that is read."""
    legs = [Leg(type(A)(f"{i:064d}"), 2**127 - 1) for i in range(32)]
    huge = replace(
        FULL,
        owner=Owner(OwnerScheme.RECORDED, bytes(64)),
        nonce=2**63 - 1,
        valid_to=2**63 - 1,
        give=tuple(legs[:16]),
        want=tuple(legs[16:]),
        kind=Kind.BASKET,
        curve=None,
        exclusive=Exclusivity("s" * 64, 2**63 - 1, 100_000),
        max_fee=2**127 - 1,
    )
    assert decode_intent(encode_intent(huge)) == huge


def test_json_leaves_defaults_out_and_refuses_strangers() -> None:
    """A plain limit order stays short in JSON; an unknown field is named with the nearest known one."""
    plain = replace(SWAP, fill=FillRule(), max_fee=0)
    document = INTENT.to_json(plain)
    assert set(document) == {"network", "owner", "nonce", "valid_from", "valid_to", "give", "want", "kind"}
    assert INTENT.from_json(document, "i.json") == plain
    with pytest.raises(InputError, match=r'i\.json: unknown field "vaild_to"; did you mean "valid_to"\?'):
        INTENT.from_json({**document, "vaild_to": 1}, "i.json")
    with pytest.raises(InputError, match=r'i\.json: give\[0\]: field "amount" is missing'):
        INTENT.from_json({**document, "give": [{"asset": "A"}]}, "i.json")
    with pytest.raises(InputError, match=r"i\.json: kind: .* is not one of exact_in, exact_out, basket"):
        INTENT.from_json({**document, "kind": "sell"}, "i.json")


def test_basket_legs_keep_their_order() -> None:
    """Legs are not sorted: the first give leg is the reference."""
    turned = replace(BASKET, give=BASKET.give[::-1], fill=FillRule(), max_fee=1)
    assert decode_intent(encode_intent(turned)).give[0].asset == C
    assert intent_id(turned) != intent_id(BASKET)
    assert {B, D} == {leg.asset for leg in turned.want}


@pytest.mark.parametrize("intent", [SWAP, BASKET, FULL, replace(SWAP, when=From(3), group=b"one")])
def test_an_intent_keeps_the_form_it_was_read_from(intent: Intent) -> None:
    """It is what the intent would be written as, so nobody works that out again."""
    form = INTENT.to_wire(intent)
    read = TERMS.from_wire(form, "intent")
    assert read == intent
    assert TERMS.to_wire(read) is form
    assert INTENT.to_wire(read) == form
