"""Venue states as bytes and as JSON, one record per kind."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from intents.amounts import MAX_AMOUNT
from intents.codec import ASSET
from intents.schema import (
    Amount,
    Choice,
    Codec,
    Integer,
    Many,
    OneOf,
    Pair,
    Ratio,
    Record,
    SignedAmount,
    Text,
)
from intents.venue_check import check_venue
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    RestingOrder,
    StableFlavour,
    StableState,
    VenueId,
    WeightedState,
    WeightedVersion,
)

MAX_POOL_ASSETS: Final = 64
MAX_TICKS: Final = 20_000
MAX_RESTING: Final = 20_000
MAX_GAS: Final = 10**12
MAX_SQRT_PRICE: Final = 2**160 - 1
MAX_SCALING: Final = Fraction(10**36)
MIN_SCALING: Final = 1 / MAX_SCALING
_FEE = Ratio(high=Fraction(1))
_NAME: Text[str] = Text(128)


def _common(**own: Codec[Any]) -> dict[str, Codec[Any]]:
    """The fields every venue has first, then its own."""
    common: dict[str, Codec[Any]] = {
        "id": Text(64, VenueId),
        "assets": Many(ASSET, MAX_POOL_ASSETS),
        "gas": Integer(high=MAX_GAS),
        "address": _NAME,
    }
    return common | own


_RESERVES = Many(Amount(), MAX_POOL_ASSETS)
_SCALING = Many(Ratio(low=MIN_SCALING, high=MAX_SCALING), MAX_POOL_ASSETS)
_RESTING = Record(
    RestingOrder, {"id": Integer(), "owner": _NAME, "price": Amount(low=1), "quantity": Amount(low=1)}
)

VENUE: Final = OneOf(
    {
        "constant_product": Record(
            ConstantProductState, _common(reserves=_RESERVES, fee=_FEE, router=_NAME), check_venue
        ),
        "weighted": Record(
            WeightedState,
            _common(
                reserves=_RESERVES,
                weights=Many(_FEE, MAX_POOL_ASSETS),
                scaling=_SCALING,
                fee=_FEE,
                version=Choice(WeightedVersion),
                pool_id=_NAME,
            ),
            check_venue,
        ),
        "stable": Record(
            StableState,
            _common(
                reserves=_RESERVES,
                scaling=_SCALING,
                amplification=Ratio(high=Fraction(10**9)),
                fee=_FEE,
                flavour=Choice(StableFlavour),
                pool_id=_NAME,
            ),
            check_venue,
        ),
        "concentrated": Record(
            ConcentratedState,
            _common(
                sqrt_price=Amount(high=MAX_SQRT_PRICE),
                liquidity=Amount(high=2**128 - 1),
                tick=Integer(low=-(2**31), high=2**31),
                ticks=Many(
                    Pair(Integer(low=-(2**31), high=2**31), SignedAmount(MAX_AMOUNT)),
                    MAX_TICKS,
                ),
                fee=_FEE,
                router=_NAME,
            ),
            check_venue,
        ),
        "limit_order": Record(
            LimitOrderState,
            _common(taker_amount=Amount(), maker_amount=Amount(), taker_fee=Amount()),
            check_venue,
        ),
        "order_book": Record(
            OrderBookState,
            _common(
                tick=Amount(low=1),
                lot=Amount(low=1),
                bids=Many(_RESTING, MAX_RESTING),
                asks=Many(_RESTING, MAX_RESTING),
                fee=_FEE,
            ),
            check_venue,
        ),
    }
)
