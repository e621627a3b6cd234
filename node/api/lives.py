"""An intent's life as the node knows it: from its history, the ledger, or the items that wait."""

from __future__ import annotations

from intents.codec import intent_id
from intents.intent import Intent, IntentId
from node.api.waiting import Waiting
from node.history.base import IntentLife
from node.history.lives import life_begun
from node.served import Served
from settlement.ledger.accounts import account_of
from settlement.ledger.orders import ORDERS, OrderState


def kept_life(node: Served, number: IntentId) -> IntentLife | None:
    """From history and ledger. How it fared may have to be worked out: to be asked in a thread of its own."""
    state = node.state
    found = node.history.intent(number, state)
    if found is not None:
        return found
    order = state.get(ORDERS, number)
    return None if order is None else _begun(order.intent, order.state)


def waiting_life(waiting: Waiting, number: IntentId) -> IntentLife | None:
    """Before its first block. ``number`` is the intent's id, or its item's; to be asked in the node's thread."""
    item = waiting.find(number)
    return None if item is None else _begun(item.intent, OrderState.RECEIVED)


def _begun(intent: Intent, state: OrderState) -> IntentLife:
    return life_begun(intent_id(intent), account_of(intent.owner).holder, intent, state.value)
