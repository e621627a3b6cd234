"""What transactions do at venues: opening them, providing liquidity and quotes, and taking them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from intents.assets import AssetId
from intents.intent import Leg
from intents.venue_states import OrderBookState, VenueId
from liquidity.book import resting
from liquidity.matching import NewOrder, TimeInForce, cancel, submit
from settlement.ledger import opening, positions, venues
from settlement.ledger.accounts import REWARDS, Account, account_of_venue
from settlement.ledger.books import Books
from settlement.ledger.errors import BelowMinimum, NotAnOrderBook, TooMuch, UnknownVenue
from settlement.ledger.rules import Rules
from settlement.ledger.transactions import (
    AddLiquidity,
    AddPosition,
    CancelQuote,
    OpenVenue,
    PlaceQuote,
    RemoveLiquidity,
    RemovePosition,
)
from settlement.ledger.venues import VENUES


def _open_venue(books: Books, rules: Rules, sender: Account, action: OpenVenue, now: int) -> None:
    if rules.venue_price:
        books.move(sender, REWARDS, rules.numeraire, rules.venue_price, "venue's price")
    opening.create(books, action.venue, sender, {leg.asset: leg.amount for leg in action.holdings})


def _add_liquidity(books: Books, rules: Rules, sender: Account, action: AddLiquidity, now: int) -> None:
    paid = venues.deposit(books, action.venue, sender, action.shares)
    _at_most(paid, action.most)


def _remove_liquidity(books: Books, rules: Rules, sender: Account, action: RemoveLiquidity, now: int) -> None:
    paid = venues.withdraw(books, action.venue, sender, action.shares)
    _at_least(paid, action.least)


def _add_position(books: Books, rules: Rules, sender: Account, action: AddPosition, now: int) -> None:
    paid = positions.add(books, action.venue, sender, action.lower, action.upper, action.liquidity)
    _at_most(paid, action.most)


def _remove_position(books: Books, rules: Rules, sender: Account, action: RemovePosition, now: int) -> None:
    paid = positions.remove(books, action.venue, sender, action.lower, action.upper, action.liquidity)
    _at_least(paid, action.least)


def _at_most(paid: dict[AssetId, int], most: tuple[Leg, ...]) -> None:
    for leg in most:
        if paid.get(leg.asset, 0) > leg.amount:
            raise TooMuch("ledger", f"{leg.asset} paid in", paid[leg.asset], leg.amount)


def _at_least(paid: dict[AssetId, int], least: tuple[Leg, ...]) -> None:
    for leg in least:
        if paid.get(leg.asset, 0) < leg.amount:
            raise BelowMinimum("ledger", f"{leg.asset} paid out", paid.get(leg.asset, 0), leg.amount)


def _place_quote(books: Books, rules: Rules, sender: Account, action: PlaceQuote, now: int) -> None:
    book = _book(books, action.venue)
    opening.check_room(book, 1 + len(resting(book, action.side)))
    number = 1 + max((order.id for order in (*book.bids, *book.asks)), default=0)
    order = NewOrder(
        number, sender.holder.hex(), action.side, action.quantity, action.price, TimeInForce.POST_ONLY
    )
    _move_quotes(books, book, submit(book, order).book, sender)


def _cancel_quote(books: Books, rules: Rules, sender: Account, action: CancelQuote, now: int) -> None:
    book = _book(books, action.venue)
    _move_quotes(books, book, cancel(book, action.order, sender.holder.hex())[0], sender)


def _book(books: Books, venue: VenueId) -> OrderBookState:
    state = books.draft.get(VENUES, venue)
    if state is None:
        raise UnknownVenue("ledger", venue)
    if not isinstance(state, OrderBookState):
        raise NotAnOrderBook("ledger", venue)
    return state


def _move_quotes(books: Books, before: OrderBookState, after: OrderBookState, maker: Account) -> None:
    """What the book's resting orders hold, more or less, comes from or goes to the maker."""
    had, has = venues.reserves_of(before), venues.reserves_of(after)
    venue = account_of_venue(before.id)
    for asset in before.assets:
        more = has[asset] - had[asset]
        if more > 0:
            books.move(maker, venue, asset, more, "quote placed")
        elif more < 0:
            books.move(venue, maker, asset, -more, "quote cancelled")
    books.draft.set(VENUES, before.id, after)


VENUE_ACTIONS: Final[dict[type, Callable[[Books, Rules, Account, Any, int], None]]] = {
    OpenVenue: _open_venue,
    AddLiquidity: _add_liquidity,
    RemoveLiquidity: _remove_liquidity,
    AddPosition: _add_position,
    RemovePosition: _remove_position,
    PlaceQuote: _place_quote,
    CancelQuote: _cancel_quote,
}
#: What takes something on.
TAKING_ON: Final = (OpenVenue, AddLiquidity, AddPosition, PlaceQuote)
