"""Answers to what a trade would get now."""

from __future__ import annotations

from intents.assets import AssetId
from intents.intent import Kind
from node.api.context import Context
from node.api.converting import to_form
from node.api.forms_quotes import AskQuote, QuoteForm
from node.api.operation import Call, Reply
from node.quoting import Quote, clearing_prices
from node.quoting import quote as quote_for


async def quote(context: Context, call: Call) -> Reply:
    return Reply(to_form(QuoteForm, await context.ask(_quoted, context, call.body)))


def _quoted(context: Context, body: AskQuote) -> Quote:
    node = context.node
    return quote_for(
        node.state,
        AssetId(body.give),
        AssetId(body.want),
        int(body.amount),
        Kind(body.kind),
        clearing=clearing_prices(node.history),
        slippage_bps=body.slippage_bps,
    )
