"""Whether a venue's state makes sense by itself."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from intents.errors import Duplicate, InputError, WrongValue
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    RestingOrder,
    StableState,
    VenueState,
    WeightedState,
)

MIN_TICK: Final = -887_272
MAX_TICK: Final = 887_272
#: Square-root prices of the outermost ticks (Uniswap v3 TickMath).
MIN_SQRT_PRICE: Final = 4_295_128_739
MAX_SQRT_PRICE: Final = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342
#: Weights that change over time are recorded mid-way and add up to one only nearly; trades use their ratio.
WEIGHT_TOLERANCE: Final = Fraction(1, 100)


@dataclass(eq=False)
class TooFewAssets(InputError):
    code: ClassVar[str] = "venue.too-few-assets"
    text: ClassVar[str] = "{count} assets, a venue trades at least 2"

    count: int


@dataclass(eq=False)
class EmptyReserve(InputError):
    code: ClassVar[str] = "venue.empty-reserve"
    text: ClassVar[str] = "reserves of {asset} are zero"

    asset: str


@dataclass(eq=False)
class ZeroScaling(InputError):
    """Seen in recorded data where a converter cut a fraction to an integer: the pool cannot be priced."""

    code: ClassVar[str] = "venue.zero-scaling"
    text: ClassVar[str] = "the scaling factor of {asset} is zero"

    asset: str


def check_venue(venue: VenueState, where: str) -> VenueState:
    """Return ``venue`` if it is consistent, else raise an ``InputError`` naming the field."""
    if len(venue.assets) < 2:
        raise TooFewAssets(f"{where}.assets", len(venue.assets))
    if len(set(venue.assets)) != len(venue.assets):
        raise Duplicate(f"{where}.assets", "asset", next(a for a in venue.assets if venue.assets.count(a) > 1))
    match venue:
        case ConstantProductState():
            _check_pair(venue.assets, where)
            _check_reserves(venue.assets, venue.reserves, where)
            _check_fee(venue.fee, where)
        case WeightedState():
            _check_reserves(venue.assets, venue.reserves, where)
            _check_parallel(venue.assets, venue.weights, f"{where}.weights")
            _check_parallel(venue.assets, venue.scaling, f"{where}.scaling")
            _check_fee(venue.fee, where)
            total = sum(venue.weights, Fraction(0))
            if min(venue.weights) <= 0 or abs(total - 1) > WEIGHT_TOLERANCE:
                raise WrongValue(f"{where}.weights", "positive and adding up to 1", str(total))
        case StableState():
            _check_reserves(venue.assets, venue.reserves, where)
            _check_parallel(venue.assets, venue.scaling, f"{where}.scaling")
            _check_fee(venue.fee, where)
            if venue.amplification <= 0:
                raise WrongValue(f"{where}.amplification", "positive", str(venue.amplification))
        case ConcentratedState():
            _check_concentrated(venue, where)
        case LimitOrderState():
            _check_pair(venue.assets, where)
            if venue.taker_amount < 1 or venue.maker_amount < 1:
                raise WrongValue(where, "amounts above zero", f"{venue.taker_amount} for {venue.maker_amount}")
        case OrderBookState():
            _check_book(venue, where)
    return venue


def _check_pair(assets: Sequence[str], where: str) -> None:
    if len(assets) != 2:
        raise WrongValue(f"{where}.assets", "two assets for this kind", f"{len(assets)}")


def _check_parallel(assets: Sequence[str], values: Sequence[object], where: str) -> None:
    if len(values) != len(assets):
        raise WrongValue(where, f"{len(assets)} values, one per asset", f"{len(values)}")


def _check_reserves(assets: Sequence[str], reserves: Sequence[int], where: str) -> None:
    _check_parallel(assets, reserves, f"{where}.reserves")
    for asset, reserve in zip(assets, reserves, strict=True):
        if reserve == 0:
            raise EmptyReserve(f"{where}.reserves", asset)


def _check_fee(fee: Fraction, where: str) -> None:
    if not 0 <= fee < 1:
        raise WrongValue(f"{where}.fee", "a fraction from 0 up to, not including, 1", str(fee))


def _check_concentrated(venue: ConcentratedState, where: str) -> None:
    _check_pair(venue.assets, where)
    _check_fee(venue.fee, where)
    if not MIN_SQRT_PRICE <= venue.sqrt_price < MAX_SQRT_PRICE:
        raise WrongValue(f"{where}.sqrt_price", f"in {MIN_SQRT_PRICE} .. {MAX_SQRT_PRICE}", str(venue.sqrt_price))
    for index, (tick, _) in enumerate(venue.ticks):
        if not MIN_TICK <= tick <= MAX_TICK:
            raise WrongValue(f"{where}.ticks[{index}]", f"a tick in {MIN_TICK} .. {MAX_TICK}", str(tick))
    for (earlier, _), (later, _) in itertools.pairwise(venue.ticks):
        if earlier >= later:
            raise WrongValue(f"{where}.ticks", "sorted and distinct", f"{earlier} before {later}")


def _check_book(venue: OrderBookState, where: str) -> None:
    _check_pair(venue.assets, where)
    _check_fee(venue.fee, where)
    _check_side(venue.bids, -1, f"{where}.bids")
    _check_side(venue.asks, 1, f"{where}.asks")
    if venue.bids and venue.asks and venue.bids[0].price >= venue.asks[0].price:
        raise WrongValue(where, "an uncrossed book", f"bid {venue.bids[0].price} ask {venue.asks[0].price}")
    ids = [order.id for order in (*venue.bids, *venue.asks)]
    if len(set(ids)) != len(ids):
        raise Duplicate(where, "resting order", str(next(i for i in ids if ids.count(i) > 1)))


def _check_side(orders: Sequence[RestingOrder], direction: int, where: str) -> None:
    for earlier, later in itertools.pairwise(orders):
        if (later.price - earlier.price) * direction < 0:
            raise WrongValue(where, "sorted best first", f"{earlier.price} before {later.price}")
