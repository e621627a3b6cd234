"""``walras auction explain``: why orders were not filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from node.cli.command import Command, Settings, emit
from node.cli.text import exactly, table, units
from node.cli.words import counted

if TYPE_CHECKING:
    from intents.auction import Auction
    from intents.intent import IntentId
    from settlement.settle import Settlement

#: The fewest hexadecimal digits an order may be named by.
MIN_DIGITS: Final = 6


@click.command(cls=Command)
@click.argument("file")
@click.argument("answer", required=False, metavar="[SOLUTION | RECEIPT]")
@click.option("--order", "named", multiple=True, metavar="ID", help="Only this order (or the start of its id).")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=25, show_default=True, help="Lines at most.")
def explain(settings: Settings, file: str, answer: str | None, named: tuple[str, ...], limit: int) -> None:
    """Say per order of FILE why it was not filled: first rule in its way, distance to a fill, best bid.

    FILE is an auction, or a receipt alone. With a SOLUTION (or several) or RECEIPT, what it settles decides;
    without one, the snapshot alone does. The distance is how many basis points the limit would have to give.
    """
    settlement = _settlement(settings, file, answer)
    auction = settlement.auction
    wanted = {_order_id(auction, text) for text in named}
    rows = _rows(settlement, wanted)
    counts = dict(Counter(row["reason"] for row in rows).most_common())
    proof = _proof(settlement)
    document = {"auction": auction.name, "reasons": counts, "orders": rows, "proof": proof}
    emit(settings, document, lambda: _text(rows, counts, limit) + _missed(proof))


def _settlement(settings: Settings, file: str, answer: str | None) -> Settlement:
    """The auction settled with what the answer holds. A receipt is verified on the way."""
    from intents.auction_codec import auction_hash
    from intents.errors import UsageError
    from intents.formats import load_auction
    from intents.strict_json import parse_json
    from node.cli.auction_files import note_import, receipt_in, solutions_in
    from node.inputs import read_source, text_only
    from settlement.mechanism import mechanism
    from settlement.receipt import verify_receipt
    from settlement.settle import settle

    data = read_source(file)
    receipt = receipt_in(data, file)
    if receipt is not None:
        if answer is not None:
            raise UsageError(file, "is a receipt, which holds its auction and solutions: give it alone")
        return verify_receipt(receipt, file).settlement
    auction = note_import(settings, load_auction(text_only(data, file), file)).auction
    if answer is None:
        return settle(auction, (), mechanism("greedy"))
    data = read_source(answer)
    receipt = receipt_in(data, answer)
    if receipt is None:
        return settle(
            auction,
            solutions_in(parse_json(text_only(data, answer), answer), auction, answer),
            mechanism("greedy"),
        )
    settlement = verify_receipt(receipt, answer).settlement
    if auction_hash(settlement.auction) != auction_hash(auction):
        raise UsageError(answer, f"is the receipt of another auction ({settlement.auction.name})")
    return settlement


def _proof(settlement: Settlement) -> dict[str, Any] | None:
    """The least bound that the solutions' certificates prove on any batch, and the gap to it."""
    from settlement.certificate.kinds import verdicts
    from settlement.proof import batch_proof

    solutions = [item.solution for item in settlement.verified]
    solutions += [item.solution for item in settlement.refused]
    proof = batch_proof(settlement, verdicts(settlement.auction, solutions))
    return None if proof is None else proof.to_json()


def _missed(proof: dict[str, Any] | None) -> str:
    if proof is None:
        return ""
    return (
        f"\n\nNo batch can score more than {exactly(proof['bound'])}: what was left undone is worth at most "
        f"{proof['gap_bps']} bps of that (certificate of {proof['by']})"
    )


def _order_id(auction: Auction, text: str) -> IntentId:
    from intents.errors import UsageError

    digits = text.lower().removeprefix("0x")
    found = [order.id for order in auction.orders if order.id.hex().startswith(digits)]
    exact = [order for order in found if order.hex() == digits]
    if exact:
        return exact[0]
    if len(digits) < MIN_DIGITS:
        raise UsageError("--order", f'"{text}" is too short: give at least {MIN_DIGITS} digits of the id')
    if len(found) != 1:
        raise UsageError("--order", f'{len(found) or "no"} orders of {auction.name} have ids that begin "{text}"')
    return found[0]


def _rows(settlement: Settlement, wanted: set[IntentId]) -> list[dict[str, Any]]:
    from settlement.why_not import unfilled_orders

    auction = settlement.auction
    why = {item.order: item for item in unfilled_orders(settlement)}
    trades = {t.order: (item.solution, t) for item in settlement.settled for t in item.trades}
    rows = []
    for order in auction.orders:
        if wanted and order.id not in wanted:
            continue
        intent = order.intent
        row: dict[str, Any] = {
            "order": "0x" + order.id.hex(),
            "gives": [units(auction, leg.asset, leg.amount) for leg in intent.give],
            "wants": [units(auction, leg.asset, leg.amount) for leg in intent.want],
        }
        if order.id in why:
            found = why[order.id].to_json()
            rows.append({**row, "filled": False, **found})
            continue
        solution, trade = trades[order.id]
        part = "" if trade.filled == order.remaining else " in part"
        rows.append(
            {
                **row,
                "filled": True,
                "reason": f"filled{part}",
                "in_the_money": True,
                "distance_bps": 0,
                "best_bid": {"bid": f"{solution.solver}/{solution.id}", "refused": ""},
                "executed": {
                    "filled": str(trade.filled),
                    "of": str(order.remaining),
                    "gives": [units(auction, leg.asset, leg.amount) for leg in trade.gives],
                    "wants": [units(auction, leg.asset, leg.amount) for leg in trade.wants],
                },
            }
        )
    return rows


def _text(rows: Sequence[dict[str, Any]], counts: dict[str, int], limit: int) -> str:
    near = sorted(rows, key=lambda row: (not row["filled"], not row["in_the_money"], _far(row["distance_bps"])))
    lines = [
        {
            "order": row["order"][:14] + "…",
            "gives": " + ".join(row["gives"]),
            "wants": " + ".join(row["wants"]),
            "why": row["reason"],
            "bps away": "-" if row["distance_bps"] is None else row["distance_bps"],
            "best bid": _bid(row["best_bid"]),
        }
        for row in near[:limit]
    ]
    shown = table(lines, left=("order", "gives", "wants", "why", "best bid"))
    if len(rows) > limit:
        shown += f"\n… and {len(rows) - limit} more (--limit, --json)"
    summary = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    return f"{counted(rows, 'order')}: {summary}\n\n{shown}"


def _far(distance: int | None) -> tuple[bool, int]:
    return distance is None, distance or 0


def _bid(bid: dict[str, str] | None) -> str:
    if bid is None:
        return "-"
    return f"{bid['bid']} (refused: {bid['refused']})" if bid["refused"] else bid["bid"]
