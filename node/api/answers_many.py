"""The way in for many intents at once: each is taken or refused by itself, all of them wait for one commit."""

from __future__ import annotations

from collections.abc import Sequence

from intents.codec import intent_id
from intents.errors import WalrasError, WrongValue
from intents.fields import hex_bytes
from intents.intent import IntentId
from node.api.context import Context
from node.api.converting import to_hex
from node.api.errors import problem_of
from node.api.forms_intents import OutcomeForm, OutcomesForm
from node.api.operation import Call, Reply
from node.chain.blocks import MAX_ITEM_BYTES
from node.chain.items import Submission, item_id
from node.chain.reading import read_item
from settlement.ledger.orders import ORDERS, OrderState

#: An item in bytes with its intent's id, or what is wrong with it.
Found = tuple[bytes, IntentId] | WalrasError


async def submit_intents(context: Context, call: Call) -> Reply:
    """Unlike one handed in alone, an intent that ended long ago is not looked up: the block will deny it."""
    found = await context.look(_read, call.body.items, context.node.network)
    state = context.node.state
    known = {one[0]: state.get(ORDERS, one[1]) for one in found if not isinstance(one, WalrasError)}
    fresh = [item for item, order in known.items() if order is None and context.node.item(item_id(item)) is None]
    taken = dict(zip(fresh, await context.node.submit_all(fresh), strict=True))
    outcomes = []
    for one in found:
        if isinstance(one, WalrasError):
            outcomes.append(_refused(one))
            continue
        item, number = one
        waits = taken.get(item, b"")
        if isinstance(waits, WalrasError):
            outcomes.append(_refused(waits))
            continue
        if waits:
            context.waiting.note(waits, number)
        order = known[item]
        now = order.state if order is not None else OrderState.RECEIVED
        outcomes.append(OutcomeForm(to_hex(number), to_hex(item_id(item)), now.value, None))
    return Reply(OutcomesForm(outcomes), 202)


def _read(texts: Sequence[str], network: bytes) -> list[Found]:
    """To be asked in a thread: signatures are checked here."""
    return [_read_one(text, network, f"items[{place}]") for place, text in enumerate(texts)]


def _read_one(text: str, network: bytes, where: str) -> Found:
    try:
        data = hex_bytes(text, where, limit=MAX_ITEM_BYTES)
        item = read_item(data, network)
        if not isinstance(item, Submission):
            raise WrongValue(where, "an intent's", "another item")
    except WalrasError as error:
        return error
    return data, intent_id(item.intent)


def _refused(error: WalrasError) -> OutcomeForm:
    return OutcomeForm(None, None, None, problem_of(error))
