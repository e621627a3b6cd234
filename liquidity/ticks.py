"""The ticks of a concentrated pool: where liquidity changes, how far apart they may lie, what is refused.

Why does spacing matter? The reference looks for the next tick one 256-bit word of its bitmap at a
time and rounds once more at each word's edge. Records carry no spacing, so it is taken from the
fee, as the Uniswap v3 factory fixes it; for other fees it is unknown and words are not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from intents.venue_states import ConcentratedState
from liquidity.errors import InvalidVenue
from liquidity.tick_math import MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK, sqrt_price_at

#: Spacing per fee, as enabled in the Uniswap v3 factory.
FACTORY_SPACING: Final[Mapping[Fraction, int]] = MappingProxyType(
    {Fraction(1, 10_000): 1, Fraction(5, 10_000): 10, Fraction(3, 1_000): 60, Fraction(1, 100): 200}
)
#: Most ticks a pool may list; the recorded windows hold at most a few hundred.
MAX_TICKS: Final = 20_000
#: The pool keeps liquidity in 128 bits.
MAX_LIQUIDITY: Final = 2**128 - 1
WORD_TICKS: Final = 256


@dataclass(frozen=True, slots=True)
class Position:
    """``liquidity`` provided between ticks ``lower`` (inclusive) and ``upper`` (exclusive)."""

    lower: int
    upper: int
    liquidity: int


@dataclass(frozen=True, slots=True)
class TickTable:
    """The listed ticks in ascending order with the liquidity each adds when crossed upwards."""

    ticks: tuple[int, ...]
    nets: tuple[int, ...]
    spacing: int | None

    def word_edge(self, tick: int, zero_for_one: bool) -> int:
        """How far the reference looks from ``tick`` in one go."""
        end = MIN_TICK if zero_for_one else MAX_TICK
        size = self.spacing
        if size is None:
            return end
        if zero_for_one:
            return max(tick // size // WORD_TICKS * WORD_TICKS * size, end)
        return min((((tick // size + 1) // WORD_TICKS + 1) * WORD_TICKS - 1) * size, end)


def ticks_of(positions: Iterable[Position], tick: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """(tick, liquidityNet) pairs of ``positions``, and the liquidity in force at ``tick``."""
    net: dict[int, int] = {}
    active = 0
    for position in positions:
        net[position.lower] = net.get(position.lower, 0) + position.liquidity
        net[position.upper] = net.get(position.upper, 0) - position.liquidity
        if position.lower <= tick < position.upper:
            active += position.liquidity
    return tuple(sorted(net.items())), active


def tick_table(state: ConcentratedState, spacing: int | None = None) -> TickTable:
    """The checked table of ``state``; ``spacing`` only where it is known better than by the fee.

    Raises ``InvalidVenue`` for what no pool can be: unsorted or out-of-range ticks, or a price that
    does not stand on its tick.
    """
    _check(state)
    if spacing is None:
        by_fee = FACTORY_SPACING.get(state.fee)
        spacing = None if by_fee is None or any(tick % by_fee for tick, _ in state.ticks) else by_fee
    known = _trusted(state)
    return TickTable(tuple(tick for tick, _ in known), tuple(net for _, net in known), spacing)


def _check(state: ConcentratedState) -> None:
    if len(state.assets) != 2 or state.assets[0] == state.assets[1]:
        raise InvalidVenue(state.id, "a concentrated pool holds exactly two different assets")
    if not 0 <= state.fee.numerator < state.fee.denominator:
        raise InvalidVenue(state.id, f"fee {state.fee} is not at least 0 and below 1")
    if not 0 <= state.liquidity <= MAX_LIQUIDITY:
        raise InvalidVenue(state.id, f"liquidity {state.liquidity} is not within 0 .. {MAX_LIQUIDITY}")
    if len(state.ticks) > MAX_TICKS:
        raise InvalidVenue(state.id, f"{len(state.ticks)} ticks, at most {MAX_TICKS} are allowed")
    if any(first[0] >= second[0] for first, second in pairwise(state.ticks)):
        raise InvalidVenue(state.id, "ticks are not in ascending order, each once")
    if state.ticks and (state.ticks[0][0] < MIN_TICK or state.ticks[-1][0] > MAX_TICK):
        raise InvalidVenue(state.id, f"a tick is outside {MIN_TICK} .. {MAX_TICK}")
    price, tick = state.sqrt_price, state.tick
    if not MIN_SQRT_PRICE <= price < MAX_SQRT_PRICE:
        raise InvalidVenue(
            state.id, f"square-root price {price} is not within {MIN_SQRT_PRICE} .. {MAX_SQRT_PRICE - 1}"
        )
    # A pool whose price fell exactly onto a tick's stands on the tick below: both ends are allowed.
    if not (MIN_TICK <= tick < MAX_TICK and sqrt_price_at(tick) <= price <= sqrt_price_at(tick + 1)):
        raise InvalidVenue(state.id, f"square-root price {price} does not stand on tick {tick}")


def _trusted(state: ConcentratedState) -> tuple[tuple[int, int], ...]:
    """The listed ticks around the price up to where the record contradicts itself.

    Six of 299 recorded pools list ticks of another moment than their price: crossing all of them
    would end below zero. From the first such tick outwards nothing is known.
    """
    here = bisect_right(state.ticks, state.tick, key=itemgetter(0))
    above = _count_possible(state.liquidity, (net for _, net in state.ticks[here:]))
    below = _count_possible(state.liquidity, (-net for _, net in reversed(state.ticks[:here])))
    return state.ticks[here - below : here + above]


def _count_possible(liquidity: int, changes: Iterable[int]) -> int:
    count = 0
    for change in changes:
        liquidity += change
        if not 0 <= liquidity <= MAX_LIQUIDITY:
            break
        count += 1
    return count
