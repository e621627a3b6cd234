"""The journal: what every block changed, each line chained to the one before by its hash.

Its first line is the first state, so the state can be rebuilt from it: see ``reconcile``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from intents.assets import MAX_ASSET_ID_LENGTH, AssetId
from intents.canonical import Value, pack, read_bytes, read_int, read_list, read_text, unpack
from intents.errors import WrongValue
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import Entry
from settlement.ledger.state import MAX_ENTRY_BYTES

MAX_LINE_BYTES: Final = 256 << 20
#: The height of the first line, which holds the whole first state.
GENESIS: Final = -1
#: The hash before the first line.
START: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Line:
    """``delta``: entries of the state after block ``height``, by key, ``None`` where taken out; ``entries`` of
    the books, for readers."""

    height: int
    delta: Mapping[bytes, bytes | None]
    entries: tuple[bytes, ...]
    root: bytes


def line_of(height: int, delta: Mapping[bytes, bytes | None], entries: Iterable[Entry], root: bytes) -> Line:
    return Line(height, delta, tuple(_entry(entry) for entry in entries), root)


def encode_line(line: Line) -> bytes:
    delta: list[Value] = [[key, value] for key, value in line.delta.items()]
    return pack([line.height, delta, list(line.entries), line.root])


def decode_line(data: bytes, where: str = "journal") -> Line:
    height, delta, entries, root = read_list(unpack(data, where, limit=MAX_LINE_BYTES), where, limit=4, length=4)
    pairs = [read_list(pair, where, limit=2, length=2) for pair in read_list(delta, where, limit=MAX_LINE_BYTES)]
    changed = {
        read_bytes(key, where, limit=MAX_ENTRY_BYTES): None
        if value is None
        else read_bytes(value, where, limit=MAX_ENTRY_BYTES)
        for key, value in pairs
    }
    if len(changed) < len(pairs):
        raise WrongValue(where, "every entry once", f"{len(pairs) - len(changed)} of them twice")
    return Line(
        read_int(height, where, low=GENESIS),
        changed,
        tuple(read_bytes(item, where, limit=4096) for item in read_list(entries, where, limit=MAX_LINE_BYTES)),
        read_bytes(root, where, length=32),
    )


def chained(previous: bytes, line: bytes) -> bytes:
    """The hash of a line that follows ``previous``."""
    return hashlib.sha256(b"walras/journal/1\0" + previous + line).digest()


def decode_entry(data: bytes, where: str = "entry") -> Entry:
    """An entry of a line. Raises an ``InputError``."""
    source, target, asset, amount, why = read_list(unpack(data, where, limit=4096), where, limit=5, length=5)
    text = read_text(amount, where, limit=64)
    if not text.isascii() or not text.isdigit():
        raise WrongValue(where, "an amount in digits", repr(text))
    return Entry(
        _account(source, where),
        _account(target, where),
        AssetId(read_text(asset, where, limit=MAX_ASSET_ID_LENGTH)),
        int(text),
        read_text(why, where, limit=256),
    )


def _entry(entry: Entry) -> bytes:
    parts: list[Value] = [
        [entry.source.kind, entry.source.holder],
        [entry.target.kind, entry.target.holder],
        entry.asset,
        str(entry.amount),
        entry.why,
    ]
    return pack(parts)


def _account(value: Value, where: str) -> Account:
    kind, holder = read_list(value, where, limit=2, length=2)
    name = read_text(kind, where, limit=32)
    if name not in list(AccountKind):
        raise WrongValue(where, "a kind of account", repr(name))
    return Account(AccountKind(name), read_bytes(holder, where, limit=128))
