"""One ``/solve`` exchange in CoW's solver-engine JSON, from the engine's side of the table.

A request is taken at its word where a record would not be: its orders are live (no clock is asked), and a
liquidity id may come twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from intents.amounts import MAX_PRICE
from intents.auction import MAX_ORDERS, MAX_VENUES, Auction
from intents.errors import AmountOutOfRange
from intents.fields import Fields
from intents.formats.cow import auction_from_cow
from intents.formats.cow_orders import SameAsset, order_from_cow
from intents.formats.cow_venues import KINDS
from intents.formats.imported import RECORDED_NETWORK
from intents.strict_json import parse_json
from settlement.cow_solution import solution_to_cow
from settlement.solution import Interaction, Solution

#: What every request must hold, by description and by CoW's code.
REQUIRED: Final = ("tokens", "orders", "liquidity", "effectiveGasPrice", "deadline")


@dataclass(frozen=True, slots=True)
class Request:
    """``venue_ids`` maps a made-up unique id back to the one that came twice."""

    auction: Auction
    venue_ids: Mapping[str, str]


def read_request(body: bytes, where: str) -> Request:
    """Raises an ``InputError`` that names field and reason."""
    fields = Fields(parse_json(body, where), where)
    for name in REQUIRED:
        fields.raw(name)
    liquidity, venue_ids = _told_apart([source for source, _ in fields.items("liquidity", limit=MAX_VENUES)])
    document = {**fields.document, "liquidity": liquidity}
    _check_shapes(Fields(document, where))
    imported = auction_from_cow(document, where, lenient=True)
    return Request(replace(imported.auction, number=0), venue_ids)


def _check_shapes(fields: Fields) -> None:
    """Leaving out an order that is out of our range is lenient; one that is no order is the caller's fault."""
    for order in fields.objects("orders", limit=MAX_ORDERS):
        try:
            order_from_cow(order, RECORDED_NETWORK)
        except SameAsset:
            continue
        except AmountOutOfRange as error:
            if not 0 <= error.value <= MAX_PRICE:
                raise
    for source in fields.objects("liquidity", limit=MAX_VENUES):
        source.choice("kind", KINDS)


def answer(request: Request, solutions: Iterable[Solution]) -> dict[str, Any]:
    """The response body, the last solution of each id counting."""
    latest = {solution.id: solution for solution in solutions}
    return {"solutions": [_entry(request, latest[number]) for number in sorted(latest)]}


def _entry(request: Request, solution: Solution) -> dict[str, Any]:
    entry = solution_to_cow(solution, request.auction)
    flags = internalised(request.auction, solution.interactions)
    for interaction, flag in zip(entry["interactions"], flags, strict=True):
        interaction["internalize"] = flag
        interaction["id"] = request.venue_ids.get(interaction["id"], interaction["id"])
    return entry


def internalised(auction: Auction, interactions: Iterable[Interaction]) -> list[bool]:
    """Which swaps settlement buffers could stand in for (CIP-2): trusted inputs, outputs still in the buffer."""
    used: dict[str, int] = {}
    flags = []
    for swap in interactions:
        total = used.get(swap.asset_out, 0) + swap.amount_out
        covered = auction.asset[swap.asset_in].trusted and total <= auction.asset[swap.asset_out].buffer
        if covered:
            used[swap.asset_out] = total
        flags.append(covered)
    return flags


def _told_apart(liquidity: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """Every source under an id of its own, and the ids that were made up for that."""
    items = []
    made_up: dict[str, str] = {}
    seen: set[str] = set()
    for place, item in enumerate(liquidity):
        if isinstance(item, dict) and isinstance(item.get("id"), str | int):
            shown = str(item["id"])
            if shown in seen:
                unique = f"{shown[:40]}#{place}"
                made_up[unique] = shown
                item = {**item, "id": unique}
            seen.add(str(item["id"]))
        items.append(item)
    return items, made_up
