"""Pre-trade checks: what an intent must pass to rest on the ledger, each refusal with its code."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from intents.amounts import MAX_BPS
from intents.codec import intent_id
from intents.intent import FillMode, Intent, IntentId
from intents.schema import Integer, Octets, Pair, Record
from settlement.ledger.accounts import account_of
from settlement.ledger.books import Books
from settlement.ledger.conditions import WATCHED, watch
from settlement.ledger.feeds import ASSETS, value_of
from settlement.ledger.orders import DONE, ORDERS, Order, OrderState
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, Table
from settlement.ledger.trading import TradingState, may_want, trading_of


class Denial(StrEnum):
    """Why an intent was not taken: the first of these that is so, in the order of ``denied``."""

    DUPLICATE = "duplicate"
    NONCE = "nonce"
    EXPIRED = "expired"
    ASSET = "asset"
    BALANCE = "balance"
    SIZE = "size"
    PRICE_BAND = "price_band"
    RATE = "rate"
    HALTED = "halted"
    REDUCING = "reducing"
    OPEN = "open"


#: Which intent an owner used a nonce for.
USED: Final[Table[tuple[bytes, int], IntentId]] = Table(
    12, "used", Pair(Octets(limit=128), Integer()), Octets(limit=64, made=IntentId)
)
#: Open intents per owner.
OPEN: Final[Table[bytes, int]] = Table(13, "open", Octets(limit=128), Integer())


class Taken(Struct, frozen=True, gc=False):
    """How many intents of an owner auction ``auction`` has taken."""

    auction: int
    count: int


RATES: Final[Table[bytes, Taken]] = Table(
    36, "rates", Octets(limit=128), Record(Taken, {"auction": Integer(), "count": Integer()})
)


def admit(books: Books, rules: Rules, intent: Intent, signature: bytes, now: int) -> Denial | None:
    """Let the intent, its signature checked, rest on the ledger; or say why not, and change nothing."""
    denial = denied(books, rules, intent, now)
    if denial is None:
        holder = account_of(intent.owner).holder
        draft, number = books.draft, intent_id(intent)
        order = Order(intent, signature, OrderState.CHECKED, 0, now)
        draft.set(ORDERS, number, order)
        watch(draft, number, order, now)
        draft.set(USED, (holder, intent.nonce), number)
        draft.set(OPEN, holder, (draft.get(OPEN, holder) or 0) + 1)
        draft.set(RATES, holder, Taken(now, _taken(draft, holder, now) + 1))
    return denial


def denied(books: Books, rules: Rules, intent: Intent, now: int) -> Denial | None:
    """The first check that fails."""
    draft, account = books.draft, account_of(intent.owner)
    trading = trading_of(draft, rules)
    if trading is TradingState.HALTED:
        return Denial.HALTED
    if draft.get(ORDERS, intent_id(intent)) is not None:
        return Denial.DUPLICATE
    if draft.get(USED, (account.holder, intent.nonce)) is not None:
        return Denial.NONCE
    if intent.valid_to < now:
        return Denial.EXPIRED
    for leg in (*intent.give, *intent.want):
        if draft.get(ASSETS, leg.asset) is None:
            return Denial.ASSET
    if not may_want(draft, rules, intent, trading, now):
        return Denial.REDUCING
    if _taken(draft, account.holder, now) >= rules.max_new_per_owner:
        return Denial.RATE
    if (draft.get(OPEN, account.holder) or 0) >= rules.max_open_per_owner:
        return Denial.OPEN
    whole = intent.fill.mode is FillMode.FILL_OR_KILL
    for leg in intent.give:
        if books.balance(account, leg.asset) < (leg.amount if whole else 1):
            return Denial.BALANCE
    given, wanted = value_of(draft, rules, intent.give, now), value_of(draft, rules, intent.want, now)
    if _wrong_size(rules, wanted if given is None else given):
        return Denial.SIZE
    if given is not None and wanted is not None and wanted * MAX_BPS < given * max(0, MAX_BPS - rules.band_bps):
        return Denial.PRICE_BAND
    return None


def closed(books: Books, order: Order) -> None:
    """An order has come to an end: its owner may open another. Its nonce stays used until it expires anyway."""
    assert order.state in DONE
    holder = account_of(order.intent.owner).holder
    left = (books.draft.get(OPEN, holder) or 1) - 1
    books.draft.set(OPEN, holder, left or None)


def forget_rates(draft: Draft, now: int) -> None:
    """What earlier auctions took of anybody is of no use any more."""
    for holder, taken in sorted(draft.rows(RATES).items()):
        if taken.auction < now:
            draft.set(RATES, holder, None)


def forget(books: Books, number: IntentId, order: Order) -> None:
    """Nobody can replay an intent past its validity, so nothing about it need be kept."""
    holder = account_of(order.intent.owner).holder
    books.draft.set(ORDERS, number, None)
    books.draft.set(WATCHED, number, None)
    books.draft.set(USED, (holder, order.intent.nonce), None)


def _wrong_size(rules: Rules, worth: int | None) -> bool:
    """Too small to be worth a place in a batch, or too large to be meant. Without prices nobody can tell."""
    if worth is None:
        return False
    return worth < rules.min_notional or 0 < rules.max_notional < worth


def _taken(draft: Draft, holder: bytes, now: int) -> int:
    found = draft.get(RATES, holder)
    return found.count if found is not None and found.auction == now else 0
