"""Executing a transaction: one movement in the books, or one refusal that leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from intents.assets import AssetId
from intents.intent import Leg
from intents.schema import Integer, Octets
from intents.venue_states import OrderBookState, VenueId
from liquidity.matching import NewOrder, TimeInForce, cancel, submit
from settlement.ledger import bonds, feeds, stakes, venues
from settlement.ledger.accounts import OUTSIDE, Account, AccountKind, account_of, account_of_venue
from settlement.ledger.admission import closed
from settlement.ledger.books import Books
from settlement.ledger.errors import (
    BelowMinimum,
    NotAGateway,
    NotAnOrderBook,
    NotTheirs,
    Overdrawn,
    UnknownVenue,
    WrongNonce,
)
from settlement.ledger.orders import ORDERS, OrderState, step
from settlement.ledger.rules import Rules
from settlement.ledger.state import Table
from settlement.ledger.transactions import (
    AddLiquidity,
    Cancel,
    CancelQuote,
    Deposit,
    LeaveBond,
    OpenVenue,
    PlaceQuote,
    PostBond,
    PostStake,
    ReleaseBond,
    ReleaseStake,
    RemoveLiquidity,
    ReportPrices,
    Transaction,
    Transfer,
    Unjail,
    Unstake,
    Withdraw,
)
from settlement.ledger.venues import VENUES

#: Transactions an account has made.
NONCES: Final[Table[bytes, int]] = Table(8, "nonces", Octets(limit=128), Integer())


def execute(books: Books, rules: Rules, transaction: Transaction, now: int) -> None:
    """Apply one checked transaction. Raises ``LedgerError``; the caller drops its draft then."""
    holder = transaction.holder
    expected = books.draft.get(NONCES, holder) or 0
    if transaction.nonce != expected:
        raise WrongNonce("ledger", transaction.nonce, expected)
    _ACTIONS[type(transaction.action)](books, rules, Account(AccountKind.OWNER, holder), transaction.action, now)
    books.draft.set(NONCES, holder, expected + 1)


def _deposit(books: Books, rules: Rules, sender: Account, action: Deposit, now: int) -> None:
    if sender.holder[1:] not in rules.gateways:
        raise NotAGateway("ledger", sender.holder.hex())
    books.move(OUTSIDE, Account(AccountKind.OWNER, action.to), action.asset, action.amount, "deposit")


def _withdraw(books: Books, rules: Rules, sender: Account, action: Withdraw, now: int) -> None:
    books.move(sender, OUTSIDE, action.asset, action.amount, "withdrawal")


def _transfer(books: Books, rules: Rules, sender: Account, action: Transfer, now: int) -> None:
    books.move(sender, Account(AccountKind.OWNER, action.to), action.asset, action.amount, "transfer")


def _post_bond(books: Books, rules: Rules, sender: Account, action: PostBond, now: int) -> None:
    bonds.post(books, rules, sender.holder, action.name, action.amount)


def _leave_bond(books: Books, rules: Rules, sender: Account, action: LeaveBond, now: int) -> None:
    bonds.leave(books, rules, sender.holder, now)


def _release_bond(books: Books, rules: Rules, sender: Account, action: ReleaseBond, now: int) -> None:
    bonds.release(books, rules, sender.holder, now)


def _open_venue(books: Books, rules: Rules, sender: Account, action: OpenVenue, now: int) -> None:
    venues.create(books, action.venue, sender, {leg.asset: leg.amount for leg in action.holdings})


def _add_liquidity(books: Books, rules: Rules, sender: Account, action: AddLiquidity, now: int) -> None:
    paid = venues.deposit(books, action.venue, sender, action.shares)
    for leg in action.most:
        if paid.get(leg.asset, 0) > leg.amount:
            raise Overdrawn("ledger", "the most to pay", leg.asset, leg.amount, paid[leg.asset])


def _remove_liquidity(books: Books, rules: Rules, sender: Account, action: RemoveLiquidity, now: int) -> None:
    paid = venues.withdraw(books, action.venue, sender, action.shares)
    _at_least(paid, action.least)


def _at_least(paid: dict[AssetId, int], least: tuple[Leg, ...]) -> None:
    for leg in least:
        if paid.get(leg.asset, 0) < leg.amount:
            raise BelowMinimum("ledger", f"{leg.asset} paid out", paid.get(leg.asset, 0), leg.amount)


def _place_quote(books: Books, rules: Rules, sender: Account, action: PlaceQuote, now: int) -> None:
    book = _book(books, action.venue)
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


def _cancel(books: Books, rules: Rules, sender: Account, action: Cancel, now: int) -> None:
    for intent_id in action.intents:
        order = books.draft.get(ORDERS, intent_id)
        if order is None or account_of(order.intent.owner) != sender:
            raise NotTheirs("ledger", intent_id.hex())
        closed(books, step(books.draft, intent_id, OrderState.CANCELLED, now))


def _report_prices(books: Books, rules: Rules, sender: Account, action: ReportPrices, now: int) -> None:
    feeds.report(books.draft, rules, sender.holder[1:], action.prices, now)


def _post_stake(books: Books, rules: Rules, sender: Account, action: PostStake, now: int) -> None:
    stakes.post(books, rules, sender.holder, action.votes)


def _unstake(books: Books, rules: Rules, sender: Account, action: Unstake, now: int) -> None:
    stakes.unstake(books, sender.holder, action.votes)


def _release_stake(books: Books, rules: Rules, sender: Account, action: ReleaseStake, now: int) -> None:
    stakes.release(books, rules, sender.holder, now)


def _unjail(books: Books, rules: Rules, sender: Account, action: Unjail, now: int) -> None:
    stakes.unjail(books, sender.holder, now)


_ACTIONS: Final[dict[type, Callable[[Books, Rules, Account, Any, int], None]]] = {
    Deposit: _deposit,
    Withdraw: _withdraw,
    Transfer: _transfer,
    PostBond: _post_bond,
    LeaveBond: _leave_bond,
    ReleaseBond: _release_bond,
    OpenVenue: _open_venue,
    AddLiquidity: _add_liquidity,
    RemoveLiquidity: _remove_liquidity,
    PlaceQuote: _place_quote,
    CancelQuote: _cancel_quote,
    Cancel: _cancel,
    ReportPrices: _report_prices,
    PostStake: _post_stake,
    Unstake: _unstake,
    ReleaseStake: _release_stake,
    Unjail: _unjail,
}
