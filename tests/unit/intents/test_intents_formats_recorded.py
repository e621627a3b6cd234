"""Recorded files beside the checkout import whole, and go out to engines and back unchanged."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from intents.auction import Auction
from intents.auction_codec import auction_hash, decode_auction, encode_auction
from intents.fees import VolumeFee
from intents.formats import Imported, load_auction
from intents.formats.cow import auction_from_cow
from intents.formats.cow_export import auction_to_cow
from intents.intent import FillMode, Kind
from tests.shared import SHARED, shared

MAINNET = "data/cow_auctions/7400681.json"
GPV1 = sorted(path.name for path in (SHARED / "data/gpv1").glob("*.json"))


@cache
def read(path: Path) -> Imported:
    return load_auction(path.read_bytes(), str(path))


@pytest.fixture(scope="module")
def mainnet() -> Auction:
    """The mainnet auction 7400681."""
    return read(shared(MAINNET)).auction


def test_the_mainnet_auction_imports_whole(mainnet: Auction) -> None:
    """All orders and tokens, and every pool that can trade; the rest is counted in notes."""
    assert (len(mainnet.orders), len(mainnet.assets), len(mainnet.venues)) == (527, 271, 812)
    assert sum(order.intent.fill.mode is FillMode.PARTIAL for order in mainnet.orders) == 496
    assert sum(order.intent.kind is Kind.EXACT_OUT for order in mainnet.orders) == 33
    assert (mainnet.name, mainnet.number) == ("cow-7400681", 0)
    notes = read(shared(MAINNET)).notes
    assert sum(int(note.split()[2]) for note in notes) == 842 - 812
    assert all(note.startswith("left out ") for note in notes)


def test_the_mainnet_auction_s_bytes_come_back(mainnet: Auction) -> None:
    """Three megabytes of auction decode to the same auction."""
    assert decode_auction(encode_auction(mainnet)) == mainnet


def test_export_and_import_keep_the_hash(mainnet: Auction) -> None:
    """What an engine is sent is the auction: read back, it has the same hash."""
    text = json.dumps(auction_to_cow(mainnet)).encode()
    again = load_auction(text, "engine.json")
    assert again.notes == ()
    assert again.auction == mainnet
    assert auction_hash(again.auction) == auction_hash(mainnet)


def test_the_legacy_file_is_the_same_auction(mainnet: Auction) -> None:
    """The file as recorded and its conversion give equal orders, assets and costs."""
    legacy = read(shared("data/cow_auctions/7400681_legacy_schema.json")).auction
    assert legacy.assets == mainnet.assets
    assert legacy.costs == mainnet.costs
    assert legacy.orders == mainnet.orders
    assert legacy.name == mainnet.name


def test_legacy_pools_agree_where_both_kept_them(mainnet: Auction) -> None:
    """Constant-product and concentrated pools are equal to the unit."""
    recorded = read(shared("data/cow_auctions/7400681_legacy_schema.json")).auction
    legacy = {venue.address: venue for venue in recorded.venues}
    compared = 0
    for venue in mainnet.venues:
        other = legacy.get(venue.address)
        if other is None or "reserves" not in type(venue).__slots__:
            continue
        assert other.assets == venue.assets
        assert getattr(other, "reserves", None) == getattr(venue, "reserves", None)
        compared += 1
    assert compared > 400


@pytest.mark.parametrize("name", GPV1 or ["absent"])
def test_every_gpv1_batch_imports(name: str) -> None:
    """Orders, balances and the flat fee of a 2020 batch; nothing exceeds what its account holds."""
    path = shared(f"data/gpv1/{name}")
    imported = read(path)
    auction = imported.auction
    recorded = json.loads(path.read_bytes())
    dropped = sum(int(note.split()[2]) for note in imported.notes if note.startswith("left out "))
    assert len(auction.orders) + dropped == len(recorded["orders"])
    assert len(auction.assets) == len(recorded["tokens"])
    held = {(balance.owner, balance.asset): balance.amount for balance in auction.balances}
    for order in auction.orders:
        assert order.remaining <= held.get((order.intent.owner, order.intent.give[0].asset), 0)
        assert all(isinstance(policy, VolumeFee) for policy in order.policies)
    assert auction_hash(decode_auction(encode_auction(auction))) == auction_hash(auction)


def engine_vectors() -> list[str]:
    return sorted(path.name for path in (SHARED / "vectors/cow/solver_engine").glob("*.json"))


@pytest.mark.parametrize("name", engine_vectors() or ["absent"])
def test_requests_to_recorded_engines_go_out_and_come_back(name: str) -> None:
    """Every recorded request reads leniently, and its export reads to the same orders and pools."""
    document = json.loads(shared(f"vectors/cow/solver_engine/{name}").read_bytes())["auction"]
    for number, source in enumerate(document["liquidity"]):
        source["id"] = number  # one recorded request gives two pools the same id
    auction = auction_from_cow(document, name, lenient=True).auction
    again = auction_from_cow(auction_to_cow(auction), name).auction
    assert again.orders == auction.orders
    assert [venue.id for venue in again.venues] == [venue.id for venue in auction.venues]
    assert again.assets == auction.assets
