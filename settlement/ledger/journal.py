"""The journal: what every block changed, each line chained to the one before by its hash.

Its first line is the first state. So the state can be rebuilt from it and compared with the state that is kept:
what is found different, if anything, is named entry by entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from intents.canonical import Value, pack, read_bytes, read_int, read_list, unpack
from settlement.ledger.books import Entry, check_all
from settlement.ledger.state import MAX_ENTRY_BYTES, State

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
    return Line(
        read_int(height, where, low=GENESIS),
        {
            read_bytes(key, where, limit=MAX_ENTRY_BYTES): None
            if value is None
            else read_bytes(value, where, limit=MAX_ENTRY_BYTES)
            for key, value in pairs
        },
        tuple(read_bytes(item, where, limit=4096) for item in read_list(entries, where, limit=MAX_LINE_BYTES)),
        read_bytes(root, where, length=32),
    )


def chained(previous: bytes, line: bytes) -> bytes:
    """The hash of a line that follows ``previous``."""
    return hashlib.sha256(b"walras/journal/1\0" + previous + line).digest()


@dataclass(frozen=True, slots=True)
class Fault:
    """Where journal and state disagree; ``journal`` and ``kept`` as text."""

    where: str
    journal: str
    kept: str


def reconcile(empty: State, lines: Iterable[tuple[bytes, bytes]], kept: Mapping[bytes, bytes]) -> Iterator[Fault]:
    """Rebuild from nothing along ``lines`` (each with the hash it claims); compare with the ``kept`` entries.

    Yields every fault found; nothing is trusted: hashes, roots, double entry and every kept entry are looked at.
    """
    previous = START
    for data, claimed in lines:
        line = decode_line(data)
        found = chained(previous, data)
        if found != claimed:
            yield Fault(f"journal.{line.height}.hash", found.hex(), claimed.hex())
        previous = claimed
        root = empty.absorb(dict(line.delta))
        if root != line.root:
            yield Fault(f"journal.{line.height}.root", root.hex(), line.root.hex())
    check_all(empty)
    rebuilt = dict(empty.dump())
    for key in sorted({*rebuilt, *kept}):
        if rebuilt.get(key) != kept.get(key):
            yield Fault(_name(empty, key), _text(empty, key, rebuilt.get(key)), _text(empty, key, kept.get(key)))


def _entry(entry: Entry) -> bytes:
    parts: list[Value] = [
        [entry.source.kind.value, entry.source.holder],
        [entry.target.kind.value, entry.target.holder],
        entry.asset,
        str(entry.amount),
        entry.why,
    ]
    return pack(parts)


def _name(state: State, key: bytes) -> str:
    table, number = _place(state, key)
    return f"{table}.{number}"


def _place(state: State, key: bytes) -> tuple[str, str]:
    number, place = read_list(unpack(key, "state", limit=MAX_ENTRY_BYTES), "state", limit=2, length=2)
    table = state.tables.get(read_int(number, "state"))
    if table is None:
        return "unknown", key.hex()
    return table.name, _short(table.key.to_json(table.key.from_wire(place, table.name)))


def _text(state: State, key: bytes, value: bytes | None) -> str:
    if value is None:
        return "nothing"
    number = read_list(unpack(key, "state", limit=MAX_ENTRY_BYTES), "state", limit=2)[0]
    table = state.tables.get(read_int(number, "state"))
    if table is None:
        return value.hex()
    wire = unpack(value, table.name, limit=MAX_ENTRY_BYTES)
    return _short(table.value.to_json(table.value.from_wire(wire, table.name)))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:197] + "…"
