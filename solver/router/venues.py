"""Recorded venue states as families: tokens numbered, amounts as floats in base units, one family per shape.

A state that can be no venue, or whose numbers make no curve, is left out and named. What is left out of the
description here only makes the float picture better than the venue: the rounding of integers, lots and ticks of a
book, and the share of a reserve that one trade on a weighted pool may move. So bounds hold for the exact venues.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from intents.assets import AssetId
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    StableFlavour,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from liquidity.tick_math import Q96
from liquidity.ticks import tick_table
from liquidity.venue import Venue
from solver.router.books import Book, Books
from solver.router.constant_product import constant_product
from solver.router.families import Family, Network
from solver.router.stable import Stable
from solver.router.ticks import Ranges, Ticks
from solver.router.weighted_many import WeightedMany
from solver.router.weighted_pairs import weighted_pairs

#: log of the price between neighbouring ticks, of its square root half.
LOG_TICK = log(1.0001)


@dataclass(frozen=True)
class Market:
    """``tokens``: asset of each number. ``ids``: per family of ``network`` its venues. ``refused``: what could not
    be opened."""

    network: Network
    tokens: tuple[AssetId, ...]
    ids: tuple[tuple[VenueId, ...], ...]
    venues: Mapping[VenueId, Venue]
    refused: tuple[VenueId, ...]

    def number(self, asset: AssetId) -> int:
        return self.tokens.index(asset)


def market(states: Mapping[VenueId, VenueState], also: Sequence[AssetId] = ()) -> Market:
    """The families of ``states``; ``also`` names assets to number even where no venue trades them."""
    opened: dict[VenueId, Venue] = {}
    refused = []
    for name, state in states.items():
        try:
            opened[name] = open_venue(state)
        except VenueError:
            refused.append(name)
    place: dict[AssetId, int] = {}
    for asset in [*also, *(asset for venue in opened.values() for asset in venue.state.assets)]:
        place.setdefault(asset, len(place))
    groups: dict[str, list[VenueId]] = {}
    for name, venue in opened.items():
        groups.setdefault(_shape(venue.state), []).append(name)
    families: list[Family] = []
    ids: list[tuple[VenueId, ...]] = []
    for shape in sorted(groups):
        names = groups[shape]
        families.append(_family(shape, [opened[name].state for name in names], place))
        ids.append(tuple(names))
    network = Network(len(place), tuple(families))
    return Market(network, tuple(place), tuple(ids), opened, tuple(refused))


def lasting(network: Network) -> Network:
    """The network with stableswap pools free of fees: within it is what any number of trades can reach."""
    families = (family.without_fees() if isinstance(family, Stable) else family for family in network.families)
    return Network(network.tokens, tuple(families))


def _shape(state: VenueState) -> str:
    match state:
        case ConstantProductState():
            return "product"
        case WeightedState():
            return "weighted" if len(state.assets) == 2 else "weighted-many"
        case StableState():
            return "stable"
        case ConcentratedState():
            return "ticks"
        case LimitOrderState() | OrderBookState():
            return "book"


def _family(shape: str, states: Sequence[VenueState], place: Mapping[AssetId, int]) -> Family:
    tokens = len(place)
    if shape == "ticks":
        return Ticks.of(tokens, [ranges(s, place) for s in states if isinstance(s, ConcentratedState)])
    if shape == "book":
        return Books.of(
            tokens, [book(s, place) for s in states if isinstance(s, LimitOrderState | OrderBookState)]
        )
    if shape == "stable":
        return _stable(tokens, [s for s in states if isinstance(s, StableState)], place)
    pools = [s for s in states if isinstance(s, ConstantProductState | WeightedState)]
    rows = [[place[asset] for asset in pool.assets] for pool in pools]
    gamma = [float(1 - pool.fee) for pool in pools]
    if shape == "weighted-many":
        return WeightedMany.of(
            tokens, rows, [_floats(p.reserves) for p in pools], [_weights(p) for p in pools], gamma
        )
    a, b = np.array(rows, np.int64).reshape(-1, 2).T
    reserves = np.array([_floats(pool.reserves) for pool in pools]).reshape(-1, 2)
    if shape == "product":
        return constant_product(tokens, a, b, reserves, np.array(gamma))
    shares = [weights[0] / math.fsum(weights) for weights in map(_weights, pools)]
    return weighted_pairs(tokens, a, b, reserves, np.array(shares), np.array(gamma))


def _floats(amounts: Sequence[int]) -> list[float]:
    return [float(amount) for amount in amounts]


def _weights(pool: ConstantProductState | WeightedState) -> list[float]:
    if isinstance(pool, ConstantProductState):
        return [0.5, 0.5]
    return [float(weight) for weight in pool.weights]


def _stable(tokens: int, pools: Sequence[StableState], place: Mapping[AssetId, int]) -> Stable:
    """A composable pool's own share is no leg (see ``liquidity.stable``)."""
    legs = [
        [
            leg
            for leg, asset in enumerate(pool.assets)
            if pool.flavour is StableFlavour.CURVE or asset != pool.address.lower()
        ]
        for pool in pools
    ]
    return Stable.of(
        tokens,
        [[place[pool.assets[leg]] for leg in rows] for pool, rows in zip(pools, legs, strict=True)],
        [[float(pool.reserves[leg]) for leg in rows] for pool, rows in zip(pools, legs, strict=True)],
        [[float(pool.scaling[leg]) for leg in rows] for pool, rows in zip(pools, legs, strict=True)],
        [float(pool.amplification) for pool in pools],
        [float(1 - pool.fee) for pool in pools],
        [pool.flavour is StableFlavour.CURVE for pool in pools],
    )


def ranges(state: ConcentratedState, place: Mapping[AssetId, int]) -> Ranges:
    """Known ticks around the price; past the first and the last, nothing trades."""
    table = tick_table(state)
    now = log(state.sqrt_price / Q96)
    below = [(tick, net) for tick, net in zip(table.ticks, table.nets, strict=True) if tick <= state.tick]
    above = [(tick, net) for tick, net in zip(table.ticks, table.nets, strict=True) if tick > state.tick]
    down, up, left = [], [], state.liquidity
    for _, net in reversed(below):
        down.append(float(left))
        left -= net
    left = state.liquidity
    for _, net in above:
        up.append(float(left))
        left += net
    edges = np.array(
        [
            *(min(tick * LOG_TICK / 2.0, now) for tick, _ in below),
            now,
            *(max(tick * LOG_TICK / 2.0, now) for tick, _ in above),
        ]
    )
    liquidity = np.array([*reversed(down), *up])
    token0, token1 = (place[asset] for asset in state.assets)
    return Ranges(token0, token1, edges, liquidity, len(below), float(1 - state.fee))


def book(state: LimitOrderState | OrderBookState, place: Mapping[AssetId, int]) -> Book:
    base, quote = (place[asset] for asset in state.assets)
    if isinstance(state, LimitOrderState):
        return Book(base, quote, ((float(state.taker_amount + state.taker_fee), float(state.maker_amount)),), ())
    kept = float(1 - state.fee)
    bids = ((o.quantity * state.lot / kept, float(o.quantity * o.price * state.tick)) for o in state.bids)
    asks = ((o.quantity * o.price * state.tick / kept, float(o.quantity * state.lot)) for o in state.asks)
    return Book(base, quote, tuple(bids), tuple(asks))
