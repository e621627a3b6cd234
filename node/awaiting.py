"""What an intent on the ledger waits for, in words: each part of its condition against the agreed price now, or
what its schedule still allows."""

from __future__ import annotations

from dataclasses import dataclass

from intents.conditions import Above, Below, Condition, Filled, From, Schedule, Trailing, trailing_of
from intents.intent import IntentId
from node.condition_words import condition_words, seen_as, trail_level
from node.pair_prices import Denomination
from node.trails import told
from settlement.ledger.conditions import WATCHED, Watched, look
from settlement.ledger.feeds import AGREED, ASSETS, price_of
from settlement.ledger.orders import ORDERS, Order, OrderState
from settlement.ledger.rules import Rules
from settlement.ledger.state import State


def denomination_of(state: State, rules: Rules) -> Denomination:
    decimals = {asset: info.decimals for asset, info in state.rows(ASSETS).items()}
    return Denomination(rules.numeraire, decimals, {asset: at.value for asset, at in state.rows(AGREED).items()})


def awaited(state: State, rules: Rules, number: IntentId, order: Order, now: int) -> str:
    """Why auction ``now`` does not take the intent, as far as its condition and schedule go; "" where it may."""
    if look(state.draft(), rules, number, order, now):
        return ""
    intent, watched = order.intent, state.get(WATCHED, number)
    if intent.when is not None and (watched is None or watched.triggered == 0):
        telling = _Telling(state, rules, order, watched, now)
        words = condition_words(intent.when, denomination_of(state, rules), telling.of)
        return f"it waits until {words}"
    if intent.schedule is not None and watched is not None:
        return _schedule_now(intent.schedule, order, watched, now)
    return "its condition does not hold yet"


@dataclass(frozen=True, slots=True)
class _Telling:
    """Where each part of one intent's condition stands."""

    state: State
    rules: Rules
    order: Order
    watched: Watched | None
    now: int

    def of(self, part: Condition) -> str:
        match part:
            case Above() | Below() | Trailing():
                return self._price(part)
            case From():
                return f"now {self.now}"
            case Filled(intent):
                return self._other(IntentId(intent))
        return ""

    def _price(self, part: Above | Below | Trailing) -> str:
        price = price_of(self.state, self.rules, part.asset, self.now)
        agreed = self.state.get(AGREED, part.asset)
        if price is None:
            if agreed is None:
                return f"{part.asset} has no agreed price: oracles have reported none"
            return f"the price of {part.asset} is stale: the last is of auction {agreed.at}"
        known = denomination_of(self.state, self.rules)
        said = f"agreed now {seen_as(part, known, price)}"
        if isinstance(part, Trailing):
            said += self._trail(part, known)
        return said if agreed is None else f"{said}, of auction {agreed.at}"

    def _trail(self, part: Trailing, known: Denomination) -> str:
        """The first of the like parts: those that are equal have seen the same."""
        assert self.order.intent.when is not None
        bests = () if self.watched is None else self.watched.best
        pairs = zip(trailing_of(self.order.intent.when), bests, strict=False)
        best = next((seen for trail, seen in pairs if trail == part and seen), None)
        if best is None:
            return ""
        _, _, rises = told(part, known)
        extreme, sign = ("lowest", ">=") if rises else ("highest", "<=")
        level = seen_as(part, known, trail_level(part, best))
        return f", {extreme} {seen_as(part, known, best)}: holds at {sign} {level}"

    def _other(self, number: IntentId) -> str:
        found = self.state.get(ORDERS, number)
        if found is None:
            return "not known on the ledger"
        if found.intent.owner != self.order.intent.owner:
            return "another owner's: it will never hold"
        ended = found.state in (OrderState.CANCELLED, OrderState.EXPIRED)
        return f"{found.state.value} unfilled: it will never hold" if ended else f"now {found.state.value}"


def _schedule_now(schedule: Schedule, order: Order, watched: Watched, now: int) -> str:
    steps = min(schedule.parts, 1 + max(0, now - watched.triggered) // schedule.every)
    following = watched.triggered + steps * schedule.every
    more = f"; the next from auction {following} on" if steps < schedule.parts else ""
    return f"its schedule allows no more yet: {steps} of {schedule.parts} parts{more}"
