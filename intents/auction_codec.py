"""Auctions as bytes and as JSON, and the hash that names one.

The JSON form is an object with ``"format": "walras-auction/1"``; amounts are decimal text, fractions
"n/d", bytes 0x-prefixed. Both forms come from the same description (``intents.schema``), round-trip
exactly, and are checked by the same rules (``intents.auction_check``).
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from intents.amounts import MAX_PRICE
from intents.assets import MAX_DECIMALS, AssetInfo
from intents.auction import MAX_ASSETS, MAX_ORDERS, MAX_VENUES, Auction, AuctionOrder, Balance, CostModel
from intents.auction_check import check_auction
from intents.canonical import Value, pack, read_int, read_list, unpack
from intents.codec import ASSET, OWNER, TERMS
from intents.errors import WrongValue
from intents.fees import MAX_FACTOR, PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.fields import Fields
from intents.intent import IntentId
from intents.schema import Amount, Flag, Integer, Many, Octets, OneOf, Optional, Ratio, Record, Text
from intents.venue_codec import VENUE

FORMAT: Final = "walras-auction/1"
VERSION: Final = 1
MAX_AUCTION_BYTES: Final = 512 << 20
MAX_POLICIES: Final = 8
_TAG: Final = b"walras/auction/1\0"

_AMOUNT = Amount()
_PART = Ratio(high=MAX_FACTOR)
_POLICY = OneOf(
    {
        "surplus": Record(SurplusFee, {"factor": _PART, "max_volume_factor": Ratio()}),
        "price_improvement": Record(
            PriceImprovementFee,
            {
                "factor": _PART,
                "max_volume_factor": Ratio(),
                "quote": Record(Quote, {"sell": Amount(low=1), "buy": Amount(low=1), "fee": _AMOUNT}),
            },
        ),
        "volume": Record(VolumeFee, {"factor": _PART}),
    }
)
ASSET_INFO = Record(
    AssetInfo,
    {
        "id": ASSET,
        "decimals": Integer(high=MAX_DECIMALS),
        "symbol": Text(64),
        "reference_price": Optional(Amount(high=MAX_PRICE)),
        "buffer": Amount(high=MAX_PRICE),
        "trusted": Flag(),
    },
)
_ORDER = Record(
    AuctionOrder,
    {
        "id": Octets(limit=64, made=IntentId),
        "intent": TERMS,
        "signature": Octets(limit=1024),
        "remaining": _AMOUNT,
        "policies": Many(_POLICY, MAX_POLICIES),
        "fee_by_solver": Flag(),
        "scored": Flag(),
    },
)
AUCTION: Final = Record(
    Auction,
    {
        "name": Text(128),
        "network": Octets(length=32),
        "number": Integer(),
        "assets": Many(ASSET_INFO, MAX_ASSETS),
        "orders": Many(_ORDER, MAX_ORDERS),
        "venues": Many(VENUE, MAX_VENUES),
        "costs": Record(CostModel, {"gas_price": _AMOUNT, "settlement_gas": Integer(), "trade_gas": Integer()}),
        "balances": Many(Record(Balance, {"owner": OWNER, "asset": ASSET, "amount": _AMOUNT}), MAX_ORDERS),
        "deadline_ms": Integer(),
        "seed": Octets(limit=64),
        "jit_owners": Many(Octets(limit=64), 1_000),
    },
    check_auction,
)


def encode_auction(auction: Auction) -> bytes:
    """The canonical bytes of ``auction``."""
    fields = AUCTION.to_wire(auction)
    assert isinstance(fields, list)
    return pack([VERSION, *fields])


def decode_auction(data: bytes, where: str = "auction") -> Auction:
    """The auction in ``data``, refused unless canonical and consistent."""
    value: Value = unpack(data, where, limit=MAX_AUCTION_BYTES)
    version, *fields = read_list(value, where, limit=len(AUCTION.parts) + 1, length=len(AUCTION.parts) + 1)
    if read_int(version, f"{where}.version") != VERSION:
        raise WrongValue(f"{where}.version", f"version {VERSION}", str(version))
    return AUCTION.from_wire(fields, where)


def auction_hash(auction: Auction) -> bytes:
    """SHA-256 over a domain tag and the canonical bytes."""
    return hashlib.sha256(_TAG + encode_auction(auction)).digest()


def auction_to_json(auction: Auction) -> dict[str, Any]:
    """The native JSON form."""
    return {"format": FORMAT, **AUCTION.to_json(auction)}


def auction_from_json(document: object, where: str) -> Auction:
    """The inverse of ``auction_to_json``; every field is checked and named when wrong."""
    fields = Fields(document, where)
    fields.choice("format", (FORMAT,))
    fields.only("format", *AUCTION.parts)
    return AUCTION.from_fields(fields, where)
