"""What an importer hands back, and names shared by all of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar, Final

from intents.amounts import MAX_AMOUNT, MAX_PRICE
from intents.auction import Auction
from intents.errors import AmountOutOfRange, InputError

#: Recorded orders were signed for other systems: one made-up network keeps them apart from live ones.
RECORDED_NETWORK: Final = hashlib.sha256(b"walras recorded orders").digest()
#: At most this many single items are named in notes; the rest is counted.
MAX_NAMED: Final = 5
#: Longer auction ids are no ids; an auction's name has room for 128 characters.
MAX_ID: Final = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """An auction, the format it came in, and what was left out or looked odd."""

    auction: Auction
    format: str
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class EmptyAuction(InputError):
    code: ClassVar[str] = "auction.empty"
    text: ClassVar[str] = "holds no orders that could be filled{why}"

    why: str = ""


def name_of(where: str) -> str:
    """A name from a path or URL: its last part without the ending."""
    stem = PurePosixPath(where.split("?")[0].replace("\\", "/")).name
    for ending in (": auction", ".json"):
        stem = stem.removesuffix(ending)
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in stem)[:100] or "auction"


def auction_name(number: object, where: str) -> str:
    """``cow-7400681`` for an auction numbered so, whether as a number or as text; else the file's name."""
    known = isinstance(number, str | int) and not isinstance(number, bool)
    return f"cow-{number}" if known and 1 <= len(str(number)) <= MAX_ID else name_of(where)


def beyond_range(error: InputError) -> bool:
    """Whether all that is wrong is an amount that has 256 bits elsewhere and is too large here."""
    return isinstance(error, AmountOutOfRange) and error.high == MAX_AMOUNT < error.value <= MAX_PRICE


def left_out(what: str, items: list[str]) -> list[str]:
    """One note for all of ``items``, naming the first few; none for none."""
    return [f"left out {len(items)} {what}: {named(items)}"] if items else []


def named(items: list[str]) -> str:
    """The first few of ``items``, and how many more there are."""
    shown = ", ".join(items[:MAX_NAMED])
    return f"{shown} and {len(items) - MAX_NAMED} more" if len(items) > MAX_NAMED else shown


def expired_notes(late: list[tuple[int, int]], before: str) -> list[str]:
    """A note for each of the first few orders, given as (index, valid to), that expired; a count for the rest."""
    notes = [
        f"orders[{index}] expired at {valid_to}, {before}: it cannot be filled"
        for index, valid_to in late[:MAX_NAMED]
    ]
    if len(late) > MAX_NAMED:
        notes.append(f"{len(late) - MAX_NAMED} more orders expired {before}: they cannot be filled")
    return notes
