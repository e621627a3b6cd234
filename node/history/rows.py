"""Rows of a history as they were read: taken for what they say only where they can be what was written.

A history has no checksums, as it can be made anew. What a spoilt page makes of a row is told by what every row
must be: its columns' kinds and bounds, what one column says of another, and the hash that an intent is known by.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from intents.canonical import unpack
from intents.codec import intent_id
from intents.errors import WrongType, WrongValue
from intents.intent import Intent
from node.chain.blocks import phase_of
from node.history.base import AuctionRow, BlockRow
from node.history.pages import MOST_KEY
from node.history.recording import DENIED, OPEN, auction_at
from settlement.ledger.accounts import account_of
from settlement.ledger.orders import ORDERS, OrderState
from settlement.ledger.state import MAX_ENTRY_BYTES

#: Digits of an amount or a score: more than any sum of what may be traded has.
_DIGITS: Final = 120
#: Characters of a note, a name, or the names of an auction's winners.
_TEXT: Final = 1 << 16

Check = Callable[[Any], bool]


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MOST_KEY


def _integer(value: Any) -> bool:
    return type(value) is int


def _octets(value: Any) -> bool:
    return type(value) is bytes


def _text(value: Any) -> bool:
    return type(value) is str and len(value) <= _TEXT


def _digits(value: Any) -> bool:
    """An integer as it was written: its shortest form, no more digits than one can have."""
    if type(value) is not str or not 0 < len(value) <= _DIGITS:
        return False
    plain = value.removeprefix("-")
    return plain.isascii() and plain.isdecimal() and (plain[0] != "0" or value == "0")


def _figure(value: Any) -> bool:
    return type(value) is float and math.isfinite(value)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


_BLOCK: Final[Mapping[str, Check]] = {
    "height": _count, "auction": _count, "phase": _count, "block": _octets, "root": _octets, "round": _count,
    "proposer": _octets, "items": _count, "refused": _count, "at_ms": _count,
}  # fmt: skip
_AUCTION: Final[Mapping[str, Check]] = {
    "number": _count, "height": _count, "intents": _count, "filled": _count, "solvers": _count,
    "solutions": _count, "winners": _text, "score": _digits, "improvement_bps": _or_none(_figure),
    "at_ms": _count,
}  # fmt: skip
_INTENT: Final[Mapping[str, Check]] = {
    "seq": _integer, "id": _octets, "owner": _octets, "terms": _octets,
    "state": {*OrderState, OPEN, DENIED}.__contains__, "note": _text, "taken": _or_none(_count),
    "batched": _or_none(_count), "missed": _or_none(_count), "ended": _or_none(_count),
    "ended_phase": (None, 0, 1, 2).__contains__,
}  # fmt: skip
_TRADE: Final[Mapping[str, Check]] = {
    "auction": _count, "gave": _digits, "got": _digits, "solver": _text, "over_limit_bps": _integer,
}  # fmt: skip
_PART: Final[Mapping[str, Check]] = {
    "auction": _count, "solver": _text, "rank": _or_none(_count), "won": (0, 1).__contains__, "score": _digits,
    "reward": _digits, "slashed": _digits,
}  # fmt: skip


def block_of(row: Sequence[Any]) -> BlockRow:
    found = BlockRow(*_checked("block", _BLOCK, row))
    if (found.auction, found.phase) != (auction_at(found.height), phase_of(found.height)):
        raise WrongValue(f"block {found.height}", "of that auction and phase", f"{found.auction}, {found.phase}")
    return found


def auction_of(row: Sequence[Any]) -> AuctionRow:
    number, height, intents, filled, solvers, solutions, winners, score, bps, at_ms = _checked(
        "auction", _AUCTION, row
    )
    if number != auction_at(height) or filled > intents:
        raise WrongValue(
            f"auction {number}", "an auction's line", f"height {height}, {filled} of {intents} filled"
        )
    names = _names(winners, f"auction {number}.winners")
    return AuctionRow(number, height, intents, filled, solvers, solutions, names, int(score), bps, at_ms)


def intent_of(row: Sequence[Any]) -> Intent:
    """The terms in an intent's row, which its id is the hash of."""
    _, number, owner, terms, *_ = _checked("intent", _INTENT, row)
    return terms_of(terms, number, owner)


def terms_of(terms: bytes, number: bytes, owner: bytes | None = None) -> Intent:
    where = f"intent {number.hex()[:64]}"
    intent = ORDERS.value.from_wire(unpack(terms, where, limit=MAX_ENTRY_BYTES), where).intent
    if intent_id(intent) != number:
        raise WrongValue(where, "the hash of its terms", "another")
    if owner is not None and account_of(intent.owner).holder != owner:
        raise WrongValue(f"{where}.owner", "who its terms say", owner.hex()[:80])
    return intent


def trades_in(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, int, int, str, float]]:
    """Auction, what was given and got, the solver, and basis points over the limit."""
    for row in rows:
        auction, gave, got, solver, bps = _checked("trade", _TRADE, row)
        yield auction, int(gave), int(got), solver, float(bps)


def part_of(row: Sequence[Any]) -> tuple[str, int | None, int, int, int, int]:
    """Solver, rank, whether it won, score, reward, slashed; ``row`` has the auction before them."""
    _, solver, rank, won, score, reward, slashed = _checked("part", _PART, row)
    return solver, rank, won, int(score), int(reward), int(slashed)


def times_in(rows: Iterable[Sequence[Any]]) -> dict[int, int]:
    """When heights were decided, where that is known: a block whose row is spoilt takes no intent with it."""
    return {height: at_ms for height, at_ms in rows if _count(height) and _count(at_ms)}


def _checked(table: str, columns: Mapping[str, Check], row: Sequence[Any]) -> Sequence[Any]:
    for (name, is_sound), value in zip(columns.items(), row, strict=True):
        if not is_sound(value):
            raise WrongType(f"{table}.{name}", "what is written there", f"{value!r}"[:60])
    return row


def _names(text: str, where: str) -> tuple[str, ...]:
    try:
        names = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WrongValue(where, "a list of names", repr(text[:60])) from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise WrongValue(where, "a list of names", repr(text[:60]))
    return tuple(names)
