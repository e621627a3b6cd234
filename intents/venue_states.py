"""Venue states: the liquidity snapshot as plain data. What venues *do* lives in ``liquidity``.

Fields common to all: ``id`` (unique in an auction), ``assets`` (in the order of the parallel
tuples), ``gas`` (units one interaction costs) and ``address`` (opaque, kept for round trips).
Fees are exact fractions of the input. Reserves are base units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NewType

from intents.assets import AssetId

VenueId = NewType("VenueId", str)


@dataclass(frozen=True, slots=True)
class ConstantProductState:
    """x·y = k (Uniswap v2)."""

    id: VenueId
    assets: tuple[AssetId, ...]
    gas: int
    address: str
    reserves: tuple[int, ...]
    fee: Fraction
    router: str = ""


class WeightedVersion(StrEnum):
    V0 = "v0"
    V3PLUS = "v3Plus"


@dataclass(frozen=True, slots=True)
class WeightedState:
    """Π balance^weight = k (Balancer weighted). ``scaling`` lifts each balance to 18 decimals."""

    id: VenueId
    assets: tuple[AssetId, ...]
    gas: int
    address: str
    reserves: tuple[int, ...]
    weights: tuple[Fraction, ...]
    scaling: tuple[Fraction, ...]
    fee: Fraction
    version: WeightedVersion = WeightedVersion.V0
    pool_id: str = ""


class StableFlavour(StrEnum):
    BALANCER = "balancer"
    CURVE = "curve"


@dataclass(frozen=True, slots=True)
class StableState:
    """The stableswap invariant with amplification A (Balancer's A·n^(n−1) or Curve's A·n^n form).

    ``scaling`` are rates to 18 decimals. A composable pool lists its own share token among
    ``assets`` under the pool's ``address``; that leg is not tradable here and is left out of the
    invariant.
    """

    id: VenueId
    assets: tuple[AssetId, ...]
    gas: int
    address: str
    reserves: tuple[int, ...]
    scaling: tuple[Fraction, ...]
    amplification: Fraction
    fee: Fraction
    flavour: StableFlavour = StableFlavour.BALANCER
    pool_id: str = ""


@dataclass(frozen=True, slots=True)
class ConcentratedState:
    """Liquidity in price ticks (Uniswap v3). ``assets`` are (token0, token1).

    ``sqrt_price`` is √(token1/token0)·2^96; ``ticks`` holds (tick, liquidityNet) sorted by tick.
    """

    id: VenueId
    assets: tuple[AssetId, ...]
    gas: int
    address: str
    sqrt_price: int
    liquidity: int
    tick: int
    ticks: tuple[tuple[int, int], ...]
    fee: Fraction
    router: str = ""


@dataclass(frozen=True, slots=True)
class LimitOrderState:
    """A foreign (0x-style) limit order; ``assets`` are (taker token, maker token).

    A taker pays up to ``taker_amount`` plus ``taker_fee`` pro rata and gets ``maker_amount`` pro rata.
    """

    id: VenueId
    assets: tuple[AssetId, ...]
    gas: int
    address: str
    taker_amount: int
    maker_amount: int
    taker_fee: int = 0


@dataclass(frozen=True, slots=True)
class RestingOrder:
    """``price`` in ticks per lot, ``quantity`` in lots."""

    id: int
    owner: str
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderBookState:
    """A price-time order book; ``assets`` are (base, quote).

    One lot is ``lot`` base units; a price of p ticks pays p·``tick`` quote units per lot. ``bids``
    and ``asks`` are sorted best first, then by arrival. ``fee`` is charged on the taker's input.
    """

    id: VenueId
    assets: tuple[AssetId, ...]
    gas: int
    address: str
    tick: int
    lot: int
    bids: tuple[RestingOrder, ...]
    asks: tuple[RestingOrder, ...]
    fee: Fraction = Fraction(0)


VenueState = (
    ConstantProductState | WeightedState | StableState | ConcentratedState | LimitOrderState | OrderBookState
)
