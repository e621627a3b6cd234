"""Netting one pair against one constant-product pool, as CoW's naive engine does.

Sells and buys of both directions cancel at one price; what is too much of one asset goes through the
pool, and the price is that swap's own effective price. If a limit does not bear it, the worst limited
order of the excess side is dropped and the rest tried again. The arithmetic is exact in rationals,
rounded down once. Reference: cowprotocol/services before df9ca2b1, crates/solver/src/solver/naive_solver.rs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.amounts import mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.venue_states import ConstantProductState
from liquidity.errors import VenueError
from liquidity.venue import Venue
from settlement.solution import Interaction
from solver.asks import Ask

#: How often the price is lowered until the pool's exact output covers everybody.
MAX_STEPS: Final = 8
#: Prices are lifted by this before they are lowered, so that a step can be small.
_RESOLUTION: Final = 10**9


@dataclass(frozen=True, slots=True)
class Netting:
    """All of ``asks`` filled whole at ``prices``; ``swap`` evens out what they leave."""

    asks: tuple[Ask, ...]
    prices: dict[AssetId, int]
    swap: Interaction | None


@dataclass(frozen=True, slots=True)
class _Side:
    """One asset of the pair. ``supply`` is what sells bring less what buys take, exact sides only."""

    asset: AssetId
    reserve: int
    supply: int


def net_as_engine(asks: Sequence[Ask], pool: ConstantProductState) -> Netting | None:
    """Exactly the engine's answer. It may claim a unit more than the pool pays, or need a buffer."""
    return _net(asks, pool, lambda kept, ex, sh: _through_pool(kept, pool, ex, sh), between=_at_spot)


def net_exactly(asks: Sequence[Ask], pool: ConstantProductState, venue: Venue) -> Netting | None:
    """The same idea with the pool's own integers: what goes out has come in, to the unit."""

    def swap(kept: Sequence[Ask], excess: _Side, shortage: _Side) -> Netting | None:
        guess = _through_pool(kept, pool, excess, shortage)
        return _covered(guess, venue, excess.asset, shortage.asset) if guess is not None else None

    return _net(asks, pool, swap, between=lambda kept, a, b: None)


_Settle = Callable[[Sequence[Ask], _Side, _Side], Netting | None]


def _net(asks: Sequence[Ask], pool: ConstantProductState, swap: _Settle, between: _Settle) -> Netting | None:
    kept = list(asks)
    while kept:
        a, b = _sides(kept, pool)
        if _is_excess(a, b, 1 - pool.fee):
            found = swap(kept, a, b)
        elif _is_excess(b, a, 1 - pool.fee):
            found = swap(kept, b, a)
        else:
            found = between(kept, a, b)
        if found is not None and all(_limit_holds(ask, found.prices) for ask in found.asks):
            return found
        excess = a.asset if _is_excess(a, b, Fraction(1)) else b.asset
        worst = _worst(kept, excess)
        if worst is None:
            return None
        kept[worst] = kept[-1]
        kept.pop()
    return None


def _sides(asks: Sequence[Ask], pool: ConstantProductState) -> tuple[_Side, _Side]:
    supply = dict.fromkeys(pool.assets, 0)
    for ask in asks:
        if ask.exact_out:
            supply[ask.buy] -= ask.buy_amount
        else:
            supply[ask.sell] += ask.sell_amount
    first, second = (_Side(asset, r, supply[asset]) for asset, r in zip(pool.assets, pool.reserves, strict=True))
    return first, second


def _is_excess(side: _Side, other: _Side, kept: Fraction) -> bool:
    """Whether ``side`` is in excess at the pool's spot price, ``kept`` of an input remaining after fees."""
    return side.reserve * other.supply < kept * other.reserve * side.supply


def _at_spot(asks: Sequence[Ask], a: _Side, b: _Side) -> Netting:
    return Netting(tuple(asks), {a.asset: b.reserve, b.asset: a.reserve}, None)


def _through_pool(
    asks: Sequence[Ask], pool: ConstantProductState, excess: _Side, shortage: _Side
) -> Netting | None:
    kept = 1 - pool.fee
    denominator = excess.reserve + kept * excess.supply
    if denominator == 0:
        return None
    out = (kept * excess.supply * shortage.reserve - shortage.supply * excess.reserve) / denominator
    if out == shortage.reserve or kept == 0:
        return None
    amount_out, amount_in = int(out), int(out * excess.reserve / (kept * (shortage.reserve - out)))
    if amount_out <= 0 or amount_in <= 0:
        return None
    prices = {excess.asset: amount_out, shortage.asset: amount_in}
    # Traders' roundings may need a unit more than the rounded-down output.
    needed = _total(_taken(asks, prices), shortage.asset) - _total(_given(asks, prices), shortage.asset)
    if needed < 0:
        return None
    swap = Interaction(pool.id, excess.asset, shortage.asset, amount_in, max(needed, amount_out))
    return Netting(tuple(asks), prices, swap)


def _covered(guess: Netting, venue: Venue, excess: AssetId, shortage: AssetId) -> Netting | None:
    """``guess`` with its price lowered for the excess side until the pool's exact output suffices."""
    price, other = guess.prices[excess] * _RESOLUTION, guess.prices[shortage] * _RESOLUTION
    for _ in range(MAX_STEPS):
        if price <= 0:
            return None
        prices = {excess: price, shortage: other}
        given, taken = _given(guess.asks, prices), _taken(guess.asks, prices)
        amount_in = _total(given, excess) - _total(taken, excess)
        needed = _total(taken, shortage) - _total(given, shortage)
        if amount_in <= 0 or needed <= 0:
            return None
        try:
            paid = venue.quote_in(excess, shortage, amount_in)
        except VenueError:
            return None
        if paid >= needed:
            swap = Interaction(venue.state.id, excess, shortage, amount_in, paid)
            return Netting(guess.asks, prices, swap)
        price -= mul_div_ceil(price, needed - paid + len(guess.asks), needed)
    return None


def _given(asks: Sequence[Ask], prices: dict[AssetId, int]) -> list[tuple[AssetId, int]]:
    """What each order brings in at ``prices``: all of it, or what its buy costs, rounded down."""
    return [
        (
            ask.sell,
            mul_div_floor(ask.buy_amount, prices[ask.buy], prices[ask.sell]) if ask.exact_out else ask.sell_amount,
        )
        for ask in asks
    ]


def _taken(asks: Sequence[Ask], prices: dict[AssetId, int]) -> list[tuple[AssetId, int]]:
    """What each order takes out at ``prices``: all of it, or what its sell earns, rounded up."""
    return [
        (
            ask.buy,
            ask.buy_amount if ask.exact_out else mul_div_ceil(ask.sell_amount, prices[ask.sell], prices[ask.buy]),
        )
        for ask in asks
    ]


def _total(amounts: Sequence[tuple[AssetId, int]], asset: AssetId) -> int:
    return sum(amount for found, amount in amounts if found == asset)


def _limit_holds(ask: Ask, prices: dict[AssetId, int]) -> bool:
    return ask.sell_amount * prices[ask.sell] >= ask.buy_amount * prices[ask.buy]


def _worst(asks: Sequence[Ask], excess: AssetId) -> int | None:
    """The place of the order selling ``excess`` that wants most per unit; the last of equals."""
    worst: int | None = None
    for place, ask in enumerate(asks):
        if ask.sell != excess:
            continue
        if worst is None or ask.buy_amount * asks[worst].sell_amount >= asks[worst].buy_amount * ask.sell_amount:
            worst = place
    return worst
