"""Pre-trade checks: what an intent must pass to rest on the ledger, each refusal with its code."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from intents.amounts import MAX_BPS, PRICE_SCALE
from intents.codec import intent_id
from intents.intent import FillMode, Intent, IntentId
from intents.schema import Integer, Octets, Pair
from settlement.ledger.accounts import account_of
from settlement.ledger.books import Books
from settlement.ledger.conditions import WATCHED, watch
from settlement.ledger.feeds import ASSETS, price_of
from settlement.ledger.orders import DONE, ORDERS, Order, OrderState
from settlement.ledger.rules import Rules
from settlement.ledger.state import Table


class Denial(StrEnum):
    """Why an intent was not taken."""

    DUPLICATE = "duplicate"
    NONCE = "nonce"
    EXPIRED = "expired"
    ASSET = "asset"
    BALANCE = "balance"
    SIZE = "size"
    PRICE_BAND = "price_band"
    RATE = "rate"
    HALTED = "halted"


class TradingState(StrEnum):
    """REDUCING takes only intents that close positions; HALTED takes none. Appended to, never reordered."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


#: Which intent an owner used a nonce for.
USED: Final[Table[tuple[bytes, int], IntentId]] = Table(
    12, "used", Pair(Octets(limit=128), Integer()), Octets(limit=64, made=IntentId)
)
#: Open intents per owner.
OPEN: Final[Table[bytes, int]] = Table(13, "open", Octets(limit=128), Integer())


def admit(
    books: Books, rules: Rules, intent: Intent, signature: bytes, now: int, trading: TradingState
) -> Denial | None:
    """Let the intent, its signature checked, rest on the ledger; or say why not, and change nothing."""
    denial = denied(books, rules, intent, now, trading)
    if denial is None:
        holder = account_of(intent.owner).holder
        draft, number = books.draft, intent_id(intent)
        order = Order(intent, signature, OrderState.CHECKED, 0, now)
        draft.set(ORDERS, number, order)
        watch(draft, number, order, now)
        draft.set(USED, (holder, intent.nonce), number)
        draft.set(OPEN, holder, (draft.get(OPEN, holder) or 0) + 1)
    return denial


def denied(books: Books, rules: Rules, intent: Intent, now: int, trading: TradingState) -> Denial | None:
    """The first check that fails."""
    draft, account = books.draft, account_of(intent.owner)
    if trading is TradingState.HALTED:
        return Denial.HALTED
    if draft.get(ORDERS, intent_id(intent)) is not None:
        return Denial.DUPLICATE
    if draft.get(USED, (account.holder, intent.nonce)) is not None:
        return Denial.NONCE
    if intent.valid_to < now:
        return Denial.EXPIRED
    if any(draft.get(ASSETS, leg.asset) is None for leg in (*intent.give, *intent.want)):
        return Denial.ASSET
    if (draft.get(OPEN, account.holder) or 0) >= rules.max_open_per_owner:
        return Denial.RATE
    whole = intent.fill.mode is FillMode.FILL_OR_KILL
    for leg in intent.give:
        if books.balance(account, leg.asset) < (leg.amount if whole else 1):
            return Denial.BALANCE
    return Denial.PRICE_BAND if _absurd(books, rules, intent, now) else None


def closed(books: Books, order: Order) -> None:
    """An order has come to an end: its owner may open another. Its nonce stays used until it expires anyway."""
    assert order.state in DONE
    holder = account_of(order.intent.owner).holder
    left = (books.draft.get(OPEN, holder) or 1) - 1
    books.draft.set(OPEN, holder, left or None)


def forget(books: Books, number: IntentId, order: Order) -> None:
    """Nobody can replay an intent past its validity, so nothing about it need be kept."""
    holder = account_of(order.intent.owner).holder
    books.draft.set(ORDERS, number, None)
    books.draft.set(WATCHED, number, None)
    books.draft.set(USED, (holder, order.intent.nonce), None)


def _absurd(books: Books, rules: Rules, intent: Intent, now: int) -> bool:
    """Whether the owner would give away more than ``band_bps`` of its value at the agreed prices."""
    values = []
    for legs in (intent.give, intent.want):
        prices = [price_of(books.draft, rules, leg.asset, now) for leg in legs]
        if None in prices:
            return False
        values.append(
            sum(leg.amount * (price or 0) for leg, price in zip(legs, prices, strict=True)) // PRICE_SCALE
        )
    given, wanted = values
    return wanted * MAX_BPS < given * max(0, MAX_BPS - rules.band_bps)
