"""Auction files read at the border: native JSON, CoW solver-engine JSON, its legacy schema, GPv1.

``load_auction`` tells them apart by their fields. What a format holds that an auction has no room for
is dropped and noted; what is wrong is refused by name.
"""

from __future__ import annotations

from intents.auction_codec import FORMAT, auction_from_json
from intents.errors import Malformed
from intents.fields import Fields, kind_of
from intents.formats.cow import auction_from_cow
from intents.formats.gpv1 import auction_from_gpv1
from intents.formats.imported import EmptyAuction, Imported, expired_notes
from intents.formats.legacy import auction_from_legacy
from intents.strict_json import parse_json

__all__ = ["EmptyAuction", "Imported", "load_auction"]


def load_auction(data: bytes, where: str, *, lenient: bool = False) -> Imported:
    """The auction in ``data``, whichever known format it is in; one with no orders is refused.

    ``lenient`` leaves out single recorded orders and pools that are out of range, with a note, instead
    of refusing the file.
    """
    imported = _read(parse_json(data, where), where, lenient=lenient)
    if not imported.auction.orders:
        about = [note for note in imported.notes if "orders" in note]
        raise EmptyAuction(where, f" ({about[0]})" if about else "")
    return imported


def _read(document: object, where: str, *, lenient: bool) -> Imported:
    if not isinstance(document, dict):
        raise Malformed(where, f"an auction is a JSON object, this is {kind_of(document)}")
    if "format" in document:
        if document["format"] != FORMAT:
            raise Malformed(where, f'is {kind_of(document["format"])}, not "{FORMAT}"')
        return _native(document, where)
    if "solutions" in document or "trades" in document:
        raise Malformed(where, "is a solution, not an auction")
    if "amms" in document:
        return auction_from_legacy(document, where, lenient=lenient)
    if "accounts" in document:
        return auction_from_gpv1(document, where)
    if "liquidity" in document or "effectiveGasPrice" in document:
        return auction_from_cow(document, where, lenient=lenient)
    if isinstance(document.get("auction"), dict) and "liquidity" in document["auction"]:
        return auction_from_cow(document["auction"], f"{where}: auction", lenient=lenient)
    raise Malformed(
        where,
        'is no known auction: not native ("format"), CoW solver-engine ("liquidity"), legacy ("amms") '
        'or GPv1 ("accounts")',
    )


def _native(document: dict[str, object], where: str) -> Imported:
    auction = auction_from_json(Fields(document, where).document, where)
    late = [
        (index, order.intent.valid_to)
        for index, order in enumerate(auction.orders)
        if order.intent.valid_to < auction.number
    ]
    return Imported(auction, "native", tuple(expired_notes(late, f"before auction {auction.number}")))
