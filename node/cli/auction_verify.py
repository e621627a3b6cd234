"""``walras auction verify``: every claim recomputed from files alone, without a network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from node.cli.auction_proof import batch_text, proof_json, proof_text
from node.cli.command import Command, Settings, emit
from node.cli.text import exactly
from node.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from intents.auction import Auction
    from settlement.certificate.kinds import Verdict
    from settlement.errors import LawError
    from settlement.receipt import ReceiptReport
    from settlement.solution import Solution
    from settlement.verify import Verifier

#: A receipt holds an auction and every solution that was considered.
MAX_RECEIPT_BYTES: Final = 128 << 20
#: Lines about single solutions of a receipt.
MAX_LINES: Final = 25


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="RECEIPT… | AUCTION SOLUTION")
def verify(settings: Settings, files: tuple[str, ...]) -> None:
    """Check RECEIPTs, or a SOLUTION (native, a solver-engine answer, or a list) to an AUCTION.

    Nothing in the files is believed: scores, trades and winners are recomputed, and the first difference or
    broken rule is named with both values (exit code 5). So are the bounds that certificates prove: what they
    leave open is printed as the gap, and a certificate that proves nothing is named, but voids no solution.
    Scores are in whole units of the numeraire, to the last of 18 decimals; --json has base units.
    """
    from intents.errors import UsageError

    if len(files) == 1 or _is_receipt(files[0]):
        _receipts(settings, files)
    elif len(files) == 2:
        _solutions(settings, *files)
    else:
        raise UsageError("", f"{len(files)} files: verify takes receipts, or an auction and a solution")


def _is_receipt(path: str) -> bool:
    from node.cli.auction_files import receipt_in
    from node.inputs import read_file

    return receipt_in(read_file(Path(path), limit=MAX_RECEIPT_BYTES), path) is not None


def _receipts(settings: Settings, paths: Sequence[str]) -> None:
    """One after the other; the first that does not hold ends it."""
    from node.cli.auction_files import error_to_json, receipt_or_hint
    from node.inputs import read_file
    from settlement.errors import LawError
    from settlement.receipt import verify_receipt

    documents: list[dict[str, Any]] = []
    texts: list[str] = []
    for path in paths:
        document = receipt_or_hint(read_file(Path(path), limit=MAX_RECEIPT_BYTES), path)
        try:
            report = verify_receipt(document, path)
        except LawError as error:
            if settings.json:
                emit(settings, {"ok": False, "error": error_to_json(error)}, str)
            raise
        documents.append(_receipt_json(report))
        texts.append(_receipt_text(report))
    found = documents[0] if len(paths) == 1 else {"ok": True, "receipts": documents}
    emit(settings, found, lambda: "\n".join(texts))


def _receipt_json(report: ReceiptReport) -> dict[str, Any]:
    from intents.auction_codec import auction_hash
    from settlement.proof import batch_proof

    settlement = report.settlement
    proof = batch_proof(settlement, report.verdicts)
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
        "proof": None if proof is None else proof.to_json(),
        "certificates": _certificates(report),
    }


def _certificates(report: ReceiptReport) -> list[dict[str, Any]]:
    """Per solution considered, lawful or not."""
    from settlement.mechanism import bid_name

    rows: list[dict[str, Any]] = []
    considered = [(item.solution, item.score.net) for item in report.settlement.verified]
    for solution, score in (*considered, *((item.solution, None) for item in report.settlement.refused)):
        found = proof_json(report.verdicts.get((solution.solver, solution.id)), score)
        shown = None if score is None else str(score)
        rows.append({"bid": bid_name(solution), "score": shown, "certificate": found})
    return rows


def _receipt_text(report: ReceiptReport) -> str:
    found = _receipt_json(report)
    proven = [row for row in found["certificates"] if row["certificate"] is not None]
    lines = [
        f"{row['bid']}: "
        + ("refused" if row["score"] is None else f"score {exactly(row['score'])}")
        + f", {proof_text(row['certificate'])}"
        for row in proven[:MAX_LINES]
    ]
    if len(proven) > MAX_LINES:
        lines.append(f"… and {len(proven) - MAX_LINES} more with certificates (--json has all)")
    first = (
        f"ok: receipt {found['receipt']} of {found['auction']}: {found['mechanism']} over "
        f"{counted(found['solutions'], 'solution')} ({found['refused']} refused) "
        f"settles {counted(found['orders_settled'], 'order')} "
        f"of {', '.join(found['winners']) or 'nobody'}, score {exactly(found['score'])}"
        + _unsigned(found["unsigned"])
    )
    return "\n".join([first, *lines, batch_text(found["proof"])])


def _unsigned(count: int) -> str:
    return f"; {count} of the orders are from a record without checkable signatures" if count else ""


def _solutions(settings: Settings, auction_path: str, solution_path: str) -> None:
    from node.cli.auction_files import error_to_json, read_noted, read_solutions
    from settlement.certificate.kinds import verdicts
    from settlement.errors import LawError
    from settlement.mechanism import bid_name
    from settlement.verify import Verifier

    auction = read_noted(settings, auction_path).auction
    solutions = read_solutions(solution_path, auction)
    verifier = Verifier(auction)
    found = verdicts(auction, solutions)
    rows: list[dict[str, Any]] = []
    first: LawError | None = None
    for solution in solutions:
        row: dict[str, Any] = {"bid": bid_name(solution)}
        proof = found.get((solution.solver, solution.id))
        try:
            verified = verifier.verify(solution)
        except LawError as error:
            where = f"{solution_path}: {bid_name(solution)}: {error.where}".removesuffix(": ")
            named = dataclasses.replace(error, where=where)
            first = first or named
            rows.append(
                {**row, "ok": False, "error": error_to_json(named), "certificate": proof_json(proof, None)}
            )
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
                "certificate": proof_json(proof, score.net),
            }
        )
    proof_of_all = _batch(auction, solutions, verifier, found)
    document = {"ok": first is None, "auction": auction.name, "solutions": rows, "proof": proof_of_all}
    if first is None or settings.json or len(rows) > 1:
        emit(settings, document, lambda: "\n".join([*map(_line, rows), batch_text(proof_of_all)]))
    if first is not None:
        raise first


def _batch(
    auction: Auction, solutions: Sequence[Solution], verifier: Verifier, found: Mapping[tuple[str, int], Verdict]
) -> dict[str, Any] | None:
    """The bound on what these solutions settle together, were they all there is."""
    from settlement.mechanism import mechanism
    from settlement.proof import batch_proof
    from settlement.settle import settle

    if not found:
        return None
    proof = batch_proof(settle(auction, solutions, mechanism("greedy"), verifier=verifier), found)
    return None if proof is None else proof.to_json()


def _line(row: dict[str, Any]) -> str:
    if not row["ok"]:
        claim = row["certificate"]
        return f"REFUSED: {row['bid']}: {row['error']['code']}" + (f"; {proof_text(claim)}" if claim else "")
    return (
        f"ok: {row['bid']}: score {exactly(row['score'])} (surplus {exactly(row['surplus'])}, "
        f"cost {exactly(row['cost'])}, collected {exactly(row['collected'])}), {counted(row['orders'], 'order')}, "
        f"{counted(row['interactions'], 'interaction')}"
        + _unsigned(row["unsigned"])
        + f"; {proof_text(row['certificate'])}"
    )
