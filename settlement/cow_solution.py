"""CoW's solver-engine answers: solutions in, solutions out.

An engine names orders by uid, tokens by address and pools by id (a number in the specification, text
in the code); amounts are decimal or hexadecimal text. Calls to other contracts (custom interactions,
pre- and post-interactions, flash loans, wrappers) and just-in-time orders cannot be re-executed from the
snapshot, so they are refused by their own errors, never believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from intents.amounts import MAX_AMOUNT, MAX_PRICE
from intents.assets import AssetId
from intents.auction import MAX_ASSETS, MAX_ORDERS, Auction
from intents.errors import Duplicate, InputError, UnknownAsset, WrongType, WrongValue
from intents.fields import Fields, integer, kind_of
from intents.formats.cow_export import CowNames
from intents.formats.cow_venues import venue_id
from intents.intent import Kind
from settlement.solution import MAX_INTERACTIONS, MAX_SOLUTIONS_PER_SOLVER, Fill, Interaction, Solution

#: Parts of an answer that call other contracts, and what to call them.
_CALLS: Final = (
    ("preInteractions", "a contract before the settlement"),
    ("postInteractions", "a contract after the settlement"),
    ("flashloans", "a lender of flash loans"),
    ("wrappers", "a wrapper contract"),
)
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")


@dataclass(eq=False)
class CustomInteraction(InputError):
    code: ClassVar[str] = "cow.custom-interaction"
    text: ClassVar[str] = "a call to {target} cannot be re-executed from the snapshot"

    target: str


@dataclass(eq=False)
class JitTrade(InputError):
    code: ClassVar[str] = "cow.jit-trade"
    text: ClassVar[str] = "a just-in-time order ({kind}) is no intent of the auction"

    kind: str


@dataclass(eq=False)
class NotInCow(InputError):
    code: ClassVar[str] = "cow.not-expressible"
    text: ClassVar[str] = "CoW's solver-engine format has no word for {what}"

    what: str


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
    _check_no_calls(item)
    prices: dict[AssetId, int] = {}
    for key, value, where in item.entries("prices", limit=MAX_ASSETS):
        asset = _asset(key, names, where)
        if asset in prices:
            raise Duplicate(item.at("prices"), "token", key[:80])
        prices[asset] = _uint(value, where, high=MAX_PRICE)
    return Solution(
        solver=solver,
        id=item.integer("id", high=2**63 - 1),
        prices=prices,
        fills=tuple(_fill(trade, names) for trade in item.objects("trades", limit=MAX_ORDERS)),
        interactions=tuple(_interaction(i, names) for i in item.objects("interactions", limit=MAX_INTERACTIONS)),
        gas=item.integer_or("gas", 0, high=2**63 - 1),
    )


def _check_no_calls(item: Fields) -> None:
    """Nothing beside the trades and interactions that are re-executed here."""
    for name, what in _CALLS:
        value = item.raw(name) if item.has(name) else []
        if not isinstance(value, list | Mapping):
            raise WrongType(item.at(name), "a list or an object", kind_of(value))
        if value:
            raise CustomInteraction(item.at(name), what)


def _uint(value: object, where: str, *, high: int = MAX_AMOUNT) -> int:
    """An amount as CoW's code reads it: a number, or decimal or 0x-prefixed text."""
    if isinstance(value, str) and _HEXADECIMAL.fullmatch(value):
        value = int(value, 16)
    return integer(value, where, high=high)


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
    executed = _uint(trade.raw("executedAmount"), trade.at("executedAmount"))
    fee = _uint(trade.raw("fee"), trade.at("fee")) if trade.has("fee") else 0
    return Fill(order, executed, fee)


def _interaction(item: Fields, names: CowNames) -> Interaction:
    if item.choice("kind", ("liquidity", "custom")) == "custom":
        raise CustomInteraction(item.where, item.text_or("target", "an unnamed contract", limit=128))
    return Interaction(
        venue=venue_id(item.raw("id"), item.at("id")),
        asset_in=_asset(item.raw("inputToken"), names, item.at("inputToken")),
        asset_out=_asset(item.raw("outputToken"), names, item.at("outputToken")),
        amount_in=_uint(item.raw("inputAmount"), item.at("inputAmount")),
        amount_out=_uint(item.raw("outputAmount"), item.at("outputAmount")),
    )


def solution_to_cow(solution: Solution, auction: Auction, *, internalize: bool = False) -> dict[str, Any]:
    """One entry of the answer's ``solutions``. ``internalize`` marks legs a buffer may stand in for (CIP-2).

    Raises ``NotInCow`` for baskets, ``UnknownUid`` and ``UnknownAsset`` for what is not in the auction.
    """
    names, where = CowNames(auction), f"solution {solution.id}"
    return {
        "id": solution.id,
        "prices": {_address(asset, names, where): str(price) for asset, price in sorted(solution.prices.items())},
        "trades": [_trade(fill, names, f"{where}: trades[{i}]") for i, fill in enumerate(solution.fills)],
        "preInteractions": [],
        "interactions": [
            {
                "kind": "liquidity",
                "internalize": internalize and _covered(item, auction),
                "id": str(item.venue),
                "inputToken": _address(item.asset_in, names, where),
                "outputToken": _address(item.asset_out, names, where),
                "inputAmount": str(item.amount_in),
                "outputAmount": str(item.amount_out),
            }
            for item in solution.interactions
        ],
        "postInteractions": [],
        "gas": solution.gas,
    }


def _address(asset: AssetId, names: CowNames, where: str) -> str:
    address = names.address.get(asset)
    if address is None:
        raise UnknownAsset(where, asset)
    return address


def _covered(item: Interaction, auction: Auction) -> bool:
    """The settlement trusts what comes in and holds enough of what goes out."""
    coming, going = auction.asset[item.asset_in], auction.asset[item.asset_out]
    return coming.trusted and going.buffer >= item.amount_out


def _trade(fill: Fill, names: CowNames, where: str) -> dict[str, Any]:
    order = names.auction.order.get(fill.order)
    if order is None:
        raise UnknownUid(where, "0x" + fill.order.hex())
    if order.intent.kind is Kind.BASKET:
        raise NotInCow(where, "baskets")
    trade = {"kind": "fulfillment", "order": names.uid[fill.order], "executedAmount": str(fill.executed)}
    # A fee is told for orders whose fee the solver sets, even when it is zero for a buy.
    if fill.fee or order.fee_by_solver:
        trade["fee"] = str(fill.fee)
    return trade
