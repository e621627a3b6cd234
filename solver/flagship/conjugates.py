"""What a venue could be worth at given prices, bounded from above in exact rationals.

At prices π (numeraire per base unit) a trade gains Σ π·out − Σ π·in. Per kind of venue, the most that any
trade gains:

    constant product   (√(π_out·Y) − √(π_in·X/γ))², where positive
    concentrated       the same within each range of ticks, as far as the price moves
    weighted           closed form per pair; several pairs at once gain at most the sum of the pairs
    stableswap         supporting hyperplane: the invariant is concave, so its tangent at any point bounds it
    limit order, book  linear, level by level

Curves are the exact ones; settlement rounds against the trader, so it pays no more. A sequence of trades on
one venue gains no more than the best single one, since fees stay in the pool (Angeris et al., "The Geometry
of Constant Function Market Makers", path deficiency).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from itertools import permutations
from math import isqrt
from typing import Final

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
from liquidity.tick_math import Q96, sqrt_price_at
from liquidity.ticks import tick_table
from solver.flagship.stable_tangent import stable_gain

Prices = Mapping[AssetId, Fraction]

#: Fractional bits of square roots.
ROOT_BITS: Final = 64
#: Weighted pools: digits computed with, and the share of the output reserve added for what they leave open.
DIGITS: Final = 60
OPEN: Final = Fraction(1, 10**30)


def most_gain(state: VenueState, prices: Prices) -> Fraction | None:
    """No trade on ``state`` gains more than this at ``prices``; ``None`` where no bound could be proven."""
    match state:
        case ConstantProductState():
            return _constant_product(state, prices)
        case ConcentratedState():
            return _concentrated(state, prices)
        case WeightedState():
            return _weighted(state, prices)
        case StableState():
            return stable_gain(state, prices)
        case LimitOrderState():
            given, got = (prices[asset] for asset in state.assets)
            gain = got * state.maker_amount - given * (state.taker_amount + state.taker_fee)
            return max(Fraction(0), gain)
        case OrderBookState():
            return _book(state, prices)


def root_below(value: Fraction) -> Fraction:
    """The square root of ``value`` rounded down to ``ROOT_BITS`` fractional bits of its denominator."""
    scaled = isqrt(value.numerator * value.denominator << 2 * ROOT_BITS)
    return Fraction(scaled, value.denominator << ROOT_BITS)


def _constant_product(state: ConstantProductState, prices: Prices) -> Fraction:
    kept = 1 - state.fee
    total = Fraction(0)
    for i, j in ((0, 1), (1, 0)):
        out = prices[state.assets[j]] * state.reserves[j]
        into = prices[state.assets[i]] * state.reserves[i] / kept
        if out > into:
            total += out + into - 2 * root_below(out * into)
    return total


def _concentrated(state: ConcentratedState, prices: Prices) -> Fraction:
    """Per range of liquidity L from square-root price s: L·(π₁·Δs) against L·(π₀·Δ(1/s)), fee on the input."""
    price0, price1 = prices[state.assets[0]], prices[state.assets[1]]
    if not price0 or not price1:
        return _all_of_one_side(state, prices)
    return _down(state, price0, price1) + _up(state, price0, price1)


def _down(state: ConcentratedState, price0: Fraction, price1: Fraction) -> Fraction:
    """Token0 goes in while a unit of it still brings more than it is worth."""
    given = price0 / (1 - state.fee)
    here, total = Fraction(state.sqrt_price, Q96), Fraction(0)
    for edge, liquidity in ranges(state, downwards=True):
        if here * here * price1 <= given:
            break
        if liquidity:
            if edge * edge * price1 < given:
                gain = price1 * here + given / here - 2 * root_below(given * price1)
                return total + liquidity * gain
            total += liquidity * (price1 * (here - edge) - given * (1 / edge - 1 / here))
        here = edge
    return total


def _up(state: ConcentratedState, price0: Fraction, price1: Fraction) -> Fraction:
    """Token1 goes in."""
    given = price1 / (1 - state.fee)
    here, total = Fraction(state.sqrt_price, Q96), Fraction(0)
    for edge, liquidity in ranges(state, downwards=False):
        if here * here * given >= price0:
            break
        if liquidity:
            if edge * edge * given > price0:
                gain = price0 / here + given * here - 2 * root_below(given * price0)
                return total + liquidity * gain
            total += liquidity * (price0 * (1 / here - 1 / edge) - given * (edge - here))
        here = edge
    return total


def _all_of_one_side(state: ConcentratedState, prices: Prices) -> Fraction:
    """With one asset worth nothing, the most is all there is of the other."""
    here, total = Fraction(state.sqrt_price, Q96), Fraction(0)
    for downwards in (True, False):
        start = here
        for edge, liquidity in ranges(state, downwards=downwards):
            moved = start - edge if downwards else 1 / start - 1 / edge
            total += liquidity * moved * prices[state.assets[1 if downwards else 0]]
            start = edge
    return total


@lru_cache(maxsize=4096)
def ranges(state: ConcentratedState, *, downwards: bool) -> tuple[tuple[Fraction, int], ...]:
    """(square-root price at the far edge, liquidity up to there), outwards, as far as ticks are known."""
    table = tick_table(state)
    found, liquidity = [], state.liquidity
    listed = list(zip(table.ticks, table.nets, strict=True))
    if downwards:
        for tick, net in reversed([entry for entry in listed if entry[0] <= state.tick]):
            found.append((Fraction(sqrt_price_at(tick), Q96), liquidity))
            liquidity -= net
    else:
        for tick, net in (entry for entry in listed if entry[0] > state.tick):
            found.append((Fraction(sqrt_price_at(tick), Q96), liquidity))
            liquidity += net
    return tuple(found)


def _weighted(state: WeightedState, prices: Prices) -> Fraction:
    total = Fraction(0)
    for i, j in permutations(range(len(state.assets)), 2):
        given, got = prices[state.assets[i]], prices[state.assets[j]]
        into, out = given * state.reserves[i] / (1 - state.fee), got * state.reserves[j]
        if not out:
            continue
        if not into:
            total += out
            continue
        power = state.weights[i] / state.weights[j]
        left = into / (out * power)
        if left < 1:
            total += max(Fraction(0), _weighted_pair(into, out, power, left)) + out * OPEN
    return total


def _weighted_pair(into: Fraction, out: Fraction, power: Fraction, left: Fraction) -> Fraction:
    """max over t of out·(1 − t^r) − into·(1/t − 1), at t = (into / (out·r))^(1/(r+1)). Any t is within the
    maximum, and an error in t counts in its square only."""
    with localcontext(Context(prec=DIGITS)):
        r = _decimal(power)
        t = (_decimal(left).ln() / (r + 1)).exp()
        kept, asked = (r * t.ln()).exp(), 1 / t
    return out * (1 - Fraction(kept)) - into * (Fraction(asked) - 1)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _book(state: OrderBookState, prices: Prices) -> Fraction:
    base, quote = (prices[asset] for asset in state.assets)
    kept = 1 - state.fee
    total = Fraction(0)
    for bid in state.bids:
        total += max(Fraction(0), bid.quantity * (quote * bid.price * state.tick - base * state.lot / kept))
    for ask in state.asks:
        total += max(Fraction(0), ask.quantity * (base * state.lot - quote * ask.price * state.tick / kept))
    return total
