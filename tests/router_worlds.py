"""Small random worlds of exact venues of every kind, for tests of the router. Deterministic from a seed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from intents.assets import AssetId
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    RestingOrder,
    StableFlavour,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from liquidity.tick_math import tick_at
from liquidity.ticks import Position, ticks_of

UNIT = 10**18
KINDS = ("product", "weighted", "many", "balancer", "curve", "ticks", "book", "limit")


def world(
    seed: int, assets: int = 5, venues: int = 12, kinds: tuple[str, ...] = KINDS, noise: float = 0.003
) -> tuple[dict[VenueId, VenueState], list[AssetId], list[float]]:
    """(venues, assets, true values): venues near one price vector; the first three assets are worth the same."""
    rng = np.random.default_rng(seed)
    names = [AssetId(f"t{number}") for number in range(assets)]
    values = np.exp(rng.normal(0, 1, assets))
    values[:3] = 1.0
    found: dict[VenueId, VenueState] = {}
    for number in range(venues):
        name = VenueId(f"v{number}")
        found[name] = _venue(rng, name, str(rng.choice(kinds)), names, values, noise)
    return found, names, values.tolist()


def _venue(
    rng: np.random.Generator, name: VenueId, kind: str, names: list[AssetId], values: np.ndarray, noise: float
) -> VenueState:
    i, j = (int(k) for k in rng.choice(len(names), 2, replace=False))
    pair = (names[i], names[j])
    depth, off = float(np.exp(rng.normal(11, 0.7))), float(np.exp(rng.normal(0, noise)))
    first, second = int(depth / values[i] * off * UNIT), int(depth / values[j] * UNIT)
    price = float(values[i] / values[j] * off)
    fee = Fraction(int(rng.choice([1, 5, 30, 100])), 10_000)
    stable = names[:3]
    balances = tuple(int(depth * UNIT * rng.uniform(0.7, 1.3)) for _ in stable)
    flavour = StableFlavour.CURVE if kind == "curve" else StableFlavour.BALANCER
    match kind:
        case "product":
            return ConstantProductState(name, pair, 0, "", (first, second), fee)
        case "weighted":
            weight = Fraction(int(rng.choice([2, 3, 7, 8])), 10)
            reserves = (int(first * 2 * weight), int(second * 2 * (1 - weight)))
            return WeightedState(name, pair, 0, "", reserves, (weight, 1 - weight), (Fraction(1),) * 2, fee)
        case "many":
            rows = [int(k) for k in rng.choice(len(names), 3, replace=False)]
            weights = (Fraction(1, 2), Fraction(3, 10), Fraction(1, 5))
            held = tuple(
                int(3 * depth * float(w) / values[k] * UNIT * np.exp(rng.normal(0, noise)))
                for w, k in zip(weights, rows, strict=True)
            )
            return WeightedState(
                name, tuple(names[k] for k in rows), 0, "", held, weights, (Fraction(1),) * 3, fee
            )
        case "balancer" | "curve":
            a = Fraction(int(rng.choice([20, 200, 1000])))
            scaling = (Fraction(1),) * 3
            return StableState(
                name, tuple(stable), 0, "0xpool", balances, scaling, a, Fraction(4, 10_000), flavour
            )
        case "ticks":
            return _ticks(rng, name, pair, price, depth / float(np.sqrt(values[i] * values[j])))
        case "book":
            return _book(rng, name, pair, price, depth / float(values[i]))
        case _:
            return LimitOrderState(name, pair, 0, "", first // 30, int(second // 30 * off))


def _ticks(
    rng: np.random.Generator, name: VenueId, pair: tuple[AssetId, ...], price: float, depth: float
) -> ConcentratedState:
    """Eight positions of up to six spacings within twelve of the price: gaps occur."""
    root = int(np.sqrt(price) * 2**96)
    tick = tick_at(root)
    positions = []
    for _ in range(8):
        low = (tick // 60 + int(rng.integers(-12, 12))) * 60
        liquidity = int(depth * UNIT * 10 * rng.uniform(0.2, 1))
        positions.append(Position(low, low + 60 * int(rng.integers(1, 6)), liquidity))
    ticks, active = ticks_of(positions, tick)
    return ConcentratedState(name, pair, 0, "", root, active, tick, ticks, Fraction(3, 1000))


def _book(
    rng: np.random.Generator, name: VenueId, pair: tuple[AssetId, ...], price: float, depth: float
) -> OrderBookState:
    """Five levels a side from 0.1 % off the price on, fee-free or 5 bp."""
    lot, tick = 10**13, 10**9
    mid = price * lot / tick
    size = max(1, int(depth * UNIT / lot / 50))
    bids = tuple(RestingOrder(k, "maker", int(mid * (1 - 0.002 * k - 0.001)), size) for k in range(5))
    asks = tuple(RestingOrder(9 + k, "maker", int(mid * (1 + 0.002 * k + 0.001)) + 1, size) for k in range(5))
    return OrderBookState(name, pair, 0, "", tick, lot, bids, asks, Fraction(int(rng.choice([0, 5])), 10_000))
