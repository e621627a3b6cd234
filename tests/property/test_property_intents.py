"""Laws of intents: one value has one encoding, and nothing read from outside raises an untyped error."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.canonical import unpack
from intents.codec import INTENT, decode_intent, encode_intent, intent_id, intent_value
from intents.curves import ExclusiveToAnother, curve_amount, limits_at
from intents.eip712 import intent_digest, recover
from intents.errors import InputError, WalrasError
from intents.intent import NEVER, DutchCurve, Intent, Kind, Owner, OwnerScheme
from intents.keys import CryptoError
from intents.records import replace
from intents.signing import sign_intent, verify_ed25519, verify_signature
from intents.strict_json import parse_json
from tests.strategies import curves, intents, numbers, signing_key, wallet, wallet_signature

LAW = settings(max_examples=150, deadline=None)
#: Whatever msgpack can say, kinds outside our format among it.
WIRE = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(), st.binary(max_size=40)
    ),
    lambda inner: st.lists(inner, max_size=13) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text('0123456789abcdefx.eE-/[{"\\\n', max_size=30),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text('[{"\\a', max_size=5), inner, max_size=4),
    max_leaves=20,
)


def height(value: object) -> int:
    """How many lists and objects lie within each other."""
    inner = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(map(height, inner), default=0) if isinstance(inner, list) else 0


T = TypeVar("T")


def attempt(call: Callable[..., T], *arguments: object) -> T | WalrasError:
    """What ``call`` returns, or the typed error it raises; any other error fails the test."""
    try:
        return call(*arguments)
    except WalrasError as error:
        return error


def decodes_to_itself(data: bytes) -> None:
    """Either a typed error naming the place, or an intent whose encoding is ``data``."""
    found = attempt(decode_intent, data)
    if isinstance(found, WalrasError):
        assert found.where.startswith("intent")
    else:
        assert encode_intent(found) == data


@LAW
@given(intents())
def test_an_intent_survives_both_forms(intent: Intent) -> None:
    """Bytes and JSON text each come back as the same intent with the same id."""
    assert decode_intent(encode_intent(intent)) == intent
    text = json.dumps(INTENT.to_json(intent)).encode()
    again = INTENT.from_json(parse_json(text, "i.json"), "i.json")
    assert again == intent
    assert intent_id(again) == intent_id(intent)


@LAW
@given(intents(), st.data())
def test_damaged_bytes_are_refused_or_canonical(intent: Intent, data: st.DataObject) -> None:
    """Bytes changed, cut out, put in or repeated never raise anything untyped."""
    damaged = bytearray(encode_intent(intent))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(damaged)))
        end = min(len(damaged), start + data.draw(st.integers(0, 9)))
        damaged[start:end] = data.draw(st.binary(max_size=9) | st.just(bytes(damaged[start:end]) * 2))
    decodes_to_itself(bytes(damaged))


@LAW
@given(intents(), st.integers(0, 12), WIRE)
def test_any_field_may_hold_anything(intent: Intent, place: int, value: Any) -> None:
    """A field of another type, size or nesting is refused, unless it makes another valid intent."""
    wire = intent_value(intent)
    assert isinstance(wire, list)
    wire[place] = value
    packed = msgpack.packb(wire)
    assert isinstance(packed, bytes)
    decodes_to_itself(packed)


@LAW
@given(st.binary(max_size=300))
def test_noise_is_refused(data: bytes) -> None:
    """Random bytes are no intent, no key, no signature and, mostly, no JSON."""
    with pytest.raises(InputError):
        decode_intent(data)
    for found in (attempt(partial(unpack, limit=300), data, "x"), attempt(parse_json, data, "x")):
        assert not isinstance(found, WalrasError) or found.where == "x"


@LAW
@given(intents(), st.sampled_from(sorted(INTENT.parts)), JSON)
def test_any_json_field_may_hold_anything(intent: Intent, name: str, value: object) -> None:
    """What JSON lets in, the canonical bytes can hold."""
    document = {**INTENT.to_json(intent), name: value}
    parsed = attempt(parse_json, json.dumps(document).encode(), "i.json")
    read = parsed if isinstance(parsed, WalrasError) else attempt(INTENT.from_json, parsed, "i.json")
    if isinstance(read, WalrasError):
        assert str(read).startswith("i.json")
    else:
        assert decode_intent(encode_intent(read)) == read


@LAW
@given(st.text('{}[]",:\\u0123d8eEnNaifty+-. \n', max_size=60))
def test_json_is_never_looser_than_json(text: str) -> None:
    """What is accepted, the standard parser accepts too."""
    if not isinstance(attempt(parse_json, text.encode(), "x"), WalrasError):
        json.loads(text)


@LAW
@given(
    JSON.filter(lambda value: "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value)), st.data()
)
def test_depth_is_counted_exactly(value: object, data: st.DataObject) -> None:
    """A document of some depth is read at that bound and refused at one less."""
    text, deep = json.dumps(value).encode(), height(value)
    parse_json(text, "x", max_depth=deep)
    if deep:
        with pytest.raises(InputError, match=f"nested deeper than {deep - 1} levels"):
            parse_json(text, "x", max_depth=deep - 1)


@LAW
@given(st.sampled_from([Kind.EXACT_IN, Kind.EXACT_OUT]), st.data())
def test_a_curve_stays_between_its_neighbours(kind: Kind, data: st.DataObject) -> None:
    """At any time the amount lies between the points around it, and rounding moves it by at most one unit."""
    curve: DutchCurve = data.draw(curves(kind, 10**6))
    at = data.draw(numbers)
    before = [point.amount for point in curve.points if point.at <= at][-1:]
    after = [point.amount for point in curve.points if point.at >= at][:1]
    low, high = curve_amount(curve, at, round_up=False), curve_amount(curve, at, round_up=True)
    assert 0 <= high - low <= 1
    assert min(before + after) <= low <= high <= max(before + after)


@LAW
@given(intents(), st.integers(0, NEVER), st.sampled_from(["rings", "another"]))
def test_moved_limits_never_pass_the_signed_ones(intent: Intent, number: int, solver: str) -> None:
    """However late it is and whoever asks, no owner gives more or gets less than the legs say."""
    limits = attempt(limits_at, intent, number, solver)
    if isinstance(limits, WalrasError):
        assert isinstance(limits, ExclusiveToAnother)
        assert intent.exclusive is not None
        assert number <= intent.exclusive.until
        assert limits.other == solver != intent.exclusive.solver
        return
    assert len(limits.give) == len(intent.give)
    assert len(limits.want) == len(intent.want)
    assert all(moved <= leg.amount for moved, leg in zip(limits.give, intent.give, strict=True))
    assert all(moved >= leg.amount for moved, leg in zip(limits.want, intent.want, strict=True))


@LAW
@given(st.integers(0, 3), st.integers(0, 3), intents(), st.integers(0, 511))
def test_a_signature_fits_its_key_and_every_bit_counts(mine: int, other: int, intent: Intent, bit: int) -> None:
    """Ed25519 signatures verify under their key alone, and not with any one bit turned."""
    intent = replace(intent, owner=Owner(OwnerScheme.ED25519, signing_key(mine).public))
    signature = sign_intent(signing_key(mine), intent)
    verify_signature(intent, intent_id(intent), signature)
    turned = bytearray(signature)
    turned[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CryptoError):
        verify_signature(intent, intent_id(intent), bytes(turned))
    if other != mine:
        with pytest.raises(CryptoError):
            verify_signature(intent, intent_id(intent), sign_intent(signing_key(other), intent))


@LAW
@given(st.integers(0, 3), intents(), st.integers(0, 519))
def test_a_wallet_signature_recovers_its_wallet_only(number: int, intent: Intent, bit: int) -> None:
    """The address comes back, and any one bit turned gives another address or none."""
    digest = intent_digest(intent)
    signature = bytearray(wallet_signature(number, digest))
    assert recover(digest, bytes(signature)) == wallet(number)[1]
    signature[bit // 8] ^= 1 << bit % 8
    assert attempt(recover, digest, bytes(signature)) != wallet(number)[1]


@LAW
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=9), st.binary(min_size=64, max_size=64))
def test_no_random_signature_is_believed(key: bytes, message: bytes, signature: bytes) -> None:
    """Random keys and signatures meet a typed error, on the curve or off it."""
    with pytest.raises(CryptoError):
        verify_ed25519(key, message, signature)
    with pytest.raises(CryptoError):
        recover(key, signature + b"\x1d")
