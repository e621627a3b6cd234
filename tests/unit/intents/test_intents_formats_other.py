"""The legacy batch schema and GPv1's, and telling formats apart."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId, AssetInfo
from intents.auction_codec import auction_to_json
from intents.errors import InputError, Malformed
from intents.fees import VolumeFee
from intents.formats import EmptyAuction, load_auction
from intents.formats.imported import name_of
from intents.intent import NEVER, FillMode, FillRule, Kind, Owner, OwnerScheme
from intents.venue_states import ConcentratedState, ConstantProductState, StableState, WeightedState
from tests.unit.intents.documents import (
    OWNER,
    SHARE,
    UID,
    USDC,
    WETH,
    cow_document,
    cow_order,
    gpv1_document,
    legacy_document,
    load,
)
from tests.unit.intents.examples import AUCTION, SWAP, signed

FULL = MAX_AMOUNT


def test_a_legacy_file_is_read_whole() -> None:
    """Prices per atom are lifted to 10^18 units, costs in wei become gas, pools are numbered in order."""
    imported = load(legacy_document())
    auction = imported.auction
    assert (imported.format, imported.notes, auction.name, auction.number) == ("legacy", (), "cow-5", 0)
    assert auction.assets == (
        AssetInfo(AssetId(WETH), 18, "WETH", 10**18, 5, True),
        AssetInfo(AssetId(USDC), 6, "USDC", 5 * 10**17, 0, False),
    )
    assert auction.costs.gas_price == 10**9
    assert [(venue.id, venue.gas) for venue in auction.venues] == [(str(i), 90_000) for i in range(4)]
    kinds = [ConstantProductState, WeightedState, StableState, ConcentratedState]
    assert [type(venue) for venue in auction.venues] == kinds
    assert auction.venues[0].address == "0xaa"
    stable, weighted = auction.venues[2], auction.venues[1]
    assert isinstance(stable, StableState)
    assert stable.scaling == (Fraction(10**12), Fraction(1))
    assert isinstance(weighted, WeightedState)
    assert weighted.scaling == (Fraction(10**12), Fraction(1))


def test_legacy_orders_have_their_expiry_in_their_uid() -> None:
    """The last four bytes of the uid are the expiry; all fees are the solver's unless one was signed."""
    sell, buy = load(legacy_document()).auction.orders
    assert (sell.intent.valid_to, buy.intent.valid_to) == (2**32 - 1, 0x66666666)
    assert (sell.intent.kind, buy.intent.kind) == (Kind.EXACT_IN, Kind.EXACT_OUT)
    assert (sell.intent.fill.mode, buy.intent.fill.mode) == (FillMode.FILL_OR_KILL, FillMode.PARTIAL)
    assert sell.intent.owner == Owner(OwnerScheme.RECORDED, bytes.fromhex(OWNER[2:]))
    assert (sell.remaining, buy.remaining, sell.fee_by_solver) == (1_000, 2_000, True)
    document = legacy_document()
    document["orders"]["0"] |= {"fee": {"amount": "7"}, "is_liquidity_order": True}
    document["orders"]["1"]["id"] = "0x0102"
    first, second = load(document).auction.orders
    assert (first.fee_by_solver, first.intent.max_fee, first.scored) == (False, 0, False)
    assert second.intent.valid_to == NEVER
    document["orders"]["1"]["id"] = "0x" + "55" * 52 + "00000001"
    assert load(document).notes == ("left out 1 expired orders: 0x5555555555555555…",)


def test_legacy_orders_without_uids_are_known_by_their_keys() -> None:
    """Early files number their orders only: each gets an id and an owner of its own, the same ones every time."""
    document = legacy_document()
    del document["orders"]["0"]["id"]
    document["orders"]["1"]["id"] = None
    first, second = load(document).auction.orders
    assert load(document).auction.orders == (first, second)
    assert first.id != second.id
    assert first.intent.owner != second.intent.owner
    assert (first.intent.valid_to, first.remaining, second.remaining) == (NEVER, 1_000, 2_000)


