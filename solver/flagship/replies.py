"""What a venue trades until its rate has fallen to a given one: closed forms in floats, base units.

``Edge.until(rate)`` is the best answer to prices π_in/π_out = rate, an extreme point of what the venue
offers. Good for choosing among venues; amounts to settle are taken from the exact venues.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, permutations
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
from liquidity.tick_math import Q96
from liquidity.ticks import tick_table
from settlement.certificate.gains import ranges
from settlement.certificate.stable import Stableswap
from solver.flagship.stableswap import Curve

Reply = Callable[[float], tuple[float, float]]

#: Doublings, and halvings, of the search on a stableswap pool.
STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class Edge:
    """One direction of one venue; ``until`` gives (amount in, amount out), (0, 0) where it pays less."""

    asset_in: AssetId
    asset_out: AssetId
    until: Reply


def edges_of(state: VenueState) -> list[Edge]:
    """All directions the venue trades in."""
    found = []
    for i, j in permutations(range(len(state.assets)), 2):
        reply = _reply(state, i, j)
        if reply is not None:
            found.append(Edge(state.assets[i], state.assets[j], reply))
    return found


def _reply(state: VenueState, i: int, j: int) -> Reply | None:
    match state:
        case ConstantProductState():
            return _power(state.reserves[i], state.reserves[j], 1.0, float(1 - state.fee))
        case WeightedState():
            ratio = float(state.weights[i] / state.weights[j])
            return _power(state.reserves[i], state.reserves[j], ratio, float(1 - state.fee))
        case ConcentratedState():
            return _concentrated(state, downwards=i == 0)
        case LimitOrderState():
            whole = (float(state.taker_amount + state.taker_fee), float(state.maker_amount))
            return (lambda rate: whole if whole[1] > rate * whole[0] else (0.0, 0.0)) if i == 0 else None
        case OrderBookState():
            return _book(state, sells=i == 0)
        case StableState():
            return _stable(state, state.assets[i], state.assets[j])


def _power(reserve_in: int, reserve_out: int, ratio: float, kept: float) -> Reply:
    """out = Y·(1 − (X/(X + γ·in))^r), of which r = 1 is the constant product."""
    x, y = float(reserve_in), float(reserve_out)

    def until(rate: float) -> tuple[float, float]:
        left = rate * x / (kept * ratio * y)
        if left >= 1.0:
            return 0.0, 0.0
        t = max(left, 1e-30) ** (1.0 / (ratio + 1.0))
        return x * (1.0 / t - 1.0) / kept, float(y * (1.0 - t**ratio))

    return until


def _concentrated(state: ConcentratedState, *, downwards: bool) -> Reply:
    kept = float(1 - state.fee)
    roots = [state.sqrt_price / Q96]
    depths = []
    for edge, liquidity in ranges(state, tick_table(state), downwards=downwards):
        roots.append(edge / Q96)
        depths.append(float(liquidity))

    def until(rate: float) -> tuple[float, float]:
        # The root at which the rate, fee included, has fallen to ``rate``.
        last = (rate / kept) ** 0.5 if downwards else (kept / max(rate, 1e-300)) ** 0.5
        paid = got = 0.0
        for (here, edge), depth in zip(pairwise(roots), depths, strict=True):
            end = max(edge, last) if downwards else min(edge, last)
            if (here <= last) if downwards else (here >= last):
                break
            fall, rise = abs(here - end), abs(1.0 / end - 1.0 / here)
            paid += depth * (rise if downwards else fall) / kept
            got += depth * (fall if downwards else rise)
        return paid, got

    return until


def _book(state: OrderBookState, *, sells: bool) -> Reply:
    """Whole levels, best first. Lots are small beside them."""
    kept = float(1 - state.fee)
    base, quote = (state.lot, state.tick)
    levels = [
        (o.quantity * base / kept, float(o.quantity * o.price * quote))
        if sells
        else (o.quantity * o.price * quote / kept, float(o.quantity * base))
        for o in (state.bids if sells else state.asks)
    ]

    def until(rate: float) -> tuple[float, float]:
        taken = [level for level in levels if level[1] > rate * level[0]]
        return math.fsum(level[0] for level in taken), math.fsum(level[1] for level in taken)

    return until


def _stable(state: StableState, asset_in: AssetId, asset_out: AssetId) -> Reply | None:
    pool = Stableswap.of(state)
    if pool is None or asset_in not in pool.place or asset_out not in pool.place:
        return None
    i, j = pool.place[asset_in], pool.place[asset_out]
    curve, start = Curve.of(pool), [float(balance) for balance in pool.exact]
    scale_in, scale_out = float(pool.scaling[i] * pool.kept_in), float(pool.scaling[j] / pool.kept_out)

    def until(rate: float) -> tuple[float, float]:
        x = start.copy()
        curve.move_until(x, i, j, rate * scale_out / scale_in, steps=STEPS)
        return max(0.0, x[i] - start[i]) / scale_in, max(0.0, start[j] - x[j]) / scale_out

    return until
