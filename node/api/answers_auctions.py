"""Answers about auctions, their receipts, and who stands where."""

from __future__ import annotations

from node.api.context import Context
from node.api.converting import to_form
from node.api.errors import NotFound
from node.api.forms_auctions import (
    AuctionDetailForm,
    AuctionForm,
    AuctionsForm,
    LeaderboardForm,
    StandingForm,
)
from node.api.operation import Call, Reply


async def auctions(context: Context, call: Call) -> Reply:
    rows = await context.ask(context.node.history.auctions, call["before"], call["limit"])
    following = rows[-1].number if len(rows) >= call["limit"] else None
    return Reply(AuctionsForm([to_form(AuctionForm, row) for row in rows], following))


async def auction(context: Context, call: Call) -> Reply:
    found = await context.ask(context.node.history.auction, call["number"])
    if found is None:
        raise NotFound("number", f"no settled auction {call['number']} is kept here")
    return Reply(to_form(AuctionDetailForm, found))


async def receipt(context: Context, call: Call) -> Reply:
    found = await context.ask(context.node.history.receipt, call["number"])
    if found is None:
        raise NotFound("number", f"no receipt of auction {call['number']} is kept here")
    return Reply(found)


async def leaderboard(context: Context, call: Call) -> Reply:
    rows = await context.ask(context.node.history.standings, call["auctions"])
    return Reply(LeaderboardForm(call["auctions"], [to_form(StandingForm, row) for row in rows]))
