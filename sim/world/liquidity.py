"""Venues of a simulation: nobody's pools, priced around the outside prices at the start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Final

from intents.assets import AssetInfo
from intents.intent import Leg
from intents.venue_states import ConcentratedState, OrderBookState, VenueId, VenueState
from liquidity.sqrt_price_math import amount0_in, amount1_in
from liquidity.tick_math import sqrt_price_at
from scenarios.liquidity_draw import draw_venue
from scenarios.market import Market
from sim.scenario.parts import VenuePart

BPS: Final = 10_000


def opened(
    parts: Sequence[VenuePart], assets: Sequence[AssetInfo], prices: Sequence[float], rng: Random
) -> Iterator[tuple[VenueState, tuple[Leg, ...]]]:
    """Each venue with what it holds where its state does not say. Books begin empty."""
    market = Market(tuple(assets), tuple(prices), ())
    places = {str(info.id): place for place, info in enumerate(assets)}
    made = 0
    for part in parts:
        pair = (places[part.assets[0]], places[part.assets[1]])
        for name in part.names:
            skew = 1.0 + rng.gauss(0.0, part.mispricing_bps) / BPS
            fee = Fraction(part.fee_bps, BPS)
            state = draw_venue(part.type.value, made, market, pair, part.depth / part.count, skew, fee)
            state = replace(state, id=VenueId(name), address="")
            if isinstance(state, OrderBookState):
                state = replace(state, bids=(), asks=())
            yield state, _holdings(state)
            made += 1


def _holdings(state: VenueState) -> tuple[Leg, ...]:
    """What a pool in ticks needs to hold: all its ranges pay out if the price runs to either end. Rounded up."""
    if not isinstance(state, ConcentratedState):
        return ()
    below = [(tick, net) for tick, net in state.ticks if tick <= state.tick]
    above = [(tick, net) for tick, net in state.ticks if tick > state.tick]
    first = _run(state, above, 1)
    second = _run(state, below[::-1], -1)
    return (Leg(state.assets[0], first), Leg(state.assets[1], second))


def _run(state: ConcentratedState, ticks: list[tuple[int, int]], sign: int) -> int:
    """What is paid out, range after range, as the price goes up (sign 1: the first asset) or down (−1)."""
    paid, price, liquidity = 1, state.sqrt_price, state.liquidity
    for tick, net in ticks:
        end = sqrt_price_at(tick)
        low, high = min(price, end), max(price, end)
        paid += amount0_in(low, high, liquidity) if sign > 0 else amount1_in(low, high, liquidity)
        price, liquidity = end, liquidity + sign * net
    return paid
