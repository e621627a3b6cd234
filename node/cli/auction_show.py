"""``walras auction show``: what is in an auction."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from node.cli.command import Command, Settings, emit
from node.cli.text import table

if TYPE_CHECKING:
    from intents.auction import Auction
    from intents.formats import Imported


@click.command(cls=Command)
@click.argument("file")
@click.option("--pairs", type=click.IntRange(0, 10_000), default=8, show_default=True, help="Busiest pairs.")
def show(settings: Settings, file: str, pairs: int) -> None:
    """Count what is in FILE (a path, URL, or -): orders, venues, assets, pairs, and orders in the money.

    An order is in the money when the best single path over the venues meets its limit, cost aside.
    """
    from node.cli.auction_files import read_noted

    imported = read_noted(settings, file)
    document = describe(imported, pairs)
    emit(settings, document, lambda: _text(document))


def describe(imported: Imported, pairs: int) -> dict[str, Any]:
    """Everything shown, as plain JSON values."""
    from intents.auction_codec import auction_hash
    from intents.venue_codec import VENUE

    auction = imported.auction
    kind_of = {record.kind: name for name, record in VENUE.records.items()}
    venues = Counter(kind_of[type(venue)] for venue in auction.venues)
    return {
        "name": auction.name,
        "format": imported.format,
        "hash": "0x" + auction_hash(auction).hex(),
        "number": auction.number,
        "orders": _orders(auction),
        "venues": {"count": len(auction.venues), "by_kind": dict(venues.most_common())},
        "assets": {
            "count": len(auction.assets),
            "priced": sum(asset.reference_price is not None for asset in auction.assets),
            "trusted": sum(asset.trusted for asset in auction.assets),
        },
        "balances": len(auction.balances),
        "costs": {
            "gas_price": str(auction.costs.gas_price),
            "settlement_gas": auction.costs.settlement_gas,
            "trade_gas": auction.costs.trade_gas,
        },
        "top_pairs": _pairs(auction, pairs),
        "in_the_money": _in_the_money(auction),
        "notes": list(imported.notes),
    }


def _orders(auction: Auction) -> dict[str, Any]:
    from intents.intent import OwnerScheme

    orders = auction.orders
    return {
        "count": len(orders),
        "by_kind": dict(Counter(order.intent.kind.value for order in orders).most_common()),
        "partial": sum(order.intent.partial for order in orders),
        "fill_or_kill": sum(not order.intent.partial for order in orders),
        "fee_by_solver": sum(order.fee_by_solver for order in orders),
        "with_fee_policies": sum(bool(order.policies) for order in orders),
        "with_curve": sum(order.intent.curve is not None for order in orders),
        "exclusive": sum(order.intent.exclusive is not None for order in orders),
        "unscored": sum(not order.scored for order in orders),
        "nothing_left": sum(order.remaining == 0 for order in orders),
        "unsigned": sum(order.intent.owner.scheme is OwnerScheme.RECORDED for order in orders),
    }


def _pairs(auction: Auction, most: int) -> list[dict[str, Any]]:
    counted = Counter(pair for order in auction.orders for pair in order.intent.pairs)
    busiest = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:most]
    return [
        {
            "give": give,
            "want": want,
            "symbols": f"{auction.asset[give].symbol or give}/{auction.asset[want].symbol or want}",
            "orders": count,
            "opposite": counted.get((want, give), 0),
        }
        for (give, want), count in busiest
    ]


def _in_the_money(auction: Auction) -> int:
    from settlement.mechanism import mechanism
    from settlement.settle import settle
    from settlement.why_not import unfilled_orders

    return sum(item.in_the_money for item in unfilled_orders(settle(auction, (), mechanism("greedy"))))


def _text(shown: dict[str, Any]) -> str:
    orders, venues, assets, costs = (shown[name] for name in ("orders", "venues", "assets", "costs"))
    kinds = [f"{count} {kind.replace('_', ' ')}" for kind, count in orders["by_kind"].items()]
    rest = [f"{orders[name]} {name.replace('_', ' ')}" for name in list(orders)[2:] if orders[name]]
    lines = [
        f"{shown['name']} ({shown['format']}), {shown['hash']}",
        f"orders  {orders['count']}: {', '.join(kinds)}; {', '.join(rest)}",
        f"venues  {venues['count']}"
        + (": " if venues["count"] else "")
        + ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in venues["by_kind"].items()),
        f"assets  {assets['count']}: {assets['priced']} with a reference price",
        f"costs   gas price {costs['gas_price']}, {costs['settlement_gas']} gas per settlement, "
        f"{costs['trade_gas']} per trade",
        f"in the money over the best single path, cost aside: {shown['in_the_money']}",
    ]
    if shown["number"]:
        lines.insert(1, f"number  {shown['number']}")
    if shown["top_pairs"]:
        rows = [
            {"give/want": pair["symbols"], "orders": pair["orders"], "opposite": pair["opposite"]}
            for pair in shown["top_pairs"]
        ]
        lines += ["", table(rows, left=("give/want",))]
    return "\n".join(lines)
