"""Ledger state: typed tables of records, changed through drafts, hashed entry by entry.

A draft sees the state through its own changes. It is committed whole or dropped, so whatever fails leaves no
trace; what it changed is its delta, in canonical bytes: the same thing the root, the journal and storage take.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from intents.canonical import pack, read_int, read_list, unpack
from intents.errors import WrongValue
from intents.schema import Codec
from settlement.ledger.tree import StateTree, TreeChange

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: The canonical bytes of one entry.
MAX_ENTRY_BYTES = 1 << 20
_UNSET: Final = object()


@dataclass(frozen=True)
class Table(Generic[K, V]):
    """One kind of entry. ``number`` tells tables apart in keys: never reused."""

    number: int
    name: str
    key: Codec[K]
    value: Codec[V]

    def key_bytes(self, key: K) -> bytes:
        return pack([self.number, self.key.to_wire(key)])

    def value_bytes(self, value: V) -> bytes:
        return pack(self.value.to_wire(value))


@dataclass(frozen=True, slots=True)
class Change:
    """What a draft does to every state with the root ``before``: values by table and key, the same in canonical
    bytes, and hashes. Not to be changed, as states that took it may share it."""

    before: bytes
    root: bytes
    values: Mapping[int, Mapping[Any, Any]]
    delta: dict[bytes, bytes | None]
    tree: TreeChange


class State:
    """All tables, and the tree over them."""

    def __init__(self, tables: tuple[Table[Any, Any], ...], tree: StateTree | None = None) -> None:
        self.tables = {table.number: table for table in tables}
        assert len(self.tables) == len(tables)
        self.entries: dict[int, dict[Any, Any]] = {table.number: {} for table in tables}
        self.tree = StateTree() if tree is None else tree

    @property
    def root(self) -> bytes:
        return self.tree.root

    def rows(self, table: Table[K, V]) -> dict[K, V]:
        """A table's entries; read only."""
        return cast("dict[K, V]", self.entries[table.number])

    def get(self, table: Table[K, V], key: K) -> V | None:
        found: V | None = self.entries[table.number].get(key)
        return found

    def draft(self) -> Draft:
        return Draft(self)

    def copy(self) -> State:
        """Another state with the same entries; values are immutable, so they are shared."""
        found = State((), self.tree.copy())
        found.tables = self.tables
        found.entries = {number: rows.copy() for number, rows in self.entries.items()}
        return found

    def after(self, change: Change) -> State:
        """Another state, which is this one with the change made."""
        found = self.copy()
        found.take(change)
        return found

    def take(self, change: Change) -> None:
        """Make a change that was worked out on a state with this one's root."""
        assert change.before == self.root
        for number, values in change.values.items():
            _merge(self.entries[number], values)
        self.tree.take(change.tree)

    def table(self, number: int) -> Table[Any, Any]:
        """Raises ``WrongValue`` where there is no such table."""
        found = self.tables.get(number)
        if found is None:
            raise WrongValue("state", "the number of a table", str(number))
        return found

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take an entry from storage or a snapshot, without the tree. Raises an ``InputError``."""
        number, place = read_list(unpack(key, "state", limit=MAX_ENTRY_BYTES), "state", limit=2, length=2)
        table = self.table(read_int(number, "state"))
        at = table.key.from_wire(place, f"{table.name}.key")
        if value is None:
            self.entries[table.number].pop(at, None)
        else:
            wire = unpack(value, f"{table.name}", limit=MAX_ENTRY_BYTES)
            self.entries[table.number][at] = table.value.from_wire(wire, table.name)

    def value_bytes(self, key: bytes) -> bytes:
        """The canonical bytes of an entry that there is."""
        number, place = read_list(unpack(key, "state", limit=MAX_ENTRY_BYTES), "state", limit=2, length=2)
        table = self.table(read_int(number, "state"))
        return table.value_bytes(self.entries[table.number][table.key.from_wire(place, table.name)])

    def absorb(self, delta: dict[bytes, bytes | None]) -> bytes:
        """Apply a delta as it was recorded; returns the root after it."""
        for key, value in delta.items():
            self.load(key, value)
        return self.tree.apply(delta)

    def dump(self) -> Iterator[tuple[bytes, bytes]]:
        """Every entry in canonical bytes, in the order of keys within tables."""
        for number in sorted(self.tables):
            table = self.tables[number]
            rows = {table.key_bytes(key): value for key, value in self.entries[number].items()}
            for key in sorted(rows):
                yield key, table.value_bytes(rows[key])


class Draft:
    """Changes to a state, or to another draft, seen by whoever goes on with it and not yet by anybody else."""

    __slots__ = ("_change", "_changes", "base")

    def __init__(self, base: State | Draft) -> None:
        self.base = base
        self._changes: dict[int, dict[Any, Any]] = {}
        self._change: Change | None = None

    def draft(self) -> Draft:
        """A draft of this one: ``keep`` it, or drop it without a trace."""
        return Draft(self)

    def copy(self) -> Draft:
        """Another with the same changes, which goes its own way."""
        other = Draft(self.base)
        other._changes = {number: dict(changes) for number, changes in self._changes.items()}
        return other

    def get(self, table: Table[K, V], key: K) -> V | None:
        number = table.number
        found: V | None
        # Hashing a key costs more than the look-up: once for each level.
        if number in self._changes:
            found = self._changes[number].get(key, _UNSET)
            if found is not _UNSET:
                return found
        level = self.base
        if isinstance(level, Draft):
            return level.get(table, key)
        found = level.entries[number].get(key)
        return found

    def set(self, table: Table[K, V], key: K, value: V | None) -> None:
        """``None`` takes the entry out."""
        changes = self._changes.get(table.number)
        if changes is None:
            changes = self._changes[table.number] = {}
        changes[key] = value
        self._change = None

    def rows(self, table: Table[K, V]) -> dict[K, V]:
        """A table's entries with the draft's changes: a copy."""
        found = dict(self.base.rows(table))
        _merge(found, self._changes.get(table.number, {}))
        return found

    def changes(self, table: Table[K, V]) -> dict[K, V | None]:
        """What was set in a table; ``None`` where taken out."""
        return cast("dict[K, V | None]", self._changes.get(table.number, {}))

    def keep(self) -> None:
        """Make this draft part of the one it is a draft of."""
        assert isinstance(self.base, Draft)
        for number, changes in self._changes.items():
            self.base._changes.setdefault(number, {}).update(changes)
        self.base._change = None
        self._changes = {}

    def change(self) -> Change:
        """All of it as one value; the draft may go on."""
        if self._change is None:
            state, delta = self._state(), self._delta()
            tree = state.tree.change(delta)
            values = {number: dict(changes) for number, changes in self._changes.items()}
            self._change = Change(state.root, state.tree.root_after(tree), values, delta, tree)
        return self._change

    def delta(self) -> dict[bytes, bytes | None]:
        """What differs from the state, as bytes, in the order of keys."""
        return self.change().delta

    def root(self) -> bytes:
        """The state root as it would be."""
        return self.change().root

    def commit(self) -> dict[bytes, bytes | None]:
        """Make it so; returns the delta."""
        change = self.change()
        self._state().take(change)
        self._changes, self._change = {}, None
        return change.delta

    def _delta(self) -> dict[bytes, bytes | None]:
        state = self._state()
        found: dict[bytes, bytes | None] = {}
        for number, changes in self._changes.items():
            table, rows = state.tables[number], state.entries[number]
            key_form, value_form = table.key.to_wire, table.value.to_wire
            for key, value in changes.items():
                if value != rows.get(key):
                    found[pack([number, key_form(key)])] = None if value is None else pack(value_form(value))
        return {key: found[key] for key in sorted(found)}

    def _state(self) -> State:
        assert isinstance(self.base, State)
        return self.base


def _merge(rows: MutableMapping[Any, Any], changes: Mapping[Any, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
