"""Positions of a concentrated pool: who provided liquidity between which ticks, and the fees each has earned.

Fees are counted per unit of liquidity, as Uniswap v3 does (whitepaper, section 6.3): a pool's growth in all, and
for every tick the growth on its far side, turned over each time the price crosses it. A position's fees are its
liquidity times what grew between its ticks since it was last touched. Counters are words of 256 bits that wrap, so
differences are right whatever they began with. What goes in rounds up; what comes out, fees too, rounds down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.schema import MAX_WORD, Amount, Integer, Octets, Pair, Record
from intents.venue_states import ConcentratedState, VenueId
from liquidity.concentrated import ConcentratedVenue
from liquidity.sqrt_price_math import amount0_in, amount0_out, amount1_in, amount1_out
from liquidity.tick_math import MAX_TICK, MIN_TICK, sqrt_price_at
from liquidity.ticks import FACTORY_SPACING, tick_table
from settlement.ledger.accounts import Account, account_of_venue
from settlement.ledger.books import Books
from settlement.ledger.errors import (
    BelowMinimum,
    NoSharesThere,
    NotProportional,
    TooMuch,
    UnknownVenue,
    WrongRange,
)
from settlement.ledger.state import Draft, Table
from settlement.ledger.venues import VENUE_ID, VENUES

#: Ticks that one pool may list: its state is one entry of the ledger.
MAX_POOL_TICKS: Final = 4_096

#: Fee growth per unit of liquidity, times 2^128, of (token0, token1).
Growth = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pool:
    """``liquidity`` of all positions together, in range or not; ``growth`` since the pool opened."""

    liquidity: int
    growth: Growth


@dataclass(frozen=True, slots=True)
class Tick:
    """``liquidity`` of the positions that begin or end here; ``outside``: growth on the side the price is not."""

    liquidity: int
    outside: Growth


@dataclass(frozen=True, slots=True)
class PositionKey:
    venue: VenueId
    provider: bytes
    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Position:
    """``inside``: what had grown between its ticks when it was last touched."""

    liquidity: int
    inside: Growth


_WORD: Final = Amount(high=MAX_WORD)
_GROWTH: Final = Pair(_WORD, _WORD)
_TICK: Final = Integer(low=MIN_TICK, high=MAX_TICK)
POOLS: Final[Table[VenueId, Pool]] = Table(
    33, "pools", VENUE_ID, Record(Pool, {"liquidity": Amount(), "growth": _GROWTH})
)
TICKS: Final[Table[tuple[VenueId, int], Tick]] = Table(
    34, "ticks", Pair(VENUE_ID, _TICK), Record(Tick, {"liquidity": Amount(low=1), "outside": _GROWTH})
)
POSITIONS: Final[Table[PositionKey, Position]] = Table(
    35,
    "positions",
    Record(PositionKey, {"venue": VENUE_ID, "provider": Octets(limit=128), "lower": _TICK, "upper": _TICK}),
    Record(Position, {"liquidity": Amount(low=1), "inside": _GROWTH}),
)


def create(books: Books, state: ConcentratedState, funding: Account, most: dict[AssetId, int]) -> None:
    """Open a pool. Each stretch of liquidity that ``state`` lists becomes a position of ``funding``.

    Liquidity beyond the listed ticks is nobody's, so the pool begins without it. Raises ``TooMuch`` where the
    stretches cost more than ``most``.
    """
    draft, table = books.draft, tick_table(state)
    draft.set(VENUES, state.id, replace(state, liquidity=0, ticks=()))
    draft.set(POOLS, state.id, Pool(0, (0, 0)))
    paid: dict[AssetId, int] = dict.fromkeys(state.assets, 0)
    below = sum(net for tick, net in zip(table.ticks, table.nets, strict=True) if tick <= state.tick)
    # What is in force below the first tick is what the nets up to the price do not explain.
    liquidity = state.liquidity - below
    for (lower, upper), net in zip(pairwise(table.ticks), table.nets, strict=False):
        liquidity += net
        if liquidity:
            for asset, amount in add(books, state.id, funding, lower, upper, liquidity).items():
                paid[asset] += amount
    for asset, amount in paid.items():
        if amount > most.get(asset, 0):
            raise TooMuch("ledger", f"{asset} paid in", amount, most.get(asset, 0))


def add(
    books: Books, venue: VenueId, provider: Account, lower: int, upper: int, liquidity: int
) -> dict[AssetId, int]:
    """Provide ``liquidity`` > 0 more between two ticks; returns what was paid in. Fees so far are paid out."""
    state, pool = _pool(books.draft, venue)
    _check_range(state, lower, upper)
    if liquidity <= 0:
        raise BelowMinimum("ledger", "liquidity", liquidity, 1)
    if pool.liquidity + liquidity > MAX_AMOUNT:
        raise TooMuch("ledger", f"liquidity of {venue}", pool.liquidity + liquidity, MAX_AMOUNT)
    moved = _touch(books, provider, PositionKey(venue, provider.holder, lower, upper), liquidity)
    paid = _worth(moved, lower, upper, liquidity, up=True)
    for asset, amount in paid.items():
        if amount:
            books.move(provider, account_of_venue(venue), asset, amount, "liquidity added")
    return paid


def remove(
    books: Books, venue: VenueId, provider: Account, lower: int, upper: int, liquidity: int
) -> dict[AssetId, int]:
    """Take ``liquidity`` ≥ 0 out; returns what it paid, without the fees, which are paid out in any case."""
    state, _ = _pool(books.draft, venue)
    key = PositionKey(venue, provider.holder, lower, upper)
    position = books.draft.get(POSITIONS, key)
    held = position.liquidity if position is not None else 0
    if not 0 <= liquidity <= held or held == 0:
        raise NoSharesThere("ledger", venue, held, liquidity)
    _touch(books, provider, key, -liquidity)
    paid = _worth(state, lower, upper, liquidity, up=False)
    for asset, amount in paid.items():
        if amount:
            books.move(account_of_venue(venue), provider, asset, amount, "liquidity withdrawn")
    return paid


def swap(draft: Draft, state: ConcentratedState, asset_in: AssetId, amount_in: int) -> None:
    """What selling ``amount_in`` to the pool does to it: its price, and whose the fee is."""
    side = state.assets.index(asset_in)
    done = ConcentratedVenue(state).walk(side == 0, amount_in)
    pool = draft.get(POOLS, state.id)
    assert pool is not None, "a concentrated pool is opened with its growth"
    for place, growth in done.crossed:
        tick = draft.get(TICKS, (state.id, place))
        assert tick is not None, "a pool lists the ticks of its positions"
        here = _plus(pool.growth, side, growth)
        draft.set(TICKS, (state.id, place), replace(tick, outside=_minus(here, tick.outside)))
    draft.set(POOLS, state.id, replace(pool, growth=_plus(pool.growth, side, done.fee_growth)))
    after = replace(state, sqrt_price=done.sqrt_price, tick=done.tick, liquidity=done.liquidity)
    draft.set(VENUES, state.id, after)


def earned(draft: Draft, key: PositionKey) -> Growth:
    """Fees of a position not yet paid out, in base units of (token0, token1), rounded down."""
    state, pool = _pool(draft, key.venue)
    position = draft.get(POSITIONS, key)
    if position is None:
        return (0, 0)
    grown = _minus(_inside(draft, state, pool.growth, key), position.inside)
    return (position.liquidity * grown[0] >> 128, position.liquidity * grown[1] >> 128)


def _touch(books: Books, provider: Account, key: PositionKey, change: int) -> ConcentratedState:
    """Pay out what the position has earned, then change its liquidity; returns the pool after it."""
    draft = books.draft
    state, pool = _pool(draft, key.venue)
    fees = earned(draft, key)
    for asset, fee in zip(state.assets, fees, strict=True):
        if fee:
            books.move(account_of_venue(key.venue), provider, asset, fee, "fees collected")
    for place in (key.lower, key.upper):
        tick = draft.get(TICKS, (key.venue, place)) or Tick(0, pool.growth if place <= state.tick else (0, 0))
        draft.set(TICKS, (key.venue, place), replace(tick, liquidity=tick.liquidity + change))
    inside = _inside(draft, state, pool.growth, key)
    held = draft.get(POSITIONS, key) or Position(0, inside)
    left = held.liquidity + change
    draft.set(POSITIONS, key, Position(left, inside) if left else None)
    draft.set(POOLS, key.venue, replace(pool, liquidity=pool.liquidity + change))
    in_force = state.liquidity + (change if key.lower <= state.tick < key.upper else 0)
    state = replace(state, liquidity=in_force, ticks=_listed(draft, state, key, change))
    draft.set(VENUES, key.venue, state)
    return state


def _listed(draft: Draft, state: ConcentratedState, key: PositionKey, change: int) -> tuple[tuple[int, int], ...]:
    """The pool's ticks after the change: those of no position are gone."""
    nets = dict(state.ticks)
    for place, net in ((key.lower, change), (key.upper, -change)):
        nets[place] = nets.get(place, 0) + net
        tick = draft.get(TICKS, (key.venue, place))
        if tick is None or tick.liquidity == 0:
            draft.set(TICKS, (key.venue, place), None)
            del nets[place]
    if len(nets) > MAX_POOL_TICKS:
        raise TooMuch("ledger", f"ticks of {key.venue}", len(nets), MAX_POOL_TICKS)
    return tuple(sorted(nets.items()))


