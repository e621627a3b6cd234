"""Answers about auctions, their receipts, and who stands where."""

from __future__ import annotations

from typing import Final

from node.api.context import Context
from node.api.converting import damaged_in, to_form
from node.api.errors import NotFound
from node.api.forms_auctions import (
    AuctionDetailForm,
    AuctionForm,
    AuctionsForm,
    LeaderboardForm,
    StandingForm,
)
from node.api.operation import Call, Reply

#: Figures of the fairness report that are base units, which may be more than a reader's numbers hold.
_AMOUNTS: Final = frozenset({"bound", "greedy_total"})


async def auctions(context: Context, call: Call) -> Reply:
    page = await context.look(context.node.history.auctions, call["before"], call["limit"])
    return Reply(AuctionsForm([to_form(AuctionForm, row) for row in page.rows], damaged_in(page), page.next))


async def auction(context: Context, call: Call) -> Reply:
    found = await context.ask(context.node.history.auction, call["number"])
    if found is None:
        raise NotFound("number", f"no settled auction {call['number']} is kept here")
    form = to_form(AuctionDetailForm, found)
    form.fairness = {name: _figure(name, value) for name, value in found.fairness}
    return Reply(form)


async def receipt(context: Context, call: Call) -> Reply:
    found = await context.ask(context.node.history.receipt, call["number"])
    if found is None:
        raise NotFound("number", f"no receipt of auction {call['number']} is kept here")
    return Reply(found)


async def leaderboard(context: Context, call: Call) -> Reply:
    found = await context.ask(context.node.history.standings, call["auctions"])
    rows = [to_form(StandingForm, row) for row in found.rows]
    return Reply(LeaderboardForm(call["auctions"], rows, found.damaged))


def _figure(name: str, value: float | None) -> float | str | None:
    return str(value) if name in _AMOUNTS and value is not None else value
