"""The hidden state of a synthetic market: assets, their true prices, and the pairs people trade."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from intents.assets import AssetId, AssetInfo
from scenarios.world import Pattern, World

#: Most traded assets of a one-sided or few-pairs world.
FEW = 3

_SYMBOLS = tuple(
    "ETH USD EUR BTC GLD SLV OIL GAS WHT CRN COF COC SUG COT LMB STL COP ZNC NKL LIT JPY GBP CHF AUD".split()
)


@dataclass(frozen=True, slots=True)
class Market:
    """``prices`` are hidden fair values in whole numeraire units per whole unit of the asset."""

    assets: tuple[AssetInfo, ...]
    prices: tuple[float, ...]
    pairs: tuple[tuple[int, int], ...]

    def base_units(self, asset: int, value: float) -> int:
        """How many base units of ``asset`` are worth ``value`` of the numeraire, rounded down."""
        return int(value / self.prices[asset] * 10 ** self.assets[asset].decimals)


def open_market(world: World, draw: random.Random) -> Market:
    """Draw assets, prices and traded pairs. Asset 0 is the numeraire, with 18 decimals and price 1."""
    prices = [1.0] + [_price(world, draw) for _ in range(world.assets.count - 1)]
    assets = tuple(_asset(world, index, price, draw) for index, price in enumerate(prices))
    return Market(assets, tuple(prices), _pairs(world, draw))


def _price(world: World, draw: random.Random) -> float:
    if world.assets.pegged:
        return 1.0 + draw.gauss(0.0, 5e-4)
    return float(2.718281828459045 ** draw.gauss(-2.0, world.assets.price_sigma))


def _asset(world: World, index: int, price: float, draw: random.Random) -> AssetInfo:
    digest = hashlib.sha256(f"{world.name}/{index}".encode()).hexdigest()
    symbol = _SYMBOLS[index] if index < len(_SYMBOLS) else f"T{index:03d}"
    decimals = 18 if index == 0 else world.assets.decimals[index % len(world.assets.decimals)]
    unpriced = index > 0 and draw.random() < world.assets.unpriced_share
    # Reference prices are numeraire base units per 10^18 base units; known to a basis point or so.
    noise = 1.0 if index == 0 else 1.0 + draw.gauss(0.0, 1e-4)
    reference = None if unpriced else max(1, int(price * noise * 10.0 ** (36 - decimals)))
    return AssetInfo(AssetId("0x" + digest[:40]), decimals, symbol, reference)


def _pairs(world: World, draw: random.Random) -> tuple[tuple[int, int], ...]:
    count = world.assets.count
    match world.orders.pattern:
        case Pattern.UNIFORM:
            return tuple((a, b) for a in range(count) for b in range(count) if a != b)
        case Pattern.HUB:
            return tuple(pair for a in range(1, count) for pair in ((0, a), (a, 0)))
        case Pattern.RING:
            return _rings(count, min(world.orders.ring_length, count))
        case Pattern.ONE_SIDED:
            few = range(1, min(FEW, count - 1) + 1)
            return tuple((a, b) for a in few for b in range(count) if b not in few) or ((1, 0),)
        case Pattern.PAIRS:
            few_pairs = [tuple(draw.sample(range(count), 2)) for _ in range(FEW)]
            return tuple(pair for a, b in few_pairs for pair in ((a, b), (b, a)))


def _rings(count: int, length: int) -> tuple[tuple[int, int], ...]:
    """Rings over consecutive assets; a short rest joins the last ring."""
    starts = range(0, max(1, count - length + 1), length)
    pairs: list[tuple[int, int]] = []
    for start in starts:
        end = count if start + 2 * length > count else start + length
        ring = list(range(start, end))
        pairs += [(ring[i], ring[(i + 1) % len(ring)]) for i in range(len(ring))]
    return tuple(pairs)
