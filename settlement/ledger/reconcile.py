"""Reconciling: the state is rebuilt from the journal and compared with the one that is kept, entry by entry.

Nothing is trusted. Of the journal each line's hash, its root and its double entry are looked at: what a line does
to a balance must be what its entries in the books say. So a fault in the journal is found at its height, one in
the kept state at its entry and field, both with the two values that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from intents.assets import AssetId
from intents.canonical import read_int, read_list, unpack
from intents.errors import WalrasError
from settlement.ledger.accounts import Account
from settlement.ledger.books import BALANCES
from settlement.ledger.journal import GENESIS, START, Line, chained, decode_entry, decode_line
from settlement.ledger.state import MAX_ENTRY_BYTES, State, Table


@dataclass(frozen=True, slots=True)
class Fault:
    """Where journal and state disagree: ``journal`` is what the one makes it, ``kept`` what the other says."""

    where: str
    journal: str
    kept: str


def reconcile(empty: State, lines: Iterable[tuple[bytes, bytes]], kept: Mapping[bytes, bytes]) -> Iterator[Fault]:
    """Rebuild from nothing along ``lines``, each with the hash it claims; compare with the ``kept`` entries.

    Yields every fault found. A line that cannot be read ends the search: what follows it cannot be rebuilt.
    """
    previous, height, first = START, GENESIS, True
    for data, claimed in lines:
        found = chained(previous, data)
        previous = claimed
        try:
            line = decode_line(data)
            if found != claimed:
                yield Fault(f"journal.{line.height}.hash", found.hex(), claimed.hex())
            if not first:
                yield from _unexplained(empty, line)
            root = empty.absorb(dict(line.delta))
        except WalrasError as error:
            yield Fault(f"journal.{height}", _short(str(error)), "a line that can be read")
            return
        if root != line.root:
            yield Fault(f"journal.{line.height}.root", root.hex(), line.root.hex())
        height, first = line.height + 1, False
    for asset, total in sorted(_totals(empty).items()):
        if total:
            yield Fault(f"sum.{asset}", str(total), "0")
    rebuilt = dict(empty.dump())
    for key in sorted({*rebuilt, *kept}):
        if rebuilt.get(key) != kept.get(key):
            values = (_value(empty, key, rebuilt.get(key)), _value(empty, key, kept.get(key)))
            yield from _differences(_name(empty, key), *values)


def _unexplained(before: State, line: Line) -> Iterator[Fault]:
    """Balances that the line sets to something else than its entries lead to."""
    balances = before.rows(BALANCES)
    moved: dict[tuple[Account, AssetId], int] = {}
    for data in line.entries:
        entry = decode_entry(data)
        for account, amount in ((entry.source, -entry.amount), (entry.target, entry.amount)):
            moved[account, entry.asset] = moved.get((account, entry.asset), 0) + amount
    expected = {key: balances.get(key, 0) + amount for key, amount in moved.items()}
    after = _balances(line)
    for key in sorted({*expected, *after}):
        one, other = expected.get(key, balances.get(key, 0)), after.get(key, balances.get(key, 0))
        if one != other:
            place = _name(before, BALANCES.key_bytes(key))
            yield Fault(f"journal.{line.height}.{place}", str(one), str(other))


def _balances(line: Line) -> dict[tuple[Account, AssetId], int]:
    """What the line sets balances to."""
    found = {}
    for key, value in line.delta.items():
        number, place = read_list(unpack(key, "journal", limit=MAX_ENTRY_BYTES), "journal", limit=2, length=2)
        if number == BALANCES.number:
            wire = None if value is None else unpack(value, "journal", limit=MAX_ENTRY_BYTES)
            amount = 0 if wire is None else BALANCES.value.from_wire(wire, "journal")
            found[BALANCES.key.from_wire(place, "journal")] = amount
    return found


def _totals(state: State) -> dict[AssetId, int]:
    totals: dict[AssetId, int] = {}
    for (_, asset), amount in state.rows(BALANCES).items():
        totals[asset] = totals.get(asset, 0) + amount
    return totals


def _name(state: State, key: bytes) -> str:
    """The table and the key in it, for readers; in hex what no table knows."""
    try:
        table, place = _place(state, key)
        return f"{table.name}.{_short(str(table.key.to_json(place)))}"
    except WalrasError:
        return f"unknown.{_short(key.hex())}"


def _value(state: State, key: bytes, value: bytes | None) -> object:
    """The value for readers; in hex what no table can read."""
    if value is None:
        return "nothing"
    try:
        table, _ = _place(state, key)
        wire = unpack(value, table.name, limit=MAX_ENTRY_BYTES)
        return table.value.to_json(table.value.from_wire(wire, table.name))
    except WalrasError:
        return value.hex()


def _differences(where: str, journal: object, kept: object) -> Iterator[Fault]:
    """The fields that differ; fields at their defaults are not in an entry's JSON."""
    if isinstance(journal, dict) and isinstance(kept, dict):
        for name in sorted({*journal, *kept}):
            yield from _differences(f"{where}.{name}", journal.get(name, "default"), kept.get(name, "default"))
    elif isinstance(journal, list) and isinstance(kept, list) and len(journal) == len(kept):
        for place, pair in enumerate(zip(journal, kept, strict=True)):
            yield from _differences(f"{where}[{place}]", *pair)
    elif journal != kept:
        yield Fault(where, _short(str(journal)), _short(str(kept)))


def _place(state: State, key: bytes) -> tuple[Table[Any, Any], Any]:
    number, place = read_list(unpack(key, "state", limit=MAX_ENTRY_BYTES), "state", limit=2, length=2)
    table = state.table(read_int(number, "state"))
    return table, table.key.from_wire(place, table.name)


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:197] + "…"
