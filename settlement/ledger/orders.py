"""Order management: where an intent is between being received and being done with, and which steps are legal."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from intents.codec import TERMS
from intents.intent import Intent, IntentId
from intents.schema import Amount, Choice, Integer, Octets, Record
from settlement.ledger.errors import IllegalStep
from settlement.ledger.remainders import is_over
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, Table


class OrderState(StrEnum):
    """Appended to, never reordered."""

    RECEIVED = "received"
    CHECKED = "checked"
    DENIED = "denied"
    BATCHED = "batched"
    WON = "won"
    PART_FILLED = "part_filled"
    SETTLED = "settled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_S = OrderState
#: What may follow. Whether an intent is in the auction under way is no state: it follows from all the others.
STEPS: Final = {
    _S.RECEIVED: frozenset({_S.CHECKED, _S.DENIED}),
    _S.CHECKED: frozenset({_S.BATCHED, _S.EXPIRED, _S.CANCELLED, _S.DENIED}),
    _S.BATCHED: frozenset({_S.WON, _S.EXPIRED, _S.CANCELLED}),
    _S.WON: frozenset({_S.SETTLED, _S.PART_FILLED}),
    _S.PART_FILLED: frozenset({_S.WON, _S.EXPIRED, _S.CANCELLED}),
    _S.DENIED: frozenset(),
    _S.SETTLED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
}
#: States that nothing leaves.
DONE: Final = frozenset(state for state, following in STEPS.items() if not following)


class Order(Struct, frozen=True, gc=False):
    """An intent on the ledger. ``filled``: reference leg units; ``since``: the auction of its last step."""

    intent: Intent
    signature: bytes
    state: OrderState
    filled: int
    since: int


ORDERS: Final[Table[IntentId, Order]] = Table(
    2,
    "orders",
    Octets(limit=64, made=IntentId),
    Record(
        Order,
        {
            "intent": TERMS,
            "signature": Octets(limit=65),
            "state": Choice(OrderState),
            "filled": Amount(),
            "since": Integer(),
        },
    ),
)


def fill(draft: Draft, rules: Rules, order_id: IntentId, now: int, filled: int) -> None:
    """A batched order wins and trades: both steps at once. Raises ``IllegalStep`` where they do not follow."""
    order = draft.get(ORDERS, order_id)
    current = OrderState.RECEIVED if order is None else order.state
    if order is None or OrderState.WON not in STEPS[current]:
        raise IllegalStep(order_id.hex(), "unknown" if order is None else current.value, OrderState.WON.value)
    filled += order.filled
    over = is_over(draft, rules, order.intent, filled, now)
    done = OrderState.SETTLED if over else OrderState.PART_FILLED
    draft.set(ORDERS, order_id, Order(order.intent, order.signature, done, filled, now))


def step(draft: Draft, order_id: IntentId, to: OrderState, now: int, *, filled: int = 0) -> Order:
    """Take the order to its next state; raises ``IllegalStep`` where that does not follow."""
    order = draft.get(ORDERS, order_id)
    current = OrderState.RECEIVED if order is None else order.state
    if order is None or to not in STEPS[current]:
        raise IllegalStep(order_id.hex(), "unknown" if order is None else current.value, to.value)
    moved = Order(order.intent, order.signature, to, order.filled + filled, now)
    draft.set(ORDERS, order_id, moved)
    return moved
