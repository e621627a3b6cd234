"""What the auction commands read and write: auctions with their notes, solutions in any known form."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from intents.auction import Auction
from intents.auction_codec import FORMAT as AUCTION_FORMAT
from intents.errors import Malformed, WalrasError
from intents.fields import kind_of
from intents.formats import Imported
from intents.strict_json import parse_json
from node.cli.command import Settings, warn
from node.inputs import FETCH_TIMEOUT_S, read_auction, read_json, text_only
from settlement.cow_solution import solution_from_cow, solutions_from_cow
from settlement.receipt import FORMAT as RECEIPT_FORMAT
from settlement.receipt_codec import read_receipt
from settlement.solution import Solution
from settlement.solution_codec import FORMAT as SOLUTION_FORMAT
from settlement.solution_codec import solution_from_json

#: A CoW answer does not say whose it is.
ANONYMOUS: Final = "answer"
MAX_SOLUTIONS: Final = 10_000
#: How a receipt's compact form begins: an array of seven.
_COMPACT: Final = b"\x97"
_OF_SOLUTIONS: Final = {"solutions", "trades", "fills"}


def read_noted(
    settings: Settings, source: str, *, lenient: bool = False, timeout_s: float = FETCH_TIMEOUT_S
) -> Imported:
    """The auction at a path or URL; its importer's notes become warnings."""
    return note_import(settings, read_auction(source, lenient=lenient, timeout_s=timeout_s))


def note_import(settings: Settings, imported: Imported) -> Imported:
    for line in imported.notes:
        warn(settings, "auction.note", line)
    return imported


def receipt_in(data: bytes, where: str) -> dict[str, Any] | None:
    """The receipt, if these bytes are one in either form; other JSON is not parsed twice."""
    if not data.startswith(_COMPACT) and RECEIPT_FORMAT.encode() not in data:
        return None
    document = read_receipt(data, where)
    return document if document.get("format") == RECEIPT_FORMAT else None


def receipt_or_hint(data: bytes, where: str) -> dict[str, Any]:
    """The receipt in ``data``, or what the file is instead and how to verify that."""
    document = receipt_in(data, where)
    if document is not None:
        return document
    other = parse_json(text_only(data, where), where)
    if isinstance(other, dict) and (other.get("format") == AUCTION_FORMAT or "orders" in other):
        raise Malformed(where, "is an auction, not a receipt: give a solution to it too")
    if isinstance(other, list) or (isinstance(other, dict) and not other.keys().isdisjoint(_OF_SOLUTIONS)):
        raise Malformed(where, "is a solution, not a receipt: give its auction first, then this")
    raise Malformed(where, f'is no receipt (no "format": "{RECEIPT_FORMAT}")')


def read_solutions(path: str, auction: Auction) -> tuple[Solution, ...]:
    """The solutions in a file: native JSON, a solver-engine answer or one entry of it, or a list of them."""
    return solutions_in(read_json(path), auction, path)


def solutions_in(document: object, auction: Auction, where: str) -> tuple[Solution, ...]:
    if isinstance(document, dict) and "solutions" in document and "format" not in document:
        if _is_cow_answer(document["solutions"]):
            found = solutions_from_cow(document, auction, ANONYMOUS, where)
        else:
            found = _list(document["solutions"], auction, f"{where}: solutions")
    elif isinstance(document, list):
        found = _list(document, auction, where)
    else:
        found = (_one(document, auction, where),)
    if not found:
        raise Malformed(where, "holds no solutions")
    return found


def _is_cow_answer(items: object) -> bool:
    return not isinstance(items, list) or not any(isinstance(item, dict) and "format" in item for item in items)


def _list(items: object, auction: Auction, where: str) -> tuple[Solution, ...]:
    if not isinstance(items, list):
        raise Malformed(where, f"should be a list, this is {kind_of(items)}")
    if len(items) > MAX_SOLUTIONS:
        raise Malformed(where, f"holds {len(items)} solutions, at most {MAX_SOLUTIONS} are read")
    return tuple(_one(item, auction, f"{where}[{index}]") for index, item in enumerate(items))


def _one(document: object, auction: Auction, where: str) -> Solution:
    if not isinstance(document, dict):
        raise Malformed(where, f"a solution is a JSON object, this is {kind_of(document)}")
    match document.get("format"):
        case str(name) if name == SOLUTION_FORMAT:
            return solution_from_json(document, where)
        case str(name) if name == AUCTION_FORMAT:
            raise Malformed(where, "is an auction, not a solution")
        case str(name) if name == RECEIPT_FORMAT:
            raise Malformed(where, "is a receipt, not a solution: it is verified alone")
    if "trades" in document:
        return solution_from_cow(document, auction, ANONYMOUS, where)
    raise Malformed(
        where, f'is no known solution: not native ("{SOLUTION_FORMAT}"), not a CoW answer ("solutions")'
    )


def error_to_json(error: WalrasError) -> dict[str, Any]:
    """The broken rule with everything it compared."""
    values = {f.name: str(getattr(error, f.name)) for f in dataclasses.fields(error) if f.name != "where"}
    return {"code": error.code, "where": error.where, "message": str(error), "values": values}
