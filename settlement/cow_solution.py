"""CoW's solver-engine answers: solutions in, solutions out.

An engine names orders by uid, tokens by address and pools by id (a number in the specification, text
in the code). Custom interactions and just-in-time orders cannot be re-executed from the snapshot, so
they are refused by their own errors, never believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from intents.amounts import MAX_PRICE
from intents.assets import AssetId
from intents.auction import MAX_ASSETS, MAX_ORDERS, Auction
from intents.errors import InputError, UnknownAsset, WrongValue
from intents.fields import Fields, integer
from intents.formats.cow_export import CowNames
from intents.formats.cow_venues import venue_id
from intents.intent import IntentId, Kind
from settlement.solution import MAX_INTERACTIONS, MAX_SOLUTIONS_PER_SOLVER, Fill, Interaction, Solution


@dataclass(eq=False)
class CustomInteraction(InputError):
    code: ClassVar[str] = "cow.custom-interaction"
    text: ClassVar[str] = "a custom interaction with {target} cannot be re-executed from the snapshot"

    target: str


@dataclass(eq=False)
class JitTrade(InputError):
    code: ClassVar[str] = "cow.jit-trade"
    text: ClassVar[str] = "a just-in-time order ({kind}) is no intent of the auction"

    kind: str


@dataclass(eq=False)
class UnknownUid(InputError):
    code: ClassVar[str] = "cow.unknown-order"
    text: ClassVar[str] = "order {uid} is not in the auction"

    uid: str


def solutions_from_cow(document: object, auction: Auction, solver: str, where: str) -> tuple[Solution, ...]:
    """All solutions of a ``/solve`` answer; the first bad one is the error."""
    names = CowNames(auction)
    items = Fields(document, where).objects("solutions", limit=MAX_SOLUTIONS_PER_SOLVER)
    return tuple(_solution(item, names, solver) for item in items)


def solution_from_cow(document: object, auction: Auction, solver: str, where: str) -> Solution:
    """One solution object of an answer."""
    return _solution(Fields(document, where), CowNames(auction), solver)


def _solution(item: Fields, names: CowNames, solver: str) -> Solution:
    prices = {
        _asset(key, names, where): integer(value, where, high=MAX_PRICE)
        for key, value, where in item.entries("prices", limit=MAX_ASSETS)
    }
    return Solution(
        solver=solver,
        id=item.integer("id", high=2**63 - 1),
        prices=prices,
        fills=tuple(_fill(trade, names) for trade in item.objects("trades", limit=MAX_ORDERS)),
        interactions=tuple(_interaction(i, names) for i in item.objects("interactions", limit=MAX_INTERACTIONS)),
        gas=item.integer_or("gas", 0, high=2**63 - 1),
    )


def _asset(address: object, names: CowNames, where: str) -> AssetId:
    if not isinstance(address, str):
        raise WrongValue(where, "a token address", repr(address)[:80])
    asset = names.asset.get(address.lower())
    if asset is None:
        raise UnknownAsset(where, address[:80])
    return asset


def _fill(trade: Fields, names: CowNames) -> Fill:
    kind = trade.choice("kind", ("fulfillment", "jit"))
    if kind == "jit":
        raise JitTrade(trade.where, kind)
    uid = trade.text("order", limit=256).lower()
    order = names.order.get(uid)
    if order is None:
        raise UnknownUid(trade.at("order"), uid[:130])
    return Fill(order, trade.integer("executedAmount"), trade.integer_or("fee", 0))


def _interaction(item: Fields, names: CowNames) -> Interaction:
    if item.choice("kind", ("liquidity", "custom")) == "custom":
        raise CustomInteraction(item.where, item.text_or("target", "an unnamed contract", limit=128))
    return Interaction(
        venue=venue_id(item.raw("id"), item.at("id")),
        asset_in=_asset(item.raw("inputToken"), names, item.at("inputToken")),
        asset_out=_asset(item.raw("outputToken"), names, item.at("outputToken")),
        amount_in=item.integer("inputAmount"),
        amount_out=item.integer("outputAmount"),
    )


def solution_to_cow(solution: Solution, auction: Auction, *, internalize: bool = False) -> dict[str, Any]:
    """One entry of the answer's ``solutions``. ``internalize`` marks legs a buffer may stand in for (CIP-2)."""
    names = CowNames(auction)
    return {
        "id": solution.id,
        "prices": {names.address[asset]: str(price) for asset, price in sorted(solution.prices.items())},
        "trades": [_trade(fill, names, auction) for fill in solution.fills],
        "preInteractions": [],
        "interactions": [
            {
                "kind": "liquidity",
                "internalize": internalize and _covered(item, auction),
                "id": str(item.venue),
                "inputToken": names.address[item.asset_in],
                "outputToken": names.address[item.asset_out],
                "inputAmount": str(item.amount_in),
                "outputAmount": str(item.amount_out),
            }
            for item in solution.interactions
        ],
        "postInteractions": [],
        "gas": solution.gas,
    }


def _covered(item: Interaction, auction: Auction) -> bool:
    """The settlement trusts what comes in and holds enough of what goes out."""
    coming, going = auction.asset[item.asset_in], auction.asset[item.asset_out]
    return coming.trusted and going.buffer >= item.amount_out


def _trade(fill: Fill, names: CowNames, auction: Auction) -> dict[str, Any]:
    trade = {"kind": "fulfillment", "order": names.uid[fill.order], "executedAmount": str(fill.executed)}
    # A fee is told for orders whose fee the solver sets, even when it is zero for a buy.
    order = auction.order[IntentId(fill.order)]
    if fill.fee or (order.fee_by_solver and order.intent.kind is not Kind.BASKET):
        trade["fee"] = str(fill.fee)
    return trade