LEGACY_DEFECTS: list[tuple[str, object, str]] = [
    ("orders 0 sell_amount", "0", "orders.0.sell_amount: 0 is outside"),
    ("orders 0 is_sell_order", 1, "orders.0.is_sell_order: expected true or false"),
    ("amms 0xAA kind", None, "amms.0xAA.kind: expected text, got null"),
    ("amms 0xAA reserves", {WETH: "1"}, "amms.0xAA.assets: 1 assets, a venue trades at least 2"),
    ("amms 0xCC scaling_rates", {WETH: "1"}, f'amms.0xCC.scaling_rates: field "{USDC}" is missing'),
    ("amms 0xCC scaling_rates", {WETH: "0", USDC: "1"}, f"amms.0xCC.scaling_rates.{WETH}: 0 is outside"),
    ("amms 0xDD pool state liquidity_net", {"1": str(-(2**127))}, "amms.0xDD.pool.state.liquidity_net.1: -17"),
    ("tokens " + WETH + " external_price", -1, f"tokens.{WETH}.external_price: -1 is not between"),
    ("tokens " + WETH + " external_price", "1e41", f"tokens.{WETH}.external_price: 1e41 is not between"),
    ("metadata gas_price", "x", "metadata.gas_price: expected a number"),
    ("orders 1 id", legacy_document()["orders"]["0"]["id"], "orders: order 0x"),
]  # fmt: skip


