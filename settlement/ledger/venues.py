"""Venues as ledger state: what each holds, who provided it, and what they may take out again.

A venue's reserves are its account's balance to the unit. Providers own shares of a pool; fees stay in the
reserves, so they accrue to shares. Deposits and withdrawals are in proportion to the reserves and round in
favour of those who stay. Pools in ticks have positions instead: see ``positions``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from intents.amounts import MAX_AMOUNT, mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from intents.schema import Amount, Octets, Pair, Record, Text
from intents.venue_codec import VENUE
from intents.venue_states import (
    ConstantProductState,
    OrderBookState,
    StableState,
    VenueId,
    VenueState,
    WeightedState,
)
from settlement.ledger.accounts import Account, account_of_venue
from settlement.ledger.books import Books
from settlement.ledger.errors import (
    BelowMinimum,
    NoSharesThere,
    NotProportional,
    TooMuch,
    UnknownVenue,
)
from settlement.ledger.state import Draft, Table

VENUE_ID: Final = Text(128, VenueId)
VENUES: Final[Table[VenueId, VenueState]] = Table(3, "venues", VENUE_ID, VENUE)


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of one pool in all."""

    total: int


#: Shares of a pool: in all, and by provider (an account's holder).
TOTALS: Final[Table[VenueId, Shares]] = Table(4, "shares", VENUE_ID, Record(Shares, {"total": Amount()}))
SHARES: Final[Table[tuple[VenueId, bytes], int]] = Table(
    5, "providers", Pair(VENUE_ID, Octets(limit=128)), Amount()
)

#: What a pool begins with, and the part of it that stays for ever so that no pool can be emptied.
FIRST_SHARES: Final = 10**18
LOCKED_SHARES: Final = 1000

#: Pools whose reserves are all there is to them.
Pool = ConstantProductState | WeightedState | StableState


def reserves_of(state: VenueState) -> dict[AssetId, int]:
    """What a venue holds by its state. For pools in ticks it is what their account holds instead."""
    if isinstance(state, Pool):
        return dict(zip(state.assets, state.reserves, strict=True))
    if isinstance(state, OrderBookState):
        base, quote = state.assets
        asked = sum(order.quantity for order in state.asks) * state.lot
        bid = sum(order.quantity * order.price for order in state.bids) * state.tick
        return {base: asked, quote: bid}
    return {}


def deposit(books: Books, venue: VenueId, provider: Account, shares: int) -> dict[AssetId, int]:
    """Mint ``shares`` for what they are worth, each asset rounded up; returns what was paid in."""
    state, total = _pool(books.draft, venue)
    if shares <= 0:
        raise BelowMinimum("ledger", "shares", shares, 1)
    paid = [mul_div_ceil(shares, reserve, total) for reserve in state.reserves]
    for asset, amount in zip(state.assets, paid, strict=True):
        books.move(provider, account_of_venue(venue), asset, amount, "liquidity added")
    reserves = tuple(had + more for had, more in zip(state.reserves, paid, strict=True))
    largest = max(total + shares, *reserves)
    if largest > MAX_AMOUNT:
        raise TooMuch("ledger", f"shares or reserves of {venue}", largest, MAX_AMOUNT)
    _put(books.draft, replace(state, reserves=reserves), total + shares, provider, shares)
    return dict(zip(state.assets, paid, strict=True))


def withdraw(books: Books, venue: VenueId, provider: Account, shares: int) -> dict[AssetId, int]:
    """Burn ``shares`` for what they are worth, each asset rounded down; returns what was paid out."""
    state, total = _pool(books.draft, venue)
    held = books.draft.get(SHARES, (venue, provider.holder)) or 0
    if not 0 < shares <= held:
        raise NoSharesThere("ledger", venue, held, shares)
    paid = [mul_div_floor(shares, reserve, total) for reserve in state.reserves]
    for asset, amount in zip(state.assets, paid, strict=True):
        if amount:
            books.move(account_of_venue(venue), provider, asset, amount, "liquidity withdrawn")
    reserves = tuple(had - less for had, less in zip(state.reserves, paid, strict=True))
    _put(books.draft, replace(state, reserves=reserves), total - shares, provider, -shares)
    return dict(zip(state.assets, paid, strict=True))


def _pool(draft: Draft, venue: VenueId) -> tuple[Pool, int]:
    state, shares = draft.get(VENUES, venue), draft.get(TOTALS, venue)
    if state is None:
        raise UnknownVenue("ledger", venue)
    if not isinstance(state, Pool) or shares is None:
        raise NotProportional("ledger", venue, "its liquidity is not one proportion of two reserves")
    return state, shares.total


def _put(draft: Draft, state: Pool, total: int, provider: Account, change: int) -> None:
    key = (state.id, provider.holder)
    draft.set(VENUES, state.id, state)
    draft.set(TOTALS, state.id, Shares(total))
    draft.set(SHARES, key, ((draft.get(SHARES, key) or 0) + change) or None)
