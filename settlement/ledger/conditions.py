"""Conditional intents on the ledger: looked at once per batch, on the agreed prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from intents.amounts import MAX_BPS
from intents.assets import AssetId
from intents.conditions import (
    Above,
    AllOf,
    AnyOf,
    Below,
    Condition,
    Filled,
    From,
    Trailing,
    allowed,
    trailing_of,
)
from intents.intent import IntentId, Owner
from intents.schema import Amount, Integer, Many, Octets, Record
from settlement.ledger.feeds import price_of
from settlement.ledger.orders import ORDERS, Order, OrderState
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, State, Table


@dataclass(frozen=True, slots=True)
class Watched:
    """``since``: the auction the intent came in. ``triggered``: the auction its condition first held in, 0 before.
    ``best``: per trailing part the best price since, 0 before the first."""

    since: int
    triggered: int
    best: tuple[int, ...]


WATCHED: Final[Table[IntentId, Watched]] = Table(
    17,
    "watched",
    Octets(limit=64, made=IntentId),
    Record(Watched, {"since": Integer(), "triggered": Integer(), "best": Many(Amount(), 16)}),
)


def watch(draft: Draft, number: IntentId, order: Order, now: int) -> None:
    """Begin to watch an intent that has a condition or a schedule."""
    intent = order.intent
    if intent.when is None and intent.schedule is None:
        return
    best = () if intent.when is None else (0,) * len(trailing_of(intent.when))
    draft.set(WATCHED, number, Watched(now, now if intent.when is None else 0, best))


def look(draft: Draft, rules: Rules, number: IntentId, order: Order, now: int) -> bool:
    """Whether the intent may trade in auction ``now``; remembers what was seen of prices."""
    if order.intent.when is None and order.intent.schedule is None:
        return True
    watched = draft.get(WATCHED, number)
    if watched is None:
        return True
    if watched.triggered == 0 and order.intent.when is not None:
        best = _best(draft, rules, order.intent.when, watched.best, now)
        watched = replace(watched, best=best)
        if _holds(_Looking(draft, rules, order.intent.owner, now), order.intent.when, list(best)):
            watched = replace(watched, triggered=now)
        draft.set(WATCHED, number, watched)
    return watched.triggered > 0 and may_trade(draft, number, order, now) > 0


def may_trade(state: State | Draft, number: IntentId, order: Order, now: int) -> int:
    """What of the intent may still trade by now, in units of its reference leg: all that is left, or what its
    schedule allows of it."""
    whole = order.intent.reference_leg.amount
    watched = None if order.intent.schedule is None else state.get(WATCHED, number)
    if order.intent.schedule is None or watched is None:
        return max(0, whole - order.filled)
    return max(0, allowed(order.intent.schedule, whole, watched.triggered or now, now) - order.filled)


def _best(draft: Draft, rules: Rules, condition: Condition, best: tuple[int, ...], now: int) -> tuple[int, ...]:
    """The best prices so far, with this batch's."""
    found = []
    for part, seen in zip(trailing_of(condition), best, strict=True):
        price = price_of(draft, rules, part.asset, now)
        if price is None or seen == 0:
            found.append(seen if price is None else price)
        else:
            found.append(min(seen, price) if part.rising else max(seen, price))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Looking:
    """Where and for whom conditions are looked at."""

    draft: Draft
    rules: Rules
    owner: Owner
    now: int

    def price(self, asset: AssetId) -> int | None:
        return price_of(self.draft, self.rules, asset, self.now)


def _holds(at: _Looking, condition: Condition, best: list[int]) -> bool:
    """Without an agreed price nothing that asks for one holds. ``best`` is used up in order."""
    match condition:
        case AllOf(parts):
            # Every part is looked at: each takes its own best price.
            return all([_holds(at, part, best) for part in parts])  # noqa: C419
        case AnyOf(parts):
            return any([_holds(at, part, best) for part in parts])  # noqa: C419
        case From(auction):
            return at.now >= auction
        case Filled(intent):
            order = at.draft.get(ORDERS, IntentId(intent))
            return order is not None and order.state is OrderState.SETTLED and order.intent.owner == at.owner
        case Trailing(asset, bps, rising):
            seen = best.pop(0)
            price = at.price(asset)
            if price is None or seen == 0:
                return False
            away = MAX_BPS + bps if rising else MAX_BPS - bps
            return price * MAX_BPS >= seen * away if rising else price * MAX_BPS <= seen * away
        case Above(asset, price):
            agreed = at.price(asset)
            return agreed is not None and agreed >= price
        case Below(asset, price):
            agreed = at.price(asset)
            return agreed is not None and agreed <= price
