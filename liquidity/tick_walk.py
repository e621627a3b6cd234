"""The walk of one swap over the ticks of a concentrated pool, exact to the unit of Uniswap v3.

A recorded pool knows a window of ticks. Inside it every step is certain; past its last known tick
nothing is, so the walk stops there and says so, and never fills from liquidity that may not be.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from intents.venue_states import ConcentratedState
from liquidity.errors import MathOutOfRange
from liquidity.swap_math import swap_step
from liquidity.tick_math import MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK, sqrt_price_at, tick_at
from liquidity.ticks import MAX_TICKS, WORD_TICKS, TickTable

#: Every word of the tightest spacing and every listed tick, once.
MAX_STEPS: Final = (MAX_TICK - MIN_TICK) // WORD_TICKS + 2 + MAX_TICKS


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a swap ended and what it moved.

    ``amount_in`` includes the fee; ``fee_growth`` is the fee per unit of liquidity, times 2^128. ``crossed`` are
    the listed ticks passed, in order, each with the growth up to there.
    """

    amount_in: int
    amount_out: int
    sqrt_price: int
    tick: int
    liquidity: int
    fee_growth: int
    crossed: tuple[tuple[int, int], ...] = ()


def walk(
    state: ConcentratedState, table: TickTable, zero_for_one: bool, amount: int, sqrt_limit: int | None = None
) -> Walk:
    """Sell ``amount`` > 0, or buy −``amount``, until done, ``sqrt_limit`` or the last known tick.

    With ``zero_for_one`` token0 goes in and the price falls. The limit defaults to the end of the
    price range. Raises ``MathOutOfRange`` for a limit that the price has already passed.
    """
    price, tick, liquidity, fee = state.sqrt_price, state.tick, state.liquidity, state.fee
    limit = _limit(state, zero_for_one, sqrt_limit)
    ticks, sign = table.ticks, -1 if zero_for_one else 1
    index = bisect_right(ticks, tick) - (1 if zero_for_one else 0)
    end = MIN_TICK if zero_for_one else MAX_TICK
    remaining, paid, got, growth = amount, 0, 0, 0
    crossed: list[tuple[int, int]] = []
    for _ in range(MAX_STEPS):
        known = 0 <= index < len(ticks)
        if remaining == 0 or price == limit or (liquidity > 0 and not known):
            break
        edge = ticks[index] if known else end
        if liquidity > 0:
            word = table.word_edge(tick, zero_for_one)
            edge = max(edge, word) if zero_for_one else min(edge, word)
        edge_price = sqrt_price_at(edge)
        target = max(edge_price, limit) if zero_for_one else min(edge_price, limit)
        start = price
        if liquidity > 0:
            price, step_in, step_out, step_fee = swap_step(price, target, liquidity, remaining, fee)
            remaining -= step_in + step_fee if amount > 0 else -step_out
            paid += step_in + step_fee
            got += step_out
            growth += (step_fee << 128) // liquidity
        else:
            price = target  # nothing trades in a gap between positions
        if price == edge_price:
            if known and edge == ticks[index]:
                liquidity += sign * table.nets[index]
                crossed.append((edge, growth))
                index += sign
            tick = edge - 1 if zero_for_one else edge
        elif price != start:
            tick = tick_at(price)
    return Walk(paid, got, price, tick, liquidity, growth, tuple(crossed))


def first_price(state: ConcentratedState, table: TickTable, zero_for_one: bool) -> int | None:
    """The square-root price at which the next unit trades: past a gap, its far side; None if nowhere."""
    index = bisect_right(table.ticks, state.tick)
    below, above = range(index - 1, -1, -1), range(index, len(table.ticks))
    if state.liquidity > 0:
        return state.sqrt_price
    for place in below if zero_for_one else above:
        if table.nets[place]:
            return sqrt_price_at(table.ticks[place])
    return None


def _limit(state: ConcentratedState, zero_for_one: bool, sqrt_limit: int | None) -> int:
    price = state.sqrt_price
    low, high = (MIN_SQRT_PRICE + 1, price - 1) if zero_for_one else (price + 1, MAX_SQRT_PRICE - 1)
    if sqrt_limit is None:
        sqrt_limit = low if zero_for_one else high
    if not low <= sqrt_limit <= high:
        raise MathOutOfRange(state.id, "square-root price limit", sqrt_limit, low, high)
    return sqrt_limit
