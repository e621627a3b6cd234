"""What is worth looking at: orders that could come into the money, and the venues between their assets."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from intents.assets import AssetId
from solver.flagship.ladders import ladders
from solver.flagship.market import Market, Order
from solver.flagship.plan import Problem
from solver.protocol import Deadline

#: Orders asking for this much more than reference prices give are looked at only if another order crosses them.
NEAR_MONEY: Final = 1.25
#: Assets that join many others may serve in between even when nobody trades them.
HUBS: Final = 8


def prepare(market: Market, deadline: Deadline) -> Problem:
    """Near orders worth more than their cost, and ladders among their assets and the hubs."""
    market = replace(market, orders=tuple(order for order in market.orders if order.size > market.trade_cost))
    orders = tuple(order for order in market.orders if order.floor < NEAR_MONEY)
    orders += crossed(market, {order.id for order in orders})
    assets = frozenset(asset for order in orders for asset in (order.give, order.want))
    return Problem(market, orders, tuple(ladders(market, assets | hubs(market), deadline)))


def crossed(market: Market, known: set[bytes]) -> tuple[Order, ...]:
    """Orders far from reference prices that an opposite order would still meet."""
    best: dict[tuple[AssetId, AssetId], float] = {}
    for order in market.orders:
        pair = (order.give, order.want)
        best[pair] = min(order.floor, best.get(pair, order.floor))
    return tuple(
        order
        for order in market.orders
        if order.id not in known and order.floor * best.get((order.want, order.give), 1e9) <= 1.0
    )


def hubs(market: Market) -> frozenset[AssetId]:
    """The assets most venues trade."""
    counts = Counter(asset for venue in market.venues for asset in venue.state.assets if asset in market.unit)
    return frozenset(asset for asset, _ in sorted(counts.items(), key=lambda e: (-e[1], e[0]))[:HUBS])
