"""Intents on the wire: canonical msgpack arrays, and the id that is their hash.

    [1, network, [scheme, key], nonce, valid_from, valid_to, [[asset, max], …], [[asset, min], …],
     kind, [mode, min_fill], curve | nil, exclusive | nil, max_fee]

A conditional intent goes on with ``when | nil, schedule | nil, group``. Amounts are minimal big-endian byte
strings. The leading number is the format's version.
"""

from __future__ import annotations

import hashlib
from typing import Final

from intents.assets import MAX_ASSET_ID_LENGTH, AssetId
from intents.canonical import Value, pack, read_int, read_list, unpack
from intents.check import check_asset_id, check_intent
from intents.conditions import CONDITION, MAX_GROUP_BYTES, SCHEDULE
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
from intents.remember import Known, note, remembered
from intents.schema import Amount, Choice, Integer, Many, Octets, Optional, Record, Text

VERSION: Final = 1
INTENT_TAG: Final = b"walras/intent/1\0"

ASSET: Final = Text(MAX_ASSET_ID_LENGTH, AssetId, check_asset_id)
LEG: Final = Record(Leg, {"asset": ASSET, "amount": Amount(low=1)})
OWNER: Final = Record(Owner, {"scheme": Choice(OwnerScheme), "key": Octets(limit=64)})
_POINT: Final = Record(CurvePoint, {"at": Integer(), "amount": Amount(low=1)})
INTENT: Final = Record(
    Intent,
    {
        "network": Octets(length=32),
        "owner": OWNER,
        "nonce": Integer(),
        "valid_from": Integer(),
        "valid_to": Integer(),
        "give": Many(LEG, MAX_LEGS),
        "want": Many(LEG, MAX_LEGS),
        "kind": Choice(Kind),
        "fill": Record(FillRule, {"mode": Choice(FillMode), "min_fill": Amount()}),
        "curve": Optional(Record(DutchCurve, {"points": Many(_POINT, MAX_CURVE_POINTS)})),
        "exclusive": Optional(
            Record(Exclusivity, {"solver": Text(64), "until": Integer(), "override_bps": Integer()})
        ),
        "max_fee": Amount(),
        "when": Optional(CONDITION),
        "schedule": Optional(SCHEDULE),
        "group": Octets(limit=MAX_GROUP_BYTES),
    },
    check_intent,
    tail=3,
)


_REMEMBERED: Final = 1 << 14
_wire_forms: Final[Known[Intent, Value]] = {}


class _Terms:
    """``INTENT``, its wire form remembered: for the id, the item, each step of the order and the auction."""

    to_wire = staticmethod(remembered(_REMEMBERED, _wire_forms)(INTENT.to_wire))

    @staticmethod
    def from_wire(value: Value, where: str) -> Intent:
        """An intent has one wire form: the one that it was read from."""
        found = INTENT.from_wire(value, where)
        note(_wire_forms, _REMEMBERED, found, value)
        return found

    to_json = staticmethod(INTENT.to_json)
    from_json = staticmethod(INTENT.from_json)


TERMS: Final = _Terms()


def encode_intent(intent: Intent) -> bytes:
    """The canonical bytes of ``intent``."""
    return pack(intent_value(intent))


def decode_intent(data: bytes, where: str = "intent") -> Intent:
    """The intent in ``data``; anything malformed, inconsistent or not canonical is refused."""
    return read_intent(unpack(data, where, limit=MAX_INTENT_BYTES), where)


@remembered(_REMEMBERED)
def intent_id(intent: Intent) -> IntentId:
    """SHA-256 over a domain tag and the canonical bytes."""
    return IntentId(hashlib.sha256(INTENT_TAG + encode_intent(intent)).digest())


def intent_value(intent: Intent) -> Value:
    """The array form that ``encode_intent`` packs."""
    fields = TERMS.to_wire(intent)
    assert isinstance(fields, list)
    return [VERSION, *fields]


def read_intent(value: Value, where: str) -> Intent:
    """The inverse of ``intent_value``, checked."""
    items = read_list(value, where, limit=len(INTENT.parts) + 1)
    version = items[0] if items else None
    if read_int(version, f"{where}.version") != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(version))
    return INTENT.from_wire(items[1:], where)
