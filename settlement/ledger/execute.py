"""Executing a transaction: one movement in the books, or one refusal that leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from intents.schema import Integer, Octets
from settlement.ledger import bonds, feeds, stakes
from settlement.ledger.accounts import OUTSIDE, Account, AccountKind, account_of
from settlement.ledger.admission import closed
from settlement.ledger.books import Books
from settlement.ledger.errors import (
    NotAGateway,
    NotTheirs,
    TradingStopped,
    UnknownAsset,
    WrongNonce,
)
from settlement.ledger.orders import ORDERS, OrderState, step
from settlement.ledger.rules import Rules
from settlement.ledger.state import Table
from settlement.ledger.trading import TradingState, ask, trading_of
from settlement.ledger.transactions import (
    Cancel,
    Deposit,
    LeaveBond,
    PostBond,
    PostStake,
    ReleaseBond,
    ReleaseStake,
    ReportPrices,
    SetTrading,
    Transaction,
    Transfer,
    Unjail,
    Unstake,
    Withdraw,
)
from settlement.ledger.venue_actions import TAKING_ON, VENUE_ACTIONS

#: Transactions an account has made.
NONCES: Final[Table[bytes, int]] = Table(8, "nonces", Octets(limit=128), Integer())


def execute(books: Books, rules: Rules, transaction: Transaction, now: int) -> None:
    """Apply one checked transaction. Raises ``LedgerError``; the caller drops its draft then."""
    holder = transaction.holder
    expected = books.draft.get(NONCES, holder) or 0
    if transaction.nonce != expected:
        raise WrongNonce("ledger", transaction.nonce, expected)
    _check_trading(books, rules, transaction.action)
    _ACTIONS[type(transaction.action)](books, rules, Account(AccountKind.OWNER, holder), transaction.action, now)
    books.draft.set(NONCES, holder, expected + 1)


def _check_trading(books: Books, rules: Rules, action: object) -> None:
    """New venues, liquidity and quotes only while trading is active; the way out is always open."""
    trading = trading_of(books.draft, rules)
    if isinstance(action, TAKING_ON) and trading is not TradingState.ACTIVE:
        raise TradingStopped("ledger", type(action).__name__, trading)


def _deposit(books: Books, rules: Rules, sender: Account, action: Deposit, now: int) -> None:
    if sender.holder[1:] not in rules.gateways:
        raise NotAGateway("ledger", sender.holder.hex())
    if books.draft.get(feeds.ASSETS, action.asset) is None:
        raise UnknownAsset("ledger", action.asset)
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


def _set_trading(books: Books, rules: Rules, sender: Account, action: SetTrading, now: int) -> None:
    ask(books.draft, rules, sender.holder[1:], action.trading)


_ACTIONS: Final[dict[type, Callable[[Books, Rules, Account, Any, int], None]]] = {
    Deposit: _deposit,
    Withdraw: _withdraw,
    Transfer: _transfer,
    PostBond: _post_bond,
    LeaveBond: _leave_bond,
    ReleaseBond: _release_bond,
    Cancel: _cancel,
    ReportPrices: _report_prices,
    PostStake: _post_stake,
    Unstake: _unstake,
    ReleaseStake: _release_stake,
    Unjail: _unjail,
    SetTrading: _set_trading,
    **VENUE_ACTIONS,
}
