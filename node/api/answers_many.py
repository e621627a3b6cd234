"""The way in for many intents at once: each is taken or refused by itself, all of them wait for one commit."""

from __future__ import annotations

import trio

from intents.codec import intent_id
from intents.errors import WalrasError, WrongValue
from intents.fields import hex_bytes
from node.api.context import Context
from node.api.converting import to_hex
from node.api.errors import problem_of
from node.api.forms_intents import OutcomeForm, OutcomesForm
from node.api.operation import Call, Reply
from node.chain.blocks import MAX_ITEM_BYTES
from node.chain.items import Submission, item_id
from node.chain.reading import read_item
from settlement.ledger.orders import ORDERS, OrderState


async def submit_intents(context: Context, call: Call) -> Reply:
    """Unlike one handed in alone, an intent that ended long ago is not looked up: the block will deny it."""
    texts: list[str] = call.body.items
    outcomes: list[OutcomeForm | None] = [None] * len(texts)

    async def hand_in(place: int) -> None:
        outcomes[place] = await _outcome(context, texts[place], f"items[{place}]")

    async with trio.open_nursery() as nursery:
        for place in range(len(texts)):
            nursery.start_soon(hand_in, place)
    return Reply(OutcomesForm([outcome for outcome in outcomes if outcome is not None]), 202)


async def _outcome(context: Context, text: str, where: str) -> OutcomeForm:
    try:
        data = hex_bytes(text, where, limit=MAX_ITEM_BYTES)
        item = read_item(data, context.node.network)
        if not isinstance(item, Submission):
            raise WrongValue(where, "an intent's", "another item")
        number, waits = intent_id(item.intent), item_id(data)
        known = context.node.state.get(ORDERS, number)
        if known is None and context.node.item(waits) is None:
            context.waiting.note(await context.node.submit(data), number)
    except WalrasError as error:
        return OutcomeForm(None, None, None, problem_of(error))
    state = known.state if known is not None else OrderState.RECEIVED
    return OutcomeForm(to_hex(number), to_hex(waits), state.value, None)
