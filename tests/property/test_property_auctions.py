"""Laws of auctions: both forms are exact, and no document or byte string gets past the border half-read."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import msgpack
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.auction import Auction
from intents.auction_check import check_auction
from intents.auction_codec import (
    auction_from_json,
    auction_hash,
    auction_to_json,
    decode_auction,
    encode_auction,
)
from intents.errors import WalrasError
from intents.formats import load_auction
from intents.formats.cow import auction_from_cow
from intents.formats.cow_export import auction_to_cow, decimal_text
from intents.formats.cow_orders import EXPIRED_BEFORE
from intents.intent import Kind
from intents.signing import verify_signature
from intents.strict_json import parse_json
from tests.strategies import auctions
from tests.unit.intents.documents import cow_document, cow_order, gpv1_document, legacy_document
from tests.unit.intents.examples import AUCTION

wire_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5) | st.binary(max_size=5)
    | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)  # fmt: skip


def places(value: object) -> list[tuple[int, ...]]:
    """The path of every item within nested lists."""
    if not isinstance(value, list):
        return []
    found = [(i,) for i in range(len(value))]
    return found + [(i, *deeper) for i, item in enumerate(value) for deeper in places(item)]


def edit(value: Any, place: tuple[int, ...], action: str, other: object) -> Any:
    """A copy of ``value`` with the item at ``place`` replaced, removed or doubled."""
    changed = copy.deepcopy(value)
    parent = changed
    for step in place[:-1]:
        parent = parent[step]
    if action == "replace":
        parent[place[-1]] = other
    elif action == "remove":
        del parent[place[-1]]
    else:
        parent.insert(place[-1], parent[place[-1]])
    return changed


@settings(max_examples=40, deadline=None)
@given(auctions())
def test_bytes_and_json_come_back_with_one_hash(auction: Auction) -> None:
    """Both outside forms hold everything; every drawn auction is consistent and signed."""
    assert check_auction(auction, "a") is auction
    assert decode_auction(encode_auction(auction)) == auction
    text = json.dumps(auction_to_json(auction)).encode()
    again = auction_from_json(parse_json(text, "a"), "a")
    assert again == auction
    assert auction_hash(again) == auction_hash(auction)
    for order in auction.orders:
        verify_signature(order.intent, order.id, order.signature)


def reads_only_itself(data: bytes) -> Auction | None:
    try:
        auction = decode_auction(data)
    except WalrasError:
        return None
    assert encode_auction(auction) == data
    return auction


@settings(max_examples=30, deadline=None)
@given(auctions(max_orders=2, max_venues=2), st.data())
def test_changed_bytes_are_refused_or_another_auction(auction: Auction, data: st.DataObject) -> None:
    """Cut, flipped and doubled bytes never decode to the same auction, nor to one with other bytes."""
    good = encode_auction(auction)
    for at in data.draw(st.lists(st.integers(0, len(good) - 1), min_size=10, max_size=10)):
        byte = bytes([data.draw(st.integers(0, 255))])
        assert reads_only_itself(good[:at]) is None
        for changed in (
            good[:at] + byte + good[at + 1 :],
            good[:at] + byte + good[at:],
            good[:at] + good[at + 1 :],
        ):
            if changed != good:
                assert reads_only_itself(changed) != auction


@settings(max_examples=40, deadline=None)
@given(auctions(max_orders=2, max_venues=2), st.data())
def test_changed_items_are_refused_or_another_auction(auction: Auction, data: st.DataObject) -> None:
    """The same for well-formed msgpack whose structure is off."""
    good = encode_auction(auction)
    value = msgpack.unpackb(good)
    place = data.draw(st.sampled_from(places(value)))
    action = data.draw(st.sampled_from(["replace", "remove", "double"]))
    changed = msgpack.packb(edit(value, place, action, data.draw(wire_values)))
    if changed != good:
        assert reads_only_itself(changed) != auction


#: What a hand or a broken program may leave where a value was.
odd_values: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 2**32, 2**63, 2**127, 2**255, 2**256, 10**40, 0.5, 1e-99, 1e99),
        *("", "0", "-1", "1", "x", "0x", "0X", "0x00", "1/3", "0/5", "5/0", "1e-40", "1e30", "NaN", "sell"),
        *("İ" * 128, "a" * 5000, "9" * 90, "\n", "2023-11-14T22:13:20Z", "0x" + "11" * 20, "0x" + "ff" * 56),
        *([], [[]], {}, {"": 1}),
    ]
)


def json_places(value: object) -> list[tuple[Any, ...]]:
    """The path of every item within nested lists and objects."""
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return []
    return [path for key, item in items for path in ((key,), *((key, *deeper) for deeper in json_places(item)))]


def mutate(document: Any, data: st.DataObject) -> Any:
    """``document`` with one to three items replaced, removed, doubled, renamed, or swapped for another."""
    document = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        paths = json_places(document)
        if not paths:
            break
        *path, last = data.draw(st.sampled_from(paths))
        parent = document
        for step in path:
            parent = parent[step]
        match data.draw(st.sampled_from(["replace", "remove", "double", "move"])):
            case "replace":
                parent[last] = copy.deepcopy(data.draw(odd_values))
            case "remove":
                del parent[last]
            case "double" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[last]))
            case "double":
                parent[data.draw(st.sampled_from(["x", "", "-1", str(last).upper()]))] = copy.deepcopy(
                    parent[last]
                )
            case _:
                *other, end = data.draw(st.sampled_from(paths))
                source = document
                for step in other:
                    source = source[step]
                parent[last] = copy.deepcopy(source[end])
    return document


def named_or_read(text: bytes, *, lenient: bool = False) -> Auction | None:
    """The auction in ``text``, or nothing when it was refused by an error that begins with the file."""
    refused = ""
    try:
        return load_auction(text, "a.json", lenient=lenient).auction
    except WalrasError as error:
        refused = str(error)
    assert refused.startswith("a.json: ")
    return None


def rich_cow_document() -> dict[str, Any]:
    quote = {"sellAmount": "10", "buyAmount": "20", "fee": "1"}
    policies = [
        {"kind": "surplus", "factor": 0.5, "maxVolumeFactor": 0.01},
        {"kind": "priceImprovement", "factor": 0.1, "maxVolumeFactor": 1, "quote": quote},
        {"kind": "volume", "factor": "0.0002"},
    ]
    signed = cow_order(uid="0x" + "44" * 56, kind="buy", signingScheme="eip712", signature="0x" + "01" * 65)
    return cow_document(cow_order(feePolicies=policies), signed, surplusCapturingJitOrderOwners=["0x" + "55" * 20])


DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "native": lambda: auction_to_json(AUCTION),
    "cow": rich_cow_document,
    "legacy": legacy_document,
    "gpv1": gpv1_document,
}


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(DOCUMENTS)), st.booleans(), st.data())
def test_a_mutated_document_is_refused_by_name_or_a_valid_auction(
    kind: str, lenient: bool, data: st.DataObject
) -> None:
    """Whatever comes out is consistent, round-trips through both forms, and can be sent to an engine."""
    text = json.dumps(mutate(DOCUMENTS[kind](), data)).encode()
    auction = named_or_read(text, lenient=lenient)
    if auction is None:
        return
    assert check_auction(auction, "a") is auction
    assert decode_auction(encode_auction(auction)) == auction
    assert auction_from_json(auction_to_json(auction), "a") == auction
    json.dumps(auction_to_cow(auction))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.data())
def test_cut_and_spoiled_files_are_refused_by_name(junk: bytes, data: st.DataObject) -> None:
    """Truncated text, text with bytes spliced in, and junk end in one typed error or an auction."""
    good = json.dumps(DOCUMENTS[data.draw(st.sampled_from(sorted(DOCUMENTS)))]()).encode()
    at = data.draw(st.integers(0, len(good) - 1))
    for text in (good[:at], good[:at] + junk + good[at:], junk):
        named_or_read(text)


@settings(max_examples=40, deadline=None)
@given(auctions())
def test_an_export_reads_back(auction: Auction) -> None:
    """What is sent to engines parses as a request and keeps every order's remainder, kind and fill rule."""
    document = parse_json(json.dumps(auction_to_cow(auction)).encode(), "a.json")
    again = auction_from_cow(document, "a.json").auction
    kept = [o for o in auction.orders if o.intent.is_swap and o.remaining > 0 and o.intent.exclusive is None]
    live = [order for order in kept if not 0 < order.intent.valid_to < EXPIRED_BEFORE]
    assert len(again.assets) == len(auction.assets)
    assert [order.remaining for order in again.orders] == [order.remaining for order in live]
    assert [order.intent.kind for order in again.orders] == [order.intent.kind for order in live]
    assert [order.intent.partial for order in again.orders] == [order.intent.partial for order in live]
    assert all(order.intent.kind is not Kind.BASKET for order in again.orders)


@settings(max_examples=200, deadline=None)
@given(st.fractions(0, 10**30, max_denominator=10**20))
def test_decimal_text_is_exact_or_cut_below(value: Any) -> None:
    """Forty places, never above the fraction."""
    shown = type(value)(decimal_text(value))
    assert shown <= value < shown + type(value)(1, 10**40)
