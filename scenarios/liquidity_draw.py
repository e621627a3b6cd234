"""The venues of a synthetic batch, priced near the hidden values."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    OrderBookState,
    RestingOrder,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from liquidity.tick_math import tick_at
from scenarios.market import Market
from scenarios.world import Topology, World

# Gas of one swap, of the order recorded for each kind in public auctions.
_GAS = {
    "constant_product": 90_171,
    "weighted": 88_892,
    "stable": 183_520,
    "concentrated": 108_163,
    "book": 80_000,
}
_BOOK_LEVELS = 8


def draw_venues(world: World, market: Market, draw: random.Random) -> tuple[VenueState, ...]:
    """All venues of the world's counts, in a fixed order of kinds."""
    venues: list[VenueState] = []
    for kind in _MAKERS:
        for index in range(getattr(world.venues, kind)):
            pair = _pair(world, market, index, draw)
            depth = world.venues.depth_median * math.exp(draw.gauss(0.0, world.venues.depth_sigma))
            fee = Fraction(world.venues.fee_bps[index % len(world.venues.fee_bps)], 10_000)
            skew = 1.0 + draw.gauss(0.0, world.venues.mispricing_bps) / 10_000.0
            venues.append(draw_venue(kind, len(venues), market, pair, depth, skew, fee))
    return tuple(venues)


def draw_venue(
    kind: str, number: int, market: Market, pair: tuple[int, int], depth: float, skew: float, fee: Fraction
) -> VenueState:
    """One venue of ``kind`` between two assets of the market. ``depth``: value of one side, in whole numeraire
    units; ``skew``: how much more of the second asset it holds than its hidden price asks for."""
    return _MAKERS[kind](VenueId(str(number)), market, pair, depth, skew, fee)


def _pair(world: World, market: Market, index: int, draw: random.Random) -> tuple[int, int]:
    count = len(market.assets)
    match world.venues.topology:
        case Topology.HUB:
            return 0, 1 + index % (count - 1)
        case Topology.RANDOM:
            a, b = draw.sample(range(count), 2)
            return a, b
        case Topology.SAME_PAIR:
            return market.pairs[index % len(market.pairs)]
        case Topology.NEIGHBOURS:
            return index % count, (index + 1) % count


def _address(venue: VenueId) -> str:
    return f"0x{int(venue) + 1:040x}"


def _reserves(market: Market, pair: tuple[int, int], depth: float, skew: float) -> tuple[int, int]:
    a, b = (market.base_units(asset, depth * s) for asset, s in zip(pair, (1.0, skew), strict=True))
    return max(10_000, min(a, MAX_AMOUNT)), max(10_000, min(b, MAX_AMOUNT))


def _constant_product(
    venue: VenueId, market: Market, pair: tuple[int, int], depth: float, skew: float, fee: Fraction
) -> VenueState:
    assets = tuple(market.assets[i].id for i in pair)
    reserves = _reserves(market, pair, depth, skew)
    return ConstantProductState(venue, assets, _GAS["constant_product"], _address(venue), reserves, fee)


def _scaling(market: Market, pair: tuple[int, int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(10) ** (18 - market.assets[i].decimals) for i in pair)


def _weighted(
    venue: VenueId, market: Market, pair: tuple[int, int], depth: float, skew: float, fee: Fraction
) -> VenueState:
    first = Fraction(2 + int(venue) % 7, 10)
    weights = (first, 1 - first)
    reserves = tuple(
        max(10_000, min(market.base_units(i, depth * float(weight) * s), MAX_AMOUNT))
        for i, weight, s in zip(pair, weights, (1.0, skew), strict=True)
    )
    assets = tuple(market.assets[i].id for i in pair)
    return WeightedState(
        venue, assets, _GAS["weighted"], _address(venue), reserves, weights, _scaling(market, pair), fee
    )


def _stable(
    venue: VenueId, market: Market, pair: tuple[int, int], depth: float, skew: float, fee: Fraction
) -> VenueState:
    # Equal balances would price at one; an imbalance expresses the skew through the flat curve.
    imbalance = 1.0 + 20.0 * (skew - 1.0)
    reserves = _reserves(market, pair, depth, max(0.2, min(5.0, imbalance)))
    assets = tuple(market.assets[i].id for i in pair)
    return StableState(
        venue,
        assets,
        _GAS["stable"],
        _address(venue),
        reserves,
        _scaling(market, pair),
        Fraction(200),
        fee / 10,
    )


def _concentrated(
    venue: VenueId, market: Market, pair: tuple[int, int], depth: float, skew: float, fee: Fraction
) -> VenueState:
    """Three nested ranges around the price, the inner ones denser."""
    assets = tuple(market.assets[i].id for i in pair)
    amount0, amount1 = _reserves(market, pair, depth, skew)
    sqrt_price = math.isqrt((amount1 << 192) // amount0)
    tick = tick_at(sqrt_price)
    base = math.isqrt(amount0 * amount1)
    net: dict[int, int] = {}
    active = 0
    for width, factor in ((60, 4), (600, 2), (6_000, 1)):
        lower = max(-887_272, tick - tick % 60 - width)
        upper = min(887_272, tick - tick % 60 + 60 + width)
        net[lower] = net.get(lower, 0) + base * factor
        net[upper] = net.get(upper, 0) - base * factor
        active += base * factor
    return ConcentratedState(
        venue,
        assets,
        _GAS["concentrated"],
        _address(venue),
        sqrt_price,
        active,
        tick,
        tuple(sorted(net.items())),
        fee,
    )


def _order_book(
    venue: VenueId, market: Market, pair: tuple[int, int], depth: float, skew: float, fee: Fraction
) -> VenueState:
    """Eight levels a side, five basis points apart, sizes growing away from the touch."""
    base, quote = pair
    assets = (market.assets[base].id, market.assets[quote].id)
    lot = max(1, market.base_units(base, depth / 10_000.0))
    lot_value = market.base_units(quote, lot / 10 ** market.assets[base].decimals * market.prices[base] * skew)
    tick = max(1, lot_value // 10_000)
    middle = max(_BOOK_LEVELS * 5 + 1, lot_value // tick)
    step = max(1, middle * 5 // 10_000)
    half = max(1, int(middle * fee / 2))
    bids, asks = [], []
    for level in range(_BOOK_LEVELS):
        size = 250 * (level + 1)
        bids.append(RestingOrder(2 * level + 1, f"maker-{venue}", middle - half - level * step, size))
        asks.append(RestingOrder(2 * level + 2, f"maker-{venue}", middle + half + level * step, size))
    return OrderBookState(
        venue, assets, _GAS["book"], _address(venue), tick, lot, tuple(bids), tuple(asks), Fraction(0)
    )


_MAKERS: Final[dict[str, Callable[..., VenueState]]] = {
    "constant_product": _constant_product,
    "weighted": _weighted,
    "stable": _stable,
    "concentrated": _concentrated,
    "order_book": _order_book,
}
