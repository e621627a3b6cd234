"""Auctions as bytes and JSON: one hash, the documented shape, and every rule of a complete record."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from typing import Any

import pytest

from intents.amounts import MAX_PRICE
from intents.assets import AssetId, AssetInfo
from intents.auction import Auction, Balance, CostModel
from intents.auction_check import check_auction
from intents.auction_codec import (
    auction_from_json,
    auction_hash,
    auction_to_json,
    decode_auction,
    encode_auction,
)
from intents.errors import (
    AmountOutOfRange,
    Duplicate,
    InputError,
    NonCanonical,
    UnknownAsset,
    WalrasError,
    WrongValue,
)
from intents.intent import IntentId, Leg, Owner, OwnerScheme
from intents.records import replace
from intents.strict_json import parse_json
from intents.venue_states import VenueId
from tests.unit.intents.examples import AUCTION, NETWORK, POLICIES, POOL, SWAP, A, B, signed

GOLDEN_HASH = "4b04486742594c49241436796eade5a95a8fefd7fdec9dad68326470be46be10"


def through_json(auction: Auction) -> Auction:
    text = json.dumps(auction_to_json(auction)).encode()
    return auction_from_json(parse_json(text, "a.json"), "a.json")


def test_both_forms_come_back() -> None:
    """Bytes and JSON hold the whole auction, and hash alike."""
    assert decode_auction(encode_auction(AUCTION)) == AUCTION
    assert through_json(AUCTION) == AUCTION
    assert auction_hash(through_json(AUCTION)) == auction_hash(AUCTION)


def test_the_hash_never_changes() -> None:
    """Receipts are out there: this hash may only change with the version."""
    assert auction_hash(AUCTION).hex() == GOLDEN_HASH


def test_every_field_changes_the_hash() -> None:
    """No part of an auction can be altered without its hash showing it."""
    order = AUCTION.orders[0]
    changed: dict[str, Any] = {
        "name": "other",
        "network": bytes(32),
        "number": 13,
        "assets": AUCTION.assets[::-1],
        "orders": (replace(order, remaining=999), *AUCTION.orders[1:]),
        "venues": (replace(POOL, reserves=(10**6, 10**6 + 1)),),
        "costs": CostModel(1, 2, 4),
        "balances": (),
        "deadline_ms": 0,
        "seed": b"",
        "jit_owners": (),
    }
    assert set(changed) == {field.name for field in fields(Auction)}
    hashes = {auction_hash(replace(AUCTION, **{name: value})) for name, value in changed.items()}
    for name, value in (
        ("signature", b"x"),
        ("policies", POLICIES[:2]),
        ("policies", POLICIES[::-1]),
        ("fee_by_solver", False),
        ("scored", False),
        ("id", IntentId(b"x")),
    ):
        part: dict[str, Any] = {name: value}
        hashes.add(auction_hash(replace(AUCTION, orders=(replace(order, **part), *AUCTION.orders[1:]))))
    assert len(hashes | {auction_hash(AUCTION)}) == len(changed) + 7


def test_json_is_the_documented_shape() -> None:
    """Amounts are decimal text, fractions n/d, bytes 0x-prefixed; what is at its default is left out."""
    document = auction_to_json(AUCTION)
    assert document["format"] == "walras-auction/1"
    assert document["seed"] == "0x73656564"
    assert document["costs"] == {"gas_price": "1", "settlement_gas": 2, "trade_gas": 3}
    assert document["assets"][1] == {"id": "B", "decimals": 6}
    assert document["venues"][0]["kind"] == "constant_product"
    assert document["venues"][0]["fee"] == "3/1000"
    assert document["orders"][0]["policies"][0] == {
        "kind": "surplus",
        "factor": "1/2",
        "max_volume_factor": "1/100",
    }
    bare = replace(AUCTION, balances=(), deadline_ms=0, seed=b"", jit_owners=(), costs=CostModel())
    assert set(auction_to_json(bare)) == {"format", "name", "network", "number", "assets", "orders", "venues"}


Edit = Callable[[dict[str, Any]], object]
#: What is done to the JSON of a good auction, and how the error begins.
DEFECTS: list[tuple[Edit, str]] = [
    (lambda d: d.pop("format"), 'a.json: field "format" is missing'),
    (lambda d: d.update(format="walras-auction/2"), "a.json: format: 'walras-auction/2' is not one of"),
    (lambda d: d.update(ordres=[]), 'a.json: unknown field "ordres"; did you mean "orders"?'),
    (lambda d: d.pop("number"), 'a.json: field "number" is missing'),
    (lambda d: d.update(number=-1), "a.json: number: -1 is outside"),
    (lambda d: d.update(network="0x00"), "a.json: network: 1 bytes is not 32 bytes"),
    (lambda d: d.update(name="n" * 129), "a.json: name: 129 characters"),
    (lambda d: d.update(assets={}), "a.json: assets: expected a list, got an object"),
    (lambda d: d["assets"][0].update(decimals=37), "a.json: assets[0].decimals: 37 is outside 0 .. 36"),
    (lambda d: d["assets"][0].update(reference_price=str(MAX_PRICE + 1)), "a.json: assets[0].reference_price: "),
    (lambda d: d["assets"][0].update(trusted=1), "a.json: assets[0].trusted: expected true or false"),
    (lambda d: d["assets"].append(d["assets"][0]), "a.json: assets: asset A appears twice"),
    (lambda d: d["assets"].pop(1), 'a.json: orders[0]: asset "B" is not declared in the auction'),
    (lambda d: d["assets"].pop(3), 'a.json: orders[1]: asset "D" is not declared in the auction'),
    (lambda d: d["orders"].append(d["orders"][0]), "a.json: orders: order 0x"),
    (lambda d: d["orders"][0].update(remaining="1001"), "a.json: orders[0].remaining: 1001 is outside 0 .. 1000"),
    (lambda d: d["orders"][0].update(remaining="-1"), "a.json: orders[0].remaining: -1 is outside"),
    (lambda d: d["orders"][0].update(remaining=str(10**40)), "a.json: orders[0].remaining: 1000000"),
    (lambda d: d["orders"][0].update(id="0x"), "a.json: orders[0].id: none is not an id of at least one byte"),
    (lambda d: d["orders"][0].update(id="0x" + "00" * 65), "a.json: orders[0].id: 132 characters, at most 130"),
    (lambda d: d["orders"][0].update(signature="zz"), "a.json: orders[0].signature: expected 0x-prefixed"),
    (
        lambda d: d["orders"][0]["intent"].update(network="0x" + "00" * 32),
        "a.json: orders[0].intent.network: 00000",
    ),
    (
        lambda d: d["orders"][0]["intent"]["give"][0].update(amount="0"),
        "a.json: orders[0].intent.give[0].amount: 0",
    ),
    (lambda d: d["orders"][0]["intent"]["owner"].update(key="0x" + "00" * 32), "a.json: orders[0].intent.owner: "),
    (lambda d: d["orders"][0]["intent"]["owner"].update(scheme="pgp"), "a.json: orders[0].intent.owner.scheme: "),
    (
        lambda d: d["orders"][0]["policies"][0].update(kind="tax"),
        "a.json: orders[0].policies[0].kind: 'tax' is not",
    ),
    (lambda d: d["orders"][0]["policies"][0].update(factor="3/2"), "a.json: orders[0].policies[0].factor: 3/2 is"),
    (
        lambda d: d["orders"][0]["policies"][0].update(quote={}),
        'a.json: orders[0].policies[0]: unknown field "quote"',
    ),
    (
        lambda d: d["orders"][0]["policies"][1]["quote"].update(sell="0"),
        "a.json: orders[0].policies[1].quote.sell: 0",
    ),
    (
        lambda d: d["orders"][0].update(policies=d["orders"][0]["policies"] * 3),
        "a.json: orders[0].policies: one of 9",
    ),
    (lambda d: d["venues"].append(d["venues"][0]), "a.json: venues: venue pool appears twice"),
    (lambda d: d["venues"][0].update(assets=["A", "Z"]), 'a.json: venues[0]: asset "Z" is not declared'),
    (
        lambda d: d["venues"][0].update(assets=["A"]),
        "a.json: venues[0].assets: 1 assets, a venue trades at least 2",
    ),
    (lambda d: d["venues"][0].update(reserves=["0", "1"]), "a.json: venues[0].reserves: reserves of A are zero"),
    (lambda d: d["venues"][0].update(fee="1"), "a.json: venues[0].fee: 1 is not a fraction from 0 up to"),
    (lambda d: d["venues"][0].update(kind="magic"), "a.json: venues[0].kind: 'magic' is not one of"),
    (lambda d: d["venues"][0].update(ticks=[]), 'a.json: venues[0]: unknown field "ticks"'),
    (lambda d: d["balances"].append(d["balances"][0]), "a.json: balances: balance A of ed25519:"),
    (lambda d: d["balances"][0].update(asset="Z"), 'a.json: balances[0]: asset "Z" is not declared'),
    (lambda d: d["costs"].update(gas_price="-1"), "a.json: costs.gas_price: -1 is outside"),
    (lambda d: d.update(jit_owners=["0x1"]), "a.json: jit_owners[0]: expected 0x-prefixed"),
]


@pytest.mark.parametrize(("edit", "message"), DEFECTS, ids=[f"{n}-{d[1][8:40]}" for n, d in enumerate(DEFECTS)])
def test_a_defect_is_named_by_path(edit: Edit, message: str) -> None:
    """Each wrong field of the JSON form meets an error that begins with its path."""
    document = auction_to_json(AUCTION)
    edit(document)
    with pytest.raises(WalrasError) as caught:
        auction_from_json(document, "a.json")
    assert str(caught.value).startswith(message)


CHANGES: list[tuple[dict[str, Any], type[InputError]]] = [
    ({"assets": (*AUCTION.assets, AUCTION.assets[0])}, Duplicate),
    ({"orders": AUCTION.orders[:1] * 2}, Duplicate),
    ({"venues": (POOL, POOL)}, Duplicate),
    ({"balances": AUCTION.balances * 2}, Duplicate),
    ({"assets": AUCTION.assets[1:]}, UnknownAsset),
    ({"balances": (Balance(SWAP.owner, AssetId("Z"), 1),)}, UnknownAsset),
    ({"venues": (replace(POOL, assets=(A, AssetId("Z"))),)}, UnknownAsset),
    ({"orders": (signed(SWAP, remaining=1_001),)}, AmountOutOfRange),
    ({"orders": (signed(SWAP, id=IntentId(b"")),)}, WrongValue),
    ({"orders": (signed(replace(SWAP, network=bytes(32))),)}, WrongValue),
]


@pytest.mark.parametrize(("change", "kind"), CHANGES)
def test_an_inconsistent_auction_is_no_auction(change: dict[str, Any], kind: type[InputError]) -> None:
    """The same rules hold for auctions built in memory and for decoded bytes."""
    broken = replace(AUCTION, **change)
    with pytest.raises(kind, match=r"^a: "):
        check_auction(broken, "a")
    with pytest.raises(kind):
        decode_auction(encode_auction(broken))


def test_nothing_remains_below_zero() -> None:
    """A negative remainder, which bytes cannot even say, is refused in memory too."""
    with pytest.raises(AmountOutOfRange, match=r"a: orders\[0\]\.remaining: -1 is outside 0 \.\. 1000"):
        check_auction(replace(AUCTION, orders=(signed(SWAP, remaining=-1),)), "a")


def test_recorded_orders_come_from_other_networks() -> None:
    """Only orders whose signature binds a network must match it."""
    recorded = replace(SWAP, network=bytes(32), owner=Owner(OwnerScheme.RECORDED, b"x"))
    auction = replace(AUCTION, orders=(signed(recorded),))
    assert check_auction(auction, "a") is auction


def test_an_auction_looks_up_by_id() -> None:
    """Assets, orders and venues are found by id; a price may be unknown."""
    assert AUCTION.order[AUCTION.orders[1].id] is AUCTION.orders[1]
    assert AUCTION.venue[VenueId("pool")] is POOL
    assert AUCTION.reference_price(A) == 10**18
    assert AUCTION.reference_price(B) is None
    assert AUCTION.reference_price(AssetId("Z")) is None


def test_bytes_are_canonical_or_refused() -> None:
    """A fraction not in lowest terms, a trailing byte or another version is no auction."""
    data = encode_auction(AUCTION)
    third = b"\xc4\x01\x01\xc4\x01\x03"
    assert third in data
    with pytest.raises(WrongValue, match="2/6 is not in lowest terms"):
        decode_auction(data.replace(third, b"\xc4\x01\x02\xc4\x01\x06"))
    with pytest.raises(InputError):
        decode_auction(data + b"\x00")
    with pytest.raises(NonCanonical):
        decode_auction(data[:1] + b"\xcc\x01" + data[2:])
    with pytest.raises(WrongValue, match="2 is not version 1"):
        decode_auction(data[:1] + b"\x02" + data[2:])
    assert data[:2] == b"\x9c\x01"


def test_the_smallest_auction() -> None:
    """One asset and nothing else is complete; what it cannot do is not this room's business."""
    small = Auction("", NETWORK, 0, (AssetInfo(A, 0),), (), ())
    assert decode_auction(encode_auction(small)) == small == through_json(small)
    assert Leg(A, 1).asset == small.assets[0].id
    assert POOL.fee == Fraction(3, 1000)