def with_put(document: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    *path, last = place.split(" ")
    item = document
    for name in path:
        item = item[name]
    item[last] = value
    return document


@pytest.mark.parametrize(("place", "value", "message"), LEGACY_DEFECTS, ids=[d[0] for d in LEGACY_DEFECTS])
def test_a_legacy_defect_is_named_by_path(place: str, value: object, message: str) -> None:
    """One wrong field meets one error that begins with its path."""
    with pytest.raises(InputError) as caught:
        load(with_put(legacy_document(), place, value))
    assert str(caught.value).startswith(f"a.json: {message}")


def test_drained_legacy_pools_are_noted() -> None:
    """A pool with an empty reserve is left out, the others keep their numbers."""
    imported = load(with_put(legacy_document(), "amms 0xAA reserves", {WETH: "0", USDC: "1"}))
    assert [venue.id for venue in imported.auction.venues] == ["1", "2", "3"]
    assert imported.notes == ("left out 1 pools with an empty reserve: id 0",)


def test_legacy_pools_that_were_never_opened_are_noted() -> None:
    """A concentrated pool without a price, as a drained one."""
    state = {"sqrt_price": "0", "liquidity": "0", "tick": "0", "liquidity_net": {}}
    imported = load(with_put(legacy_document(), "amms 0xDD pool state", state))
    assert [venue.id for venue in imported.auction.venues] == ["0", "1", "2"]
    assert imported.notes == ("left out 1 pools with an empty reserve: id 3",)


def test_a_legacy_order_from_a_token_to_itself_is_left_out() -> None:
    """As in the current schema, with a note."""
    imported = load(with_put(legacy_document(), "orders 1 buy_token", WETH))
    assert len(imported.auction.orders) == 1
    assert imported.notes == ("left out 1 orders from a token to itself: orders.1",)


def test_what_is_sound_in_a_legacy_file_and_has_no_place_here_is_left_out() -> None:
    """Amounts of up to 256 bits and a pool of a kind of its own; a token that pools alone mention is declared."""
    document = with_put(legacy_document(), "orders 1 sell_amount", str(2**128))
    document = with_put(document, "amms 0xAA kind", "Ellipse")
    document["amms"]["0xBB"]["reserves"][SHARE] = document["amms"]["0xBB"]["reserves"].pop(USDC)
    document["amms"]["0xCC"]["reserves"][WETH] = str(2**130)
    imported = load(document)
    assert [len(part) for part in (imported.auction.orders, imported.auction.venues)] == [1, 2]
    assert imported.auction.asset[AssetId(SHARE)] == AssetInfo(AssetId(SHARE), 18)
    orders, kinds, pools = imported.notes
    assert orders.startswith("left out 1 orders out of range: a.json: orders.1.sell_amount: 3402")
    assert kinds == "left out 1 pools of unknown kinds: 'Ellipse'"
    assert pools.startswith(f"left out 1 pools out of range: a.json: amms.0xCC.reserves.{WETH}: 1361")


def test_a_legacy_file_read_leniently_loses_single_orders_and_pools() -> None:
    """An amount of 2^128, a pool of an unknown kind, and a token that no entry describes."""
    document = with_put(legacy_document(), "orders 1 sell_amount", str(2**128))
    document = with_put(document, "amms 0xAA kind", "Ellipse")
    document["orders"]["0"]["buy_token"] = "0x" + "77" * 20
    imported = load(document, lenient=True)
    assert [order.id.hex()[:2] for order in imported.auction.orders] == [UID[2:4]]
    assert [venue.id for venue in imported.auction.venues] == ["1", "2", "3"]
    assert AssetInfo(AssetId("0x" + "77" * 20), 18) in imported.auction.assets
    assert [note.split(":")[0] for note in imported.notes] == [
        "left out 1 orders out of range",
        "left out 1 pools of unknown kinds",
    ]
    with pytest.raises(InputError):
        load(document)


def test_a_gpv1_batch_is_read_whole() -> None:
    """Balances bind, the flat fee is a volume fee, nobody sets a network fee."""
    imported = load(gpv1_document())
    auction = imported.auction
    assert (imported.format, imported.notes, auction.name, auction.venues) == ("gpv1", (), "a", ())
    assert auction.assets[0] == AssetInfo(AssetId("T0000"), 18, "OWL", 10**18)
    owner = Owner(OwnerScheme.RECORDED, bytes.fromhex(OWNER[2:]))
    assert [(b.owner, b.asset, b.amount) for b in auction.balances] == [
        (owner, "T0000", 500),
        (owner, "T0001", MAX_AMOUNT),
    ]
    first, second = auction.orders
    assert first.remaining == 500  # the balance, below the order's 1,000
    assert first.policies == (VolumeFee(Fraction(1, 1000)),)
    assert not first.fee_by_solver
    assert first.intent.fill == FillRule(FillMode.PARTIAL, 100)
    assert second.intent.give[0].amount == second.intent.want[0].amount == MAX_AMOUNT


def gpv1_with(**changes: Any) -> dict[str, Any]:
    document = gpv1_document()
    document["orders"] = [document["orders"][0] | changes]
    return document


@pytest.mark.parametrize(
    ("sell", "buy", "expected"),
    [
        (str(2**128 - 1), "1", (FULL, 1)),
        (str(2**128), str(3 * 2**126), (FULL, -(-(3 * 2**126) * FULL // 2**128))),
        ("1000", str(2**128), (499, FULL)),
        ("1", str(2**128), None),  # so dear that nothing is left to sell
        (str(2**127), str(2**128), (2**127 * FULL // 2**128, FULL)),
        ("1000", "0", (1_000, 1)),  # any price will do
        ("0", "1000", None),
        ("7/2", "7/2", (3, 4)),
    ],
)
def test_unlimited_orders_are_scaled_in_their_owner_s_favour(
    sell: str, buy: str, expected: tuple[int, int] | None
) -> None:
    """Amounts out of range keep their price: never give more, never want less for what is given."""
    document = gpv1_with(sellAmount=sell, buyAmount=buy)
    document["orders"].append(gpv1_document()["orders"][0])
    imported = load(document)
    if expected is None:
        (note,) = imported.notes
        assert note == "left out 1 orders that sell nothing or at a limit beyond any amount: orders[0]"
        return
    intent = imported.auction.orders[0].intent
    assert (intent.give[0].amount, intent.want[0].amount) == expected
    limit = max(Fraction(buy), Fraction(1)) / Fraction(sell)
    assert Fraction(intent.want[0].amount, intent.give[0].amount) >= limit


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sellToken": "T9"}, 'orders[0]: asset "T9" is not declared'),
        ({"sellAmount": "-1"}, "orders[0].sellAmount: -1 is not between"),
        ({"buyAmount": "1" + "0" * 79}, "orders[0].buyAmount: 1000"),
        ({"accountID": 5}, "orders[0].accountID: expected text"),
    ],
)
def test_a_gpv1_defect_is_named_by_path(change: dict[str, Any], message: str) -> None:
    """One wrong field meets one error that begins with its path."""
    with pytest.raises(InputError) as caught:
        load(gpv1_with(**change))
    assert str(caught.value).startswith(f"a.json: {message}")


def test_gpv1_accounts_are_checked() -> None:
    """Balances name declared tokens, and long account names stay apart."""
    document = gpv1_document()
    document["accounts"] = {"x" * 64 + "a": {"T0000": "5"}, "x" * 64 + "b": {"T0000": "6"}, "y": {"T0000": "7"}}
    balances = load(document).auction.balances
    assert [balance.amount for balance in balances] == [5, 6, 7]
    assert len({balance.owner for balance in balances}) == 3
    document["accounts"] = {"y": {"T9": "5"}}
    with pytest.raises(InputError, match=r'a\.json: accounts\.y: asset "T9" is not declared'):
        load(document)


def test_gpv1_tokens_may_be_a_plain_list() -> None:
    """Hand-made instances name tokens only, with the previous prices beside them."""
    document = gpv1_document() | {"tokens": ["T0000", "T0001"], "pricesPrev": {"T0000": "7"}}
    del document["fee"], document["metadata"]
    auction = load(document).auction
    assert [asset.reference_price for asset in auction.assets] == [7, 10**18]
    assert auction.orders[0].policies == ()


def test_native_files_are_recognised_and_their_dead_orders_noted() -> None:
    """The format field decides; an order past its last auction stays, with a note."""
    imported = load(auction_to_json(AUCTION))
    assert (imported.auction, imported.format, imported.notes) == (AUCTION, "native", ())
    late = replace(AUCTION, number=21, orders=(signed(SWAP),))
    assert load(auction_to_json(late)).notes == (
        "orders[0] expired at 20, before auction 21: it cannot be filled",
    )
    with pytest.raises(EmptyAuction):
        load(auction_to_json(replace(AUCTION, orders=())))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "an auction is a JSON object, this is a list"),
        (None, "an auction is a JSON object, this is null"),
        ("auction", 'an auction is a JSON object, this is the text "auction"'),
        (5, "an auction is a JSON object, this is the number 5"),
        ({}, "is no known auction"),
        ({"orders": []}, "is no known auction"),
        ({"auction": {}}, "is no known auction"),
        ({"cases": []}, "is no known auction"),
        ({"solutions": []}, "is a solution, not an auction"),
        ({"trades": [], "prices": {}}, "is a solution, not an auction"),
        ({"format": "walras-receipt/1"}, 'is the text "walras-receipt/1", not "walras-auction/1"'),
        ({"format": "walras-solution/1"}, 'is the text "walras-solution/1", not "walras-auction/1"'),
        ({"format": None}, 'is null, not "walras-auction/1"'),
        ({"format": {}}, 'is an object, not "walras-auction/1"'),
    ],
)
def test_what_is_no_auction_is_told_so(document: object, message: str) -> None:
    """Other files of ours, and other JSON, are named for what they are."""
    with pytest.raises(Malformed) as caught:
        load_auction(json.dumps(document).encode(), "a.json")
    assert str(caught.value).startswith(f"a.json: {message}")


def test_formats_are_told_apart_by_their_own_fields() -> None:
    """Each format has a field that no other has."""
    assert load(cow_document(cow_order())).format == "cow"
    assert load(legacy_document()).format == "legacy"
    assert load(gpv1_document()).format == "gpv1"


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("dir/7400681.json", "7400681"),
        ("a b.json", "a-b"),
        ("c:\\x\\y.json", "y"),
        ("http://h/x.json?key=1", "x"),
        ("a.json: auction", "a"),
        ("", "auction"),
        ("é" * 300, "é" * 100),
    ],
)
def test_files_give_names(where: str, name: str) -> None:
    """The last part of a path or URL, in letters that are safe anywhere."""
    assert name_of(where) == name
