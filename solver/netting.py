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
    return _net(asks, pool, lambda kept, ex, sh, most: _through_pool(kept, pool, ex, sh, most), between=_at_spot)


def net_exactly(asks: Sequence[Ask], pool: ConstantProductState, venue: Venue) -> Netting | None:
    """The same idea with the pool's own integers: what goes out has come in, to the unit."""

    def swap(kept: Sequence[Ask], excess: _Side, shortage: _Side, dearest: Ask | None) -> Netting | None:
        # The price is only lowered from the guess, so whoever does not bear that bears no other.
        guess = _through_pool(kept, pool, excess, shortage, dearest)
        return _covered(guess, venue, excess.asset, shortage.asset) if guess is not None else None

    return _net(asks, pool, swap, between=lambda kept, a, b, dearest: None)


#: What settles the asks kept: given the side in excess, the other, and the ask in excess that wants most.
_Settle = Callable[[Sequence[Ask], _Side, _Side, Ask | None], Netting | None]


def _net(asks: Sequence[Ask], pool: ConstantProductState, swap: _Settle, between: _Settle) -> Netting | None:
    left = _Left(asks, pool)
    while left.asks:
        a, b = left.sides()
        excess = a.asset if _is_excess(a, b, Fraction(1)) else b.asset
        worst = left.worst(excess)
        dearest = None if worst is None else left.asks[worst]
        if _is_excess(a, b, 1 - pool.fee):
            found = swap(left.asks, a, b, dearest)
        elif _is_excess(b, a, 1 - pool.fee):
            found = swap(left.asks, b, a, dearest)
        else:
            found = between(left.asks, a, b, dearest)
        if found is not None and all(_limit_holds(ask, found.prices) for ask in found.asks):
            return found
        if worst is None:
            return None
        left.drop(worst)
    return None


class _Left:
    """The asks not yet dropped, and what they supply of each asset, less what they take; exact sides only."""

    def __init__(self, asks: Sequence[Ask], pool: ConstantProductState) -> None:
        self.asks = list(asks)
        self._pool = pool
        self._supply = dict.fromkeys(pool.assets, 0)
        for ask in asks:
            self._count(ask, 1)
        self._places = {ask.place: place for place, ask in enumerate(asks)}
        #: By asset sold, groups of asks that want alike, those that want most last; made when first asked for.
        self._groups: dict[AssetId, list[set[int]]] = {}

    def sides(self) -> tuple[_Side, _Side]:
        pool = self._pool
        first, second = (
            _Side(asset, r, self._supply[asset]) for asset, r in zip(pool.assets, pool.reserves, strict=True)
        )
        return first, second

    def worst(self, excess: AssetId) -> int | None:
        """The place of the ask selling ``excess`` that wants most per unit; the last of equals."""
        groups = self._groups.get(excess)
        if groups is None:
            alike: dict[int, set[int]] = {}
            for ask in self.asks:
                if ask.sell == excess:
                    alike.setdefault(ask.exact_rate, set()).add(ask.place)
            groups = self._groups[excess] = [alike[rate] for rate in sorted(alike)]
        return max(self._places[ask] for ask in groups[-1]) if groups else None

    def drop(self, place: int) -> None:
        """The last ask takes the dropped one's place."""
        dropped, last = self.asks[place], self.asks.pop()
        if last is not dropped:
            self.asks[place] = last
            self._places[last.place] = place
        self._count(dropped, -1)
        groups = self._groups[dropped.sell]
        groups[-1].discard(dropped.place)
        if not groups[-1]:
            groups.pop()

    def _count(self, ask: Ask, sign: int) -> None:
        if ask.exact_out:
            self._supply[ask.buy] -= sign * ask.buy_amount
        else:
            self._supply[ask.sell] += sign * ask.sell_amount


def _is_excess(side: _Side, other: _Side, kept: Fraction) -> bool:
    """Whether ``side`` is in excess at the pool's spot price, ``kept`` of an input remaining after fees."""
    excess = kept.numerator * other.reserve * side.supply
    return kept.denominator * side.reserve * other.supply < excess


def _at_spot(asks: Sequence[Ask], a: _Side, b: _Side, dearest: Ask | None) -> Netting:
    return Netting(tuple(asks), {a.asset: b.reserve, b.asset: a.reserve}, None)


def _through_pool(
    asks: Sequence[Ask], pool: ConstantProductState, excess: _Side, shortage: _Side, dearest: Ask | None
) -> Netting | None:
    """All asks at the price of the swap that evens them out; nothing where ``dearest`` asks for more than that."""
    kept = 1 - pool.fee
    num, den = kept.numerator, kept.denominator
    # The exact output, out / parts: (kept · supply · reserve − short · reserve) / (reserve + kept · supply).
    out = num * excess.supply * shortage.reserve - den * shortage.supply * excess.reserve
    parts = den * excess.reserve + num * excess.supply
    if parts < 0:
        out, parts = -out, -parts
    stays = shortage.reserve * parts - out
    if parts == 0 or num == 0 or out <= 0 or stays <= 0:
        return None
    amount_out, amount_in = out // parts, out * excess.reserve * den // (num * stays)
    if amount_out <= 0 or amount_in <= 0:
        return None
    prices = {excess.asset: amount_out, shortage.asset: amount_in}
    if dearest is not None and not _limit_holds(dearest, prices):
        return None
    # Traders' roundings may need a unit more than the rounded-down output.
    needed = -left_over(asks, prices)[shortage.asset]
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
        left = left_over(guess.asks, prices)
        amount_in, needed = left[excess], -left[shortage]
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


def left_over(asks: Sequence[Ask], prices: dict[AssetId, int]) -> dict[AssetId, int]:
    """Per asset what orders bring in at ``prices`` less what they take out: all they sell, for what that earns
    rounded up, or all they buy, for what that costs rounded down."""
    left = dict.fromkeys(prices, 0)
    for ask in asks:
        sell_price, buy_price = prices[ask.sell], prices[ask.buy]
        if ask.exact_out:
            left[ask.sell] += mul_div_floor(ask.buy_amount, buy_price, sell_price)
            left[ask.buy] -= ask.buy_amount
        else:
            left[ask.sell] += ask.sell_amount
            left[ask.buy] -= mul_div_ceil(ask.sell_amount, sell_price, buy_price)
    return left


def _limit_holds(ask: Ask, prices: dict[AssetId, int]) -> bool:
    return ask.sell_amount * prices[ask.sell] >= ask.buy_amount * prices[ask.buy]
