"""Answers about intents, and the two ways in: intents and transactions."""

from __future__ import annotations

from typing import Any

from intents.codec import TERMS, intent_id
from intents.errors import MissingField, WrongValue
from intents.fields import hex_bytes
from intents.intent import IntentId
from node.api.context import Context
from node.api.converting import damaged_in, to_form, to_hex
from node.api.errors import NotFound
from node.api.forms_intents import (
    ExplainForm,
    IntentForm,
    IntentsForm,
    SubmitIntent,
    SubmittedForm,
    SubmitTransaction,
)
from node.api.forms_quotes import NowForm
from node.api.lives import kept_life, waiting_life
from node.api.operation import Call, Reply
from node.api.reading import holder_of
from node.chain.blocks import MAX_ITEM_BYTES
from node.chain.items import Submission, encode_item, item_id
from node.chain.reading import read_item
from node.explaining import explain as explained
from node.history.base import IntentLife
from settlement.ledger.execute import NONCES
from settlement.ledger.orders import ORDERS, OrderState
from settlement.ledger.transactions import Transaction

#: What to say of an intent that no batch has left out.
_WHY = {
    OrderState.RECEIVED: "it waits for the block of the next batch",
    OrderState.CHECKED: "it rests, and has been in no batch yet",
    OrderState.BATCHED: "it is in every batch until it trades or ends",
    OrderState.WON: "it is in a winning solution",
    OrderState.PART_FILLED: "some of it has traded, the rest goes on",
    OrderState.SETTLED: "it was filled whole, or but for too little to trade",
    OrderState.EXPIRED: "its last auction is over",
    OrderState.CANCELLED: "its owner cancelled it, or another intent of its group traded",
    OrderState.DENIED: "it failed a check before trading",
}


async def submit_intent(context: Context, call: Call) -> Reply:
    """The id is a hash of what was signed, so handing the same in again is answered the same, with 200."""
    data = _item_of(call.body)
    item = read_item(data, context.node.network)
    if not isinstance(item, Submission):
        raise WrongValue("item", "an intent's", "another item")
    number, state = intent_id(item.intent), None
    known = context.node.state.get(ORDERS, number)
    if known is not None:
        state = known.state.value
    elif context.node.item(item_id(data)) is not None:
        state = OrderState.RECEIVED.value
    elif (life := await context.look(context.node.history.intent, number, context.node.state)) is not None:
        state = life.state
    if state is None:
        context.waiting.note(await context.node.submit(data), number)
    found = SubmittedForm(to_hex(number), to_hex(item_id(data)), state or OrderState.RECEIVED.value)
    return Reply(found, 202 if state is None else 200)


async def submit_transaction(context: Context, call: Call) -> Reply:
    body: SubmitTransaction = call.body
    data = hex_bytes(body.item, "item", limit=MAX_ITEM_BYTES)
    item = read_item(data, context.node.network)
    if not isinstance(item, Transaction):
        raise WrongValue("item", "a transaction's", "another item")
    number = item_id(data)
    past = item.nonce < (context.node.state.get(NONCES, item.holder) or 0)
    known = past or context.node.item(number) is not None
    if not known:
        await context.node.submit(data)
    state = "past" if past else OrderState.RECEIVED.value
    return Reply(SubmittedForm(to_hex(number), to_hex(number), state), 200 if known else 202)


async def intent(context: Context, call: Call) -> Reply:
    return Reply(to_form(IntentForm, await _life(context, call)))


async def explain(context: Context, call: Call) -> Reply:
    life = await _life(context, call)
    why = _WHY[OrderState(life.state)] if life.state in list(OrderState) else life.state
    now = to_form(NowForm, await context.ask(explained, life, context.node.state))
    if life.missed is None:
        return Reply(ExplainForm(to_hex(life.intent), life.state, why, "", None, None, now))
    number, missed = life.missed
    return Reply(
        ExplainForm(to_hex(life.intent), life.state, missed.why, missed.code, number, missed.distance_bps, now)
    )


async def intents(context: Context, call: Call) -> Reply:
    owner, before, limit = holder_of(call["owner"]), call["cursor"], call["limit"]
    page = await context.look(context.node.history.intents, owner, before, limit)
    return Reply(IntentsForm([to_form(IntentForm, life) for life in page.rows], damaged_in(page), page.next))


def _item_of(body: SubmitIntent) -> bytes:
    if body.item is not None:
        if body.intent is not None or body.signature is not None:
            raise WrongValue("body", "an item or an intent with its signature", "both")
        return hex_bytes(body.item, "item", limit=MAX_ITEM_BYTES)
    for name in ("intent", "signature"):
        if getattr(body, name) is None:
            raise MissingField("body", name)
    intent: Any = TERMS.from_json(body.intent, "intent")
    return encode_item(Submission(intent, hex_bytes(body.signature, "signature", limit=65)))


async def _life(context: Context, call: Call) -> IntentLife:
    number = IntentId(bytes.fromhex(call["id"][2:]))
    found = await context.ask(kept_life, context.node, number) or waiting_life(context.waiting, number)
    if found is None:
        raise NotFound("path.id", f"no intent {call['id']} is known here")
    return found
