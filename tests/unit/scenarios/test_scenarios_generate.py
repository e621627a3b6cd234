"""Drawing auctions: the same bytes from the same seed, and markets of the character promised."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import pytest

from intents.auction_codec import auction_hash
from intents.signing import verify_signature
from intents.venue_states import VenueState
from liquidity.registry import open_venue
from scenarios.catalog import shipped
from scenarios.generate import generate
from scenarios.read import world_from_toml
from scenarios.world import Pattern, World

WORLDS = shipped()


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_counts_are_what_the_world_asks_for(world: World) -> None:
    """Orders, venues and assets come in the numbers the TOML names, all distinct."""
    auction = generate(world, 1)
    venues = world.venues
    asked = venues.constant_product + venues.weighted + venues.stable + venues.concentrated + venues.order_book
    assert len(auction.orders) == len({order.id for order in auction.orders}) == world.orders.count
    assert len(auction.venues) == len({venue.id for venue in auction.venues}) == asked
    assert len(auction.assets) == len({asset.id for asset in auction.assets}) == world.assets.count


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_every_order_is_truly_signed(world: World) -> None:
    """Synthetic orders carry real Ed25519 signatures over their own bytes."""
    for order in generate(world, 2).orders[:10]:
        verify_signature(order.intent, order.id, order.signature)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_every_venue_opens_near_the_hidden_price(world: World) -> None:
    """A small trade on each drawn venue pays within a third of the reference value."""
    auction = generate(world, 1)
    for venue in auction.venues:
        _check_price(venue, {asset.id: asset.reference_price for asset in auction.assets})


def _check_price(state: VenueState, prices: dict[object, int | None]) -> None:
    asset_in, asset_out = state.assets[0], state.assets[1]
    price_in, price_out = prices[asset_in], prices[asset_out]
    if price_in is None or price_out is None:
        return
    marginal = open_venue(state).marginal_price(asset_in, asset_out)
    assert 0.67 < marginal * price_out / price_in < 1.5


def test_the_same_seed_draws_the_same_bytes_in_another_process() -> None:
    """Another process with another hash seed draws an auction of equal hash."""
    program = (
        "from scenarios.catalog import find; from scenarios.generate import generate;"
        "from intents.auction_codec import auction_hash; print(auction_hash(generate(find('sparse'), 3)).hex())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()
    world = next(world for world in WORLDS if world.name == "sparse")
    assert auction_hash(generate(world, 3)).hex() == other


def test_seeds_and_batches_draw_different_auctions() -> None:
    """Neither two seeds nor two batches of a world coincide."""
    world = WORLDS[0]
    drawn = [generate(world, 1), generate(world, 2), generate(world, 1, seed=99)]
    assert len({auction_hash(auction) for auction in drawn}) == 3


@pytest.mark.parametrize("pattern", list(Pattern))
def test_every_pattern_works_down_to_two_assets(pattern: Pattern) -> None:
    """The smallest world of each pattern still draws orders between distinct assets."""
    text = f'name = "tiny"\n[assets]\ncount = 2\n[orders]\npattern = "{pattern}"\ncount = 5\n'
    auction = generate(world_from_toml(text.encode(), "tiny.toml"), 1)
    assert all(order.intent.give[0].asset != order.intent.want[0].asset for order in auction.orders)


def test_unpriced_assets_appear_when_asked_for() -> None:
    """A share of assets lacks a reference price, never the numeraire."""
    world = next(world for world in WORLDS if world.name == "sparse")
    more = dataclasses.replace(world, assets=dataclasses.replace(world.assets, unpriced_share=0.5))
    auction = generate(more, 1)
    assert auction.assets[0].reference_price == 10**18
    assert any(asset.reference_price is None for asset in auction.assets)
