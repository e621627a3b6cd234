"""One liquidity source of CoW's solver-engine JSON, read into a venue state."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.errors import WrongValue
from intents.fields import Fields, integer
from intents.formats.cow_fields import CowFields, asset_id
from intents.venue_check import EmptyReserve, ZeroScaling, check_venue
from intents.venue_codec import MAX_GAS, MAX_POOL_ASSETS, MAX_SCALING, MAX_SQRT_PRICE, MAX_TICKS, MIN_SCALING
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
    WeightedVersion,
)

KINDS: Final = ("constantProduct", "weightedProduct", "stable", "concentratedLiquidity", "limitOrder")


def venue_from_cow(item: Fields) -> VenueState:
    """The state; raises ``EmptyReserve`` where nothing is left and ``TooFewAssets`` for a pool of one token."""
    item = CowFields(item.document, item.where)
    match item.choice("kind", KINDS):
        case "constantProduct":
            state: VenueState = _constant_product(item)
        case "weightedProduct":
            state = _weighted(item)
        case "stable":
            state = _stable(item)
        case "concentratedLiquidity":
            state = _concentrated(item)
        case _:
            state = _limit_order(item)
    return check_recorded(state, item.where)


def check_recorded(state: VenueState, where: str) -> VenueState:
    """``state`` checked; a concentrated pool that was never opened and an order that is used up count as empty."""
    unopened = isinstance(state, ConcentratedState) and not state.sqrt_price
    used_up = isinstance(state, LimitOrderState) and not (state.taker_amount and state.maker_amount)
    if unopened or used_up:
        raise EmptyReserve(where, ", ".join(state.assets))
    return check_venue(state, where)


def venue_id(value: object, where: str) -> VenueId:
    """Liquidity ids are numbers in the specification and text in the code: both name the same venue."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not 1 <= len(str(value)) <= 64:
        raise WrongValue(where, "an id of 1 to 64 characters", repr(value)[:80])
    return VenueId(str(value))


def _id(item: Fields) -> VenueId:
    return venue_id(item.raw("id"), item.at("id"))


def _gas(item: Fields) -> int:
    return item.integer_or("gasEstimate", 0, high=MAX_GAS)


def _address(item: Fields) -> str:
    return _lower(item, "address")


def _lower(item: Fields, name: str) -> str:
    """Hexadecimal text in one spelling. Some letters outside ASCII grow when lowered: those stay."""
    text = item.text_or(name, "", limit=128)
    return text.lower() if text.isascii() else text


def _tokens(item: Fields) -> list[tuple[AssetId, Fields]]:
    """The pool's tokens sorted by address, which is the order contracts keep them in."""
    found = [
        (asset_id(key, where), CowFields(value, where))
        for key, value, where in item.entries("tokens", limit=MAX_POOL_ASSETS)
    ]
    return sorted(found, key=lambda entry: entry[0])


def _constant_product(item: Fields) -> ConstantProductState:
    tokens = _tokens(item)
    return ConstantProductState(
        id=_id(item),
        assets=tuple(asset for asset, _ in tokens),
        gas=_gas(item),
        address=_address(item),
        reserves=tuple(token.integer("balance") for _, token in tokens),
        fee=item.fraction("fee"),
        router=_lower(item, "router"),
    )


def _scaling(tokens: list[tuple[AssetId, Fields]]) -> tuple[Fraction, ...]:
    return tuple(_factor(asset, token) for asset, token in tokens)


def _factor(asset: AssetId, token: Fields) -> Fraction:
    if not token.has("scalingFactor"):
        return Fraction(1)
    factor = token.fraction("scalingFactor", low=Fraction(0), high=MAX_SCALING)
    if factor == 0:
        raise ZeroScaling(token.at("scalingFactor"), asset)
    if factor < MIN_SCALING:
        raise WrongValue(token.at("scalingFactor"), f"0 or at least {MIN_SCALING}", str(factor))
    return factor


def _weighted(item: Fields) -> WeightedState:
    tokens = _tokens(item)
    return WeightedState(
        id=_id(item),
        assets=tuple(asset for asset, _ in tokens),
        gas=_gas(item),
        address=_address(item),
        reserves=tuple(token.integer("balance") for _, token in tokens),
        weights=tuple(token.fraction("weight", low=Fraction(0), high=Fraction(1)) for _, token in tokens),
        scaling=_scaling(tokens),
        fee=item.fraction("fee"),
        version=WeightedVersion(item.choice("version", ("v0", "v3Plus")))
        if item.has("version")
        else WeightedVersion.V0,
        pool_id=_pool_id(item),
    )


def _pool_id(item: Fields) -> str:
    """``balancerPoolId`` in the code, ``balancer_pool_id`` in the specification."""
    name = "balancerPoolId" if item.has("balancerPoolId") else "balancer_pool_id"
    return _lower(item, name)


def _stable(item: Fields) -> StableState:
    tokens = _tokens(item)
    return StableState(
        id=_id(item),
        assets=tuple(asset for asset, _ in tokens),
        gas=_gas(item),
        address=_address(item),
        reserves=tuple(token.integer("balance") for _, token in tokens),
        scaling=_scaling(tokens),
        amplification=item.fraction("amplificationParameter", high=Fraction(10**9)),
        fee=item.fraction("fee"),
        pool_id=_pool_id(item),
    )


def _concentrated(item: Fields) -> ConcentratedState:
    tokens = [asset_id(value, where) for value, where in item.items("tokens", limit=MAX_POOL_ASSETS)]
    ticks = [
        (_tick(key, where), integer(net, where, low=-MAX_AMOUNT))
        for key, net, where in item.entries("liquidityNet", limit=MAX_TICKS)
    ]
    return ConcentratedState(
        id=_id(item),
        assets=tuple(tokens),
        gas=_gas(item),
        address=_address(item),
        sqrt_price=item.integer("sqrtPrice", high=MAX_SQRT_PRICE),
        liquidity=item.integer("liquidity", high=2**128 - 1),
        tick=item.integer("tick", low=-(2**31), high=2**31),
        ticks=tuple(sorted(ticks)),
        fee=item.fraction("fee"),
        router=_lower(item, "router"),
    )


def _tick(key: str, where: str) -> int:
    return integer(key, where, low=-(2**31), high=2**31)


def _limit_order(item: Fields) -> LimitOrderState:
    return LimitOrderState(
        id=_id(item),
        assets=(
            asset_id(item.raw("takerToken"), item.at("takerToken")),
            asset_id(item.raw("makerToken"), item.at("makerToken")),
        ),
        gas=_gas(item),
        address=_address(item),
        taker_amount=item.integer("takerAmount"),
        maker_amount=item.integer("makerAmount"),
        taker_fee=item.integer_or("takerTokenFeeAmount", 0),
    )
