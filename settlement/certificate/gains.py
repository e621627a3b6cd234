"""What a venue can be worth at given prices, bounded from above in exact integers.

At prices π a trade gains Σ π·out − Σ π·in. Per kind of venue, the most that any trade gains:

    constant product   (√(π_out·Y) − √(π_in·X/γ))², where positive
    concentrated       the same within each range of ticks, as far as the price moves
    weighted           all assets at once, see ``settlement.certificate.weighted``
    stableswap         all assets at once, see ``settlement.certificate.stable``
    limit order, book  linear, level by level

Prices are integers in any common unit, and gains come in the same unit, rounded up. Curves are the exact ones;
settlement rounds against the trader, so it pays no more. The bounds are on any sequence of trades on one venue:
on products of powers, splitting a trade gains nothing, since fees stay in the pool (Angeris et al., "The Geometry
of Constant Function Market Makers", path deficiency); of stableswap see there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isqrt

from intents.assets import AssetId
from intents.venue_states import (
    ConcentratedState,
    ConstantProductState,
    LimitOrderState,
    OrderBookState,
    StableState,
    VenueState,
    WeightedState,
)
from liquidity.errors import VenueError
from liquidity.tick_math import Q96, sqrt_price_at
from liquidity.ticks import TickTable, tick_table
from settlement.certificate.stable import stable_gain
from settlement.certificate.weighted import weighted_gain

Prices = Mapping[AssetId, int]


def most_gain(state: VenueState, prices: Prices) -> int:
    """No trade on ``state`` gains more than this at ``prices``."""
    match state:
        case ConstantProductState():
            return _constant_product(state, prices)
        case ConcentratedState():
            return _concentrated(state, prices)
        case WeightedState():
            return weighted_gain(state, prices)
        case StableState():
            return stable_gain(state, prices)
        case LimitOrderState():
            given, got = (prices[asset] for asset in state.assets)
            return max(0, got * state.maker_amount - given * (state.taker_amount + state.taker_fee))
        case OrderBookState():
            return _book(state, prices)


def _constant_product(state: ConstantProductState, prices: Prices) -> int:
    kept = state.fee.denominator - state.fee.numerator
    for i, j in ((0, 1), (1, 0)):
        out = prices[state.assets[j]] * state.reserves[j] * kept
        into = prices[state.assets[i]] * state.reserves[i] * state.fee.denominator
        if out > into:  # in one direction at most
            return -(-(out + into - 2 * isqrt(out * into)) // kept)
    return 0


def _concentrated(state: ConcentratedState, prices: Prices) -> int:
    """Per range of liquidity L from square-root price s: L·(π₁·Δs) against L·(π₀·Δ(1/s)), fee on the input."""
    try:
        table = tick_table(state)
    except VenueError:
        return 0  # what no pool can be trades with nobody
    price0, price1 = prices[state.assets[0]], prices[state.assets[1]]
    return _down(state, table, price0, price1) + _up(state, table, price0, price1)


def _down(state: ConcentratedState, table: TickTable, price0: int, price1: int) -> int:
    """Token0 goes in while a unit of it still brings more than it is worth."""
    whole, kept = state.fee.denominator, state.fee.denominator - state.fee.numerator
    here, total = state.sqrt_price, 0
    given, got = (
        price0 * whole << 192,
        price1 * kept,
    )  # token0 for token1 at square-root price s: given against got·s²
    for edge, liquidity in ranges(state, table, downwards=True):
        if here * here * got <= given:
            break
        if liquidity:
            if edge * edge * got < given:
                both = isqrt(liquidity * liquidity * price0 * whole * price1 // kept)
                total -= -liquidity * price1 * here // Q96 + -liquidity * price0 * whole * Q96 // (kept * here)
                return total - 2 * both
            total -= -liquidity * price1 * (here - edge) // Q96
            total -= liquidity * price0 * whole * Q96 * (here - edge) // (kept * here * edge)
        here = edge
    return total


def _up(state: ConcentratedState, table: TickTable, price0: int, price1: int) -> int:
    """Token1 goes in."""
    whole, kept = state.fee.denominator, state.fee.denominator - state.fee.numerator
    here, total = state.sqrt_price, 0
    given, got = price1 * whole, price0 * kept << 192
    for edge, liquidity in ranges(state, table, downwards=False):
        if here * here * given >= got:
            break
        if liquidity:
            if edge * edge * given > got:
                both = isqrt(liquidity * liquidity * price0 * price1 * whole // kept)
                total -= -liquidity * price0 * Q96 // here + -liquidity * price1 * whole * here // (kept * Q96)
                return total - 2 * both
            total -= -liquidity * price0 * Q96 * (edge - here) // (here * edge)
            total -= liquidity * price1 * whole * (edge - here) // (kept * Q96)
        here = edge
    return total


def ranges(state: ConcentratedState, table: TickTable, *, downwards: bool) -> Iterator[tuple[int, int]]:
    """(square-root price at the far edge, liquidity up to there), outwards, as far as ticks are known."""
    liquidity = state.liquidity
    listed = zip(table.ticks, table.nets, strict=True)
    if downwards:
        for tick, net in reversed([entry for entry in listed if entry[0] <= state.tick]):
            yield sqrt_price_at(tick), liquidity
            liquidity -= net
    else:
        for tick, net in (entry for entry in listed if entry[0] > state.tick):
            yield sqrt_price_at(tick), liquidity
            liquidity += net


def _book(state: OrderBookState, prices: Prices) -> int:
    base, quote = (prices[asset] for asset in state.assets)
    whole, kept = state.fee.denominator, state.fee.denominator - state.fee.numerator
    total = 0
    for bid in state.bids:
        total += max(0, bid.quantity * (quote * bid.price * state.tick * kept - base * state.lot * whole))
    for ask in state.asks:
        total += max(0, ask.quantity * (base * state.lot * kept - quote * ask.price * state.tick * whole))
    return -(-total // kept)
