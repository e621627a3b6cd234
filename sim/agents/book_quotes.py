"""A maker's quotes on an order book: which to take off and which to rest."""

from __future__ import annotations

import math
from collections.abc import Mapping

from intents.assets import AssetId
from intents.venue_states import OrderBookState, VenueId, VenueState
from liquidity.book import Side, resting
from settlement.ledger.transactions import Action, CancelQuote, PlaceQuote
from sim.agents.base import Desk


def book_of(
    venues: Mapping[VenueId, VenueState], name: str, asset: AssetId, numeraire: AssetId
) -> OrderBookState | None:
    """The book called ``name``, if it trades ``asset`` against the numeraire."""
    found = venues.get(VenueId(name))
    return found if isinstance(found, OrderBookState) and found.assets == (asset, numeraire) else None


def resting_base(book: OrderBookState, maker: str) -> int:
    """Base units that the maker's asks hold."""
    return sum(order.quantity for order in book.asks if order.owner == maker) * book.lot


def wanted_quotes(
    desk: Desk, book: OrderBookState, owner: int, bid: float, ask: float, size: float
) -> list[Action]:
    """Take off all of the maker's quotes, then rest ``size`` whole base units at ``bid`` and ``ask`` (whole quote
    units per whole base unit; 0 leaves a side out). Bids round down and asks up to ticks, and neither may cross
    what others rest there: they step back to the touch. Nor do they ask for more than the account and its quotes
    there hold."""
    maker = desk.holder(owner).hex()
    base, cash = (desk.balance(asset, owner) for asset in book.assets)
    mine = [order for side in Side for order in resting(book, side) if order.owner == maker]
    others_bid = max((order.price for order in book.bids if order.owner != maker), default=0)
    others_ask = min((order.price for order in book.asks if order.owner != maker), default=None)
    actions: list[Action] = [CancelQuote(book.id, order.id) for order in mine]
    lots = desk.units(book.assets[0], size) // book.lot
    buy = math.floor(_ticks(desk, book, bid))
    sell = max(math.ceil(_ticks(desk, book, ask)), others_bid + 1)
    if others_ask is not None:
        buy = min(buy, others_ask - 1)
    if bid > 0.0 and buy > 0:
        paid = sum(order.price * order.quantity for order in book.bids if order.owner == maker) * book.tick
        bought = min(lots, (cash + paid) // (buy * book.tick))
        actions += [PlaceQuote(book.id, Side.BUY, buy, bought)] if bought > 0 else []
    if ask > 0.0 and sell > max(buy, 0):
        sold = min(lots, (base + resting_base(book, maker)) // book.lot)
        actions += [PlaceQuote(book.id, Side.SELL, sell, sold)] if sold > 0 else []
    return actions


def _ticks(desk: Desk, book: OrderBookState, price: float) -> float:
    """A price in whole units as ticks per lot, without the dust of floats that would tip a whole number."""
    base, quote = book.assets
    return round(desk.whole(base, book.lot) * price * 10.0 ** desk.assets[quote].decimals / book.tick, 6)
