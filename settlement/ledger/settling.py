"""A settled auction on the ledger: owners, venues, fees and rounding move at once, or not at all."""

from __future__ import annotations

from intents.assets import AssetId
from intents.venue_states import ConcentratedState, OrderBookState, VenueId, VenueState
from settlement.apportion import apportion
from settlement.ledger import positions
from settlement.ledger.accounts import (
    CLEARING,
    FEES,
    REWARDS,
    ROUNDING,
    Account,
    AccountKind,
    account_of,
    account_of_venue,
    bond_of,
)
from settlement.ledger.books import Books
from settlement.ledger.errors import UnknownVenue
from settlement.ledger.orders import ORDERS, fill
from settlement.ledger.rules import Rules
from settlement.ledger.venues import VENUES, reserves_of
from settlement.settle import Settlement
from settlement.solution import Interaction
from settlement.verified import Verified


def apply_settlement(books: Books, rules: Rules, settlement: Settlement, now: int) -> None:
    """Everything the winners do, in order. The law has verified it; the books check it again by adding up."""
    for winner in settlement.settled:
        _trade(books, rules, settlement, winner, now)
        for swap in winner.solution.interactions:
            interact(books, swap)
        for asset, amount in winner.protocol_fees.items():
            if amount:
                books.move(CLEARING, FEES, asset, amount, "protocol fee")
        for asset, amount in winner.leftovers.items():
            books.move(CLEARING, ROUNDING, asset, amount, "left over")
        for venue_id, state in winner.venues_after.items():
            _pay_makers(books, venue_id, state)
            books.draft.set(VENUES, venue_id, state)


def interact(books: Books, swap: Interaction) -> None:
    """One swap between clearing and a venue. A pool in ticks learns whose its fee is."""
    venue = account_of_venue(swap.venue)
    books.move(CLEARING, venue, swap.asset_in, swap.amount_in, "swapped in")
    books.move(venue, CLEARING, swap.asset_out, swap.amount_out, "swapped out")
    pool = books.draft.get(VENUES, swap.venue)
    if isinstance(pool, ConcentratedState):
        positions.swap(books.draft, pool, swap.asset_in, swap.amount_in)


def pay_reward(books: Books, solver: bytes, numeraire: AssetId, reward: int) -> int:
    """A reward from the rewards account as far as it reaches, a negative one from the bond; returns what moved."""
    if reward >= 0:
        amount = min(reward, books.balance(REWARDS, numeraire))
        if amount:
            books.move(REWARDS, Account(AccountKind.OWNER, solver), numeraire, amount, "reward")
        return amount
    amount = min(-reward, books.balance(bond_of(solver), numeraire))
    if amount:
        books.move(bond_of(solver), REWARDS, numeraire, amount, "negative reward")
    return -amount


def _trade(books: Books, rules: Rules, settlement: Settlement, winner: Verified, now: int) -> None:
    orders = settlement.auction.order
    trades = [(trade, account_of(orders[trade.order].intent.owner)) for trade in winner.trades]
    for trade, owner in trades:
        for leg in trade.gives:
            if leg.amount:
                books.move(owner, CLEARING, leg.asset, leg.amount, "given")
    for trade, owner in trades:
        for leg in trade.wants:
            if leg.amount:
                books.move(CLEARING, owner, leg.asset, leg.amount, "received")
        if books.draft.get(ORDERS, trade.order) is not None:
            fill(books.draft, rules, trade.order, now, trade.filled)


def _pay_makers(books: Books, venue: VenueId, after: VenueState) -> None:
    """Resting orders that were hit are paid at their own prices from what the taker paid in.

    What is left of it, the fee and what buys no further lot, is theirs too, in proportion to what each was paid.
    """
    before = books.draft.get(VENUES, venue)
    if before is None:
        raise UnknownVenue("ledger", venue)
    if not isinstance(before, OrderBookState) or not isinstance(after, OrderBookState):
        return
    source, holds = account_of_venue(venue), reserves_of(after)
    base, quote = before.assets
    for asset, had, left in ((quote, before.asks, after.asks), (base, before.bids, after.bids)):
        rest = {order.id: order.quantity for order in left}
        hit = [(order, lots) for order in had if (lots := order.quantity - rest.get(order.id, 0))]
        makers = [Account(AccountKind.OWNER, bytes.fromhex(order.owner)) for order, _ in hit]
        earned = [lots * (order.price * before.tick if asset == quote else before.lot) for order, lots in hit]
        for maker, amount in zip(makers, earned, strict=True):
            books.move(source, maker, asset, amount, "quote hit")
        over = books.balance(source, asset) - holds[asset] if hit else 0
        for maker, amount in zip(makers, apportion(over, earned), strict=True):
            if amount:
                books.move(source, maker, asset, amount, "fee of quotes hit")
