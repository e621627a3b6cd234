"""``walras auction verify``: every claim recomputed from files alone, without a network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from node.cli.command import Command, Settings, emit
from node.cli.words import counted

if TYPE_CHECKING:
    from settlement.errors import LawError
    from settlement.receipt import ReceiptReport

#: A receipt holds an auction and every solution that was considered.
MAX_RECEIPT_BYTES: Final = 128 << 20


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="RECEIPT | AUCTION SOLUTION")
def verify(settings: Settings, files: tuple[str, ...]) -> None:
    """Check a RECEIPT, or a SOLUTION (native, a solver-engine answer, or a list) to an AUCTION.

    Nothing in the files is believed: scores, trades and winners are recomputed, and the first difference or
    broken rule is named with both values (exit code 5).
    """
    from intents.errors import UsageError

    if len(files) > 2:
        raise UsageError("", f"{len(files)} files: verify takes a receipt, or an auction and a solution")
    if len(files) == 1:
        _receipt(settings, files[0])
    else:
        _solutions(settings, *files)


def _receipt(settings: Settings, path: str) -> None:
    from node.cli.auction_files import error_to_json, receipt_or_hint
    from node.inputs import read_file
    from settlement.errors import LawError
    from settlement.receipt import verify_receipt

    document = receipt_or_hint(read_file(Path(path), limit=MAX_RECEIPT_BYTES), path)
    try:
        report = verify_receipt(document, path)
    except LawError as error:
        if settings.json:
            emit(settings, {"ok": False, "error": error_to_json(error)}, str)
        raise
    emit(settings, _receipt_json(report), lambda: _receipt_text(report))


def _receipt_json(report: ReceiptReport) -> dict[str, Any]:
    from intents.auction_codec import auction_hash

    settlement = report.settlement
    return {
        "ok": True,
        "receipt": report.id,
        "auction": settlement.auction.name,
        "auction_hash": "0x" + auction_hash(settlement.auction).hex(),
        "mechanism": settlement.outcome.mechanism,
        "solutions": report.solutions,
        "refused": len(settlement.refused),
        "winners": list(settlement.outcome.winners),
        "orders_settled": sum(len(item.trades) for item in settlement.settled),
        "unsigned": sum(item.unsigned for item in settlement.settled),
        "score": str(settlement.score),
    }


def _receipt_text(report: ReceiptReport) -> str:
    found = _receipt_json(report)
    return (
        f"ok: receipt {found['receipt']} of {found['auction']}: {found['mechanism']} over "
        f"{counted(found['solutions'], 'solution')} ({found['refused']} refused) "
        f"settles {counted(found['orders_settled'], 'order')} "
        f"of {', '.join(found['winners']) or 'nobody'}, score {found['score']}" + _unsigned(found["unsigned"])
    )


def _unsigned(count: int) -> str:
    return f"; {count} of the orders are from a record without checkable signatures" if count else ""


def _solutions(settings: Settings, auction_path: str, solution_path: str) -> None:
    from node.cli.auction_files import error_to_json, read_noted, read_solutions
    from settlement.errors import LawError
    from settlement.mechanism import bid_name
    from settlement.verify import Verifier

    auction = read_noted(settings, auction_path).auction
    solutions = read_solutions(solution_path, auction)
    verifier = Verifier(auction)
    rows: list[dict[str, Any]] = []
    first: LawError | None = None
    for solution in solutions:
        row: dict[str, Any] = {"bid": bid_name(solution)}
        try:
            verified = verifier.verify(solution)
        except LawError as error:
            where = f"{solution_path}: {bid_name(solution)}: {error.where}".removesuffix(": ")
            named = dataclasses.replace(error, where=where)
            first = first or named
            rows.append({**row, "ok": False, "error": error_to_json(named)})
            continue
        score = verified.score
        rows.append(
            {
                **row,
                "ok": True,
                "score": str(score.net),
                "surplus": str(score.surplus),
                "cost": str(score.cost),
                "collected": str(score.collected),
                "orders": len(verified.trades),
                "interactions": len(solution.interactions),
                "unsigned": verified.unsigned,
            }
        )
    document = {"ok": first is None, "auction": auction.name, "solutions": rows}
    if first is None or settings.json or len(rows) > 1:
        emit(settings, document, lambda: "\n".join(map(_line, rows)))
    if first is not None:
        raise first


def _line(row: dict[str, Any]) -> str:
    if not row["ok"]:
        return f"REFUSED: {row['bid']}: {row['error']['code']}"
    return (
        f"ok: {row['bid']}: score {row['score']} (surplus {row['surplus']}, cost {row['cost']}, "
        f"collected {row['collected']}), {counted(row['orders'], 'order')}, "
        f"{counted(row['interactions'], 'interaction')}" + _unsigned(row["unsigned"])
    )
