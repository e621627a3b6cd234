"""What equals exactly between the recorded legacy file and its conversion, and what the conversion lost."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from intents.auction import Auction
from intents.errors import AmountOutOfRange, Duplicate
from intents.formats import load_auction
from intents.venue_states import ConcentratedState, ConstantProductState, StableState, VenueState, WeightedState
from tests.shared import shared
from tests.unit.intents.documents import USDC, WETH, legacy_document, load

#: One stable pool has a factor of 1 / 1.001, which the conversion cut to zero: it cannot be priced there.
CUT_TO_ZERO = {"449"}
#: Two more have factors that were cut to one; two weighted pools hold a token of 0 decimals, taken for 18.
CONVERTED_OTHERWISE = {WeightedState: 2, StableState: 2}


@pytest.fixture(scope="module")
def recorded() -> Auction:
    return load_auction(shared("data/cow_auctions/7400681_legacy_schema.json").read_bytes(), "legacy").auction


@pytest.fixture(scope="module")
def converted() -> Auction:
    return load_auction(shared("data/cow_auctions/7400681.json").read_bytes(), "cow").auction


def without_placeholders(venue: VenueState) -> VenueState:
    """The legacy schema has no router and no pool id; the conversion put zeros there."""
    match venue:
        case ConstantProductState() | ConcentratedState():
            return replace(venue, router="")
        case WeightedState() | StableState():
            return replace(venue, pool_id="")
        case _:
            return venue


def test_everything_but_pools_is_equal(recorded: Auction, converted: Auction) -> None:
    """Orders, assets with their prices to the unit, costs and name; only the deadline was made up."""
    assert replace(recorded, venues=(), deadline_ms=converted.deadline_ms) == replace(converted, venues=())


def test_pools_are_equal_but_for_scaling_some_scaling(recorded: Auction, converted: Auction) -> None:
    """Same ids in the same order; reserves, weights, fees, ticks and gas are equal in all of them."""
    kept = [venue for venue in recorded.venues if venue.id not in CUT_TO_ZERO]
    assert [venue.id for venue in kept] == [venue.id for venue in converted.venues]
    assert len(kept) == len(recorded.venues) - 1 == 812
    differing: dict[type, int] = {}
    for ours, theirs in zip(kept, map(without_placeholders, converted.venues), strict=True):
        if ours != theirs:
            assert isinstance(ours, WeightedState | StableState)
            assert isinstance(theirs, WeightedState | StableState)
            assert replace(ours, scaling=theirs.scaling) == theirs
            assert any(factor != cut for factor, cut in zip(ours.scaling, theirs.scaling, strict=True))
            differing[type(ours)] = differing.get(type(ours), 0) + 1
    assert differing == CONVERTED_OTHERWISE


def test_costs_in_wei_come_back_as_the_same_gas(recorded: Auction, converted: Auction) -> None:
    """Recorded costs are gas times a gas price in floating point; rounding to the nearest undoes it."""
    assert recorded.costs == converted.costs
    gas = {venue.id: venue.gas for venue in recorded.venues}
    assert all(gas[venue.id] == venue.gas for venue in converted.venues)
    assert set(gas.values()) == {88_892, 90_171, 108_163}


def test_two_spellings_of_one_asset_in_a_pool_are_refused() -> None:
    """Upper and lower case name the same token, so the pool would hold it twice."""
    for pool in ("0xAA", "0xBB", "0xCC"):
        document = legacy_document()
        reserves = document["amms"][pool]["reserves"]
        reserves[USDC.upper()] = reserves[USDC]
        with pytest.raises(Duplicate, match=rf"a\.json: amms\.{pool}\.assets: asset {USDC} appears twice"):
            load(document)


def test_a_cost_beyond_any_gas_is_refused() -> None:
    """A tiny gas price makes a huge gas of any cost: more than an auction can hold is no cost."""
    document = legacy_document()
    document["metadata"]["gas_price"] = 1
    with pytest.raises(
        AmountOutOfRange, match=r"a\.json: amms\.0xAA\.cost: 90000000000000 is outside 0 \.\. 10+$"
    ):
        load(document)


def test_prices_are_exact_fractions_of_the_text() -> None:
    """A price per atom is read from its decimal text, never through a float."""
    document = legacy_document()
    document["tokens"][WETH]["external_price"] = "0.1000000000000000055"
    document["tokens"][USDC]["external_price"] = 3.8127041e-11
    first, second = load(document).auction.assets
    assert first.reference_price == int(Fraction("0.1000000000000000055") * 10**18) == 100_000_000_000_000_005
    assert second.reference_price == 38_127_041
