"""Opening venues, at genesis or by a transaction: only what the ledger can hold to the unit."""

from __future__ import annotations

from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.auction import MAX_VENUES
from intents.venue_states import ConcentratedState, LimitOrderState, OrderBookState, VenueState
from liquidity.registry import open_venue
from settlement.ledger import positions
from settlement.ledger.accounts import Account, account_of_venue
from settlement.ledger.books import Books
from settlement.ledger.errors import BelowMinimum, NotOnLedger, TooMuch, UnknownAsset, VenueExists
from settlement.ledger.feeds import ASSETS
from settlement.ledger.venues import (
    FIRST_SHARES,
    LOCKED_SHARES,
    SHARES,
    TOTALS,
    VENUES,
    Shares,
    reserves_of,
)

#: Orders that may rest on one side of a book: its state is one entry of the ledger.
MAX_QUOTES: Final = 4_000


def create(books: Books, state: VenueState, funding: Account, most: dict[AssetId, int]) -> None:
    """Open a venue, what it holds paid from ``funding``, which becomes its first provider.

    ``most`` bounds what ranges of a pool in ticks may cost; of other venues the state says what they hold.
    Raises ``InvalidVenue`` or a ``LedgerError``.
    """
    draft = books.draft
    if draft.get(VENUES, state.id) is not None:
        raise VenueExists("ledger", state.id)
    if len(draft.rows(VENUES)) >= MAX_VENUES:
        raise TooMuch("ledger", "venues", MAX_VENUES + 1, MAX_VENUES)
    for asset in state.assets:
        if draft.get(ASSETS, asset) is None:
            raise UnknownAsset("ledger", asset)
    open_venue(state)
    if isinstance(state, ConcentratedState):
        positions.create(books, state, funding, most)
        return
    if isinstance(state, LimitOrderState):
        raise NotOnLedger("ledger", state.id, "an order of somebody's elsewhere; here it would be an intent")
    if isinstance(state, OrderBookState):
        _check_book(state)
    elif min(state.reserves) <= LOCKED_SHARES:
        raise BelowMinimum("ledger", "a reserve", min(state.reserves), LOCKED_SHARES + 1)
    for asset, amount in sorted(reserves_of(state).items()):
        if amount > MAX_AMOUNT:
            raise TooMuch("ledger", f"{asset} in {state.id}", amount, MAX_AMOUNT)
        if amount:
            books.move(funding, account_of_venue(state.id), asset, amount, "venue opened")
    draft.set(VENUES, state.id, state)
    if not isinstance(state, OrderBookState):
        draft.set(TOTALS, state.id, Shares(FIRST_SHARES))
        draft.set(SHARES, (state.id, funding.holder), FIRST_SHARES - LOCKED_SHARES)


def _check_book(state: OrderBookState) -> None:
    """Whoever rests on a book must have an account that can be paid."""
    for orders in (state.bids, state.asks):
        check_room(state, len(orders))
        for order in orders:
            try:
                known = bytes.fromhex(order.owner)
            except ValueError:
                known = b""
            if not known or known.hex() != order.owner:
                raise NotOnLedger("ledger", state.id, f"order {order.id} rests for nobody's account")


def check_room(state: OrderBookState, resting: int) -> None:
    """Raises ``TooMuch`` where a side would hold more orders than an entry has room for."""
    if resting > MAX_QUOTES:
        raise TooMuch("ledger", f"orders on one side of {state.id}", resting, MAX_QUOTES)
