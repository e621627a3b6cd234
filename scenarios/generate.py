"""From a world, a seed and a batch number to an auction: the same bytes every time.

All draws come from ``random.Random`` streams named by (world, seed, batch): the hidden market is
drawn once per seed, orders and venues anew for each batch.
"""

from __future__ import annotations

import hashlib
import random

from intents.auction import Auction, CostModel
from scenarios.liquidity_draw import draw_venues
from scenarios.market import open_market
from scenarios.people import draw_orders
from scenarios.world import World

# Gas of a settlement and of one trade (two transfers), as CoW's naive engine counts them.
SETTLEMENT_GAS = 39_365
TRADE_GAS = 55_026


def generate(world: World, batch: int, *, seed: int | None = None) -> Auction:
    """Batch number ``batch`` (from 1) of ``world``; ``seed`` defaults to the world's own."""
    chosen = world.seed if seed is None else seed
    network = hashlib.sha256(f"walras scenario {world.name} {chosen}".encode()).digest()
    market = open_market(world, _stream(network, "market", 0))
    return Auction(
        name=f"{world.name}-{chosen}-{batch}",
        network=network,
        number=batch,
        assets=market.assets,
        orders=draw_orders(world, market, network, _stream(network, "orders", batch)),
        venues=draw_venues(world, market, _stream(network, "venues", batch)),
        costs=CostModel(int(world.costs.gas_price_gwei * 10**9), SETTLEMENT_GAS, TRADE_GAS),
        seed=hashlib.sha256(network + b"ties" + batch.to_bytes(8, "big")).digest(),
    )


def _stream(network: bytes, name: str, batch: int) -> random.Random:
    return random.Random(hashlib.sha256(network + name.encode() + batch.to_bytes(8, "big")).digest())