def _inside(draft: Draft, state: ConcentratedState, growth: Growth, key: PositionKey) -> Growth:
    """What has grown between the position's ticks, by a counter that began anywhere."""
    lower, upper = draft.get(TICKS, (key.venue, key.lower)), draft.get(TICKS, (key.venue, key.upper))
    assert lower is not None, "a position's ticks are listed"
    assert upper is not None
    below = lower.outside if state.tick >= key.lower else _minus(growth, lower.outside)
    above = upper.outside if state.tick < key.upper else _minus(growth, upper.outside)
    return _minus(_minus(growth, below), above)


def _worth(state: ConcentratedState, lower: int, upper: int, liquidity: int, *, up: bool) -> dict[AssetId, int]:
    """What ``liquidity`` between two ticks holds at the pool's price, each asset rounded up or down."""
    low, high = sqrt_price_at(lower), sqrt_price_at(upper)
    price = min(max(state.sqrt_price, low), high)
    first, second = (amount0_in, amount1_in) if up else (amount0_out, amount1_out)
    return dict(zip(state.assets, (first(price, high, liquidity), second(low, price, liquidity)), strict=True))


def _check_range(state: ConcentratedState, lower: int, upper: int) -> None:
    spacing = FACTORY_SPACING.get(state.fee, 1)
    if not MIN_TICK <= lower < upper <= MAX_TICK or lower % spacing or upper % spacing:
        raise WrongRange("ledger", lower, upper, spacing)


def _pool(draft: Draft, venue: VenueId) -> tuple[ConcentratedState, Pool]:
    state, pool = draft.get(VENUES, venue), draft.get(POOLS, venue)
    if state is None:
        raise UnknownVenue("ledger", venue)
    if not isinstance(state, ConcentratedState) or pool is None:
        raise NotProportional("ledger", venue, "its liquidity is not in ranges of ticks")
    return state, pool


def _plus(growth: Growth, side: int, more: int) -> Growth:
    first, second = growth
    return ((first + more) & MAX_WORD, second) if side == 0 else (first, (second + more) & MAX_WORD)


def _minus(growth: Growth, less: Growth) -> Growth:
    return ((growth[0] - less[0]) & MAX_WORD, (growth[1] - less[1]) & MAX_WORD)
