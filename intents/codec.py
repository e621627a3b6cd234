"""Intents on the wire: canonical msgpack arrays, and the id that is their hash.

    [1, network, [scheme, key], nonce, valid_from, valid_to, [[asset, max], …], [[asset, min], …],
     kind, [mode, min_fill], curve | nil, exclusive | nil, max_fee]

Amounts are minimal big-endian byte strings. The leading number is the format's version.
"""

from __future__ import annotations

import hashlib
from typing import Final

from intents.assets import AssetId
from intents.canonical import (
    Value,
    pack,
    pack_amount,
    read_amount,
    read_bytes,
    read_int,
    read_list,
    read_text,
    unpack,
)
from intents.check import check_intent
from intents.errors import WrongValue
from intents.intent import (
    MAX_CURVE_POINTS,
    MAX_INTENT_BYTES,
    MAX_LEGS,
    CurvePoint,
    DutchCurve,
    Exclusivity,
    FillMode,
    FillRule,
    Intent,
    IntentId,
    Kind,
    Leg,
    Owner,
    OwnerScheme,
)

VERSION: Final = 1
INTENT_TAG: Final = b"walras/intent/1\0"

_SCHEMES: Final = (OwnerScheme.ED25519, OwnerScheme.EIP712, OwnerScheme.RECORDED)
_KINDS: Final = (Kind.EXACT_IN, Kind.EXACT_OUT, Kind.BASKET)
_MODES: Final = (FillMode.FILL_OR_KILL, FillMode.PARTIAL)


def encode_intent(intent: Intent) -> bytes:
    """The canonical bytes of ``intent``."""
    return pack(intent_value(intent))


def decode_intent(data: bytes, where: str = "intent") -> Intent:
    """The intent in ``data``; anything malformed, inconsistent or not canonical is refused."""
    return read_intent(unpack(data, where, limit=MAX_INTENT_BYTES), where)


def intent_id(intent: Intent) -> IntentId:
    """SHA-256 over a domain tag and the canonical bytes."""
    return IntentId(hashlib.sha256(INTENT_TAG + encode_intent(intent)).digest())


def intent_value(intent: Intent) -> Value:
    """The array form that ``encode_intent`` packs; auctions embed it."""
    curve = intent.curve
    exclusive = intent.exclusive
    return [
        VERSION,
        intent.network,
        [_SCHEMES.index(intent.owner.scheme), intent.owner.key],
        intent.nonce,
        intent.valid_from,
        intent.valid_to,
        [[leg.asset, pack_amount(leg.amount)] for leg in intent.give],
        [[leg.asset, pack_amount(leg.amount)] for leg in intent.want],
        _KINDS.index(intent.kind),
        [_MODES.index(intent.fill.mode), pack_amount(intent.fill.min_fill)],
        None if curve is None else [[point.at, pack_amount(point.amount)] for point in curve.points],
        None if exclusive is None else [exclusive.solver, exclusive.until, exclusive.override_bps],
        pack_amount(intent.max_fee),
    ]


def read_intent(value: Value, where: str) -> Intent:
    """The inverse of ``intent_value``, checked."""
    parts = read_list(value, where, limit=13, length=13)
    version = read_int(parts[0], f"{where}.version")
    if version != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(version))
    scheme, key = read_list(parts[2], f"{where}.owner", limit=2, length=2)
    mode, min_fill = read_list(parts[9], f"{where}.fill", limit=2, length=2)
    intent = Intent(
        network=read_bytes(parts[1], f"{where}.network", limit=32),
        owner=Owner(
            _SCHEMES[read_int(scheme, f"{where}.owner.scheme", high=len(_SCHEMES) - 1)],
            read_bytes(key, f"{where}.owner.key", limit=64),
        ),
        nonce=read_int(parts[3], f"{where}.nonce"),
        valid_from=read_int(parts[4], f"{where}.valid_from"),
        valid_to=read_int(parts[5], f"{where}.valid_to"),
        give=_legs(parts[6], f"{where}.give"),
        want=_legs(parts[7], f"{where}.want"),
        kind=_KINDS[read_int(parts[8], f"{where}.kind", high=len(_KINDS) - 1)],
        fill=FillRule(
            _MODES[read_int(mode, f"{where}.fill.mode", high=len(_MODES) - 1)],
            read_amount(min_fill, f"{where}.fill.min_fill"),
        ),
        curve=_curve(parts[10], f"{where}.curve"),
        exclusive=_exclusive(parts[11], f"{where}.exclusive"),
        max_fee=read_amount(parts[12], f"{where}.max_fee"),
    )
    return check_intent(intent, where)


def _legs(value: Value, where: str) -> tuple[Leg, ...]:
    legs = []
    for i, item in enumerate(read_list(value, where, limit=MAX_LEGS)):
        asset, amount = read_list(item, f"{where}[{i}]", limit=2, length=2)
        legs.append(
            Leg(
                AssetId(read_text(asset, f"{where}[{i}].asset", limit=64)),
                read_amount(amount, f"{where}[{i}].amount"),
            )
        )
    return tuple(legs)


def _curve(value: Value, where: str) -> DutchCurve | None:
    if value is None:
        return None
    points = []
    for i, item in enumerate(read_list(value, where, limit=MAX_CURVE_POINTS)):
        at, amount = read_list(item, f"{where}.points[{i}]", limit=2, length=2)
        points.append(
            CurvePoint(read_int(at, f"{where}.points[{i}].at"), read_amount(amount, f"{where}.points[{i}].amount"))
        )
    return DutchCurve(tuple(points))


def _exclusive(value: Value, where: str) -> Exclusivity | None:
    if value is None:
        return None
    solver, until, override_bps = read_list(value, where, limit=3, length=3)
    return Exclusivity(
        read_text(solver, f"{where}.solver", limit=64),
        read_int(until, f"{where}.until"),
        read_int(override_bps, f"{where}.override_bps"),
    )
