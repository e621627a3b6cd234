"""The file's form: its tables, its version, and how a file of an earlier version becomes one of this.

A file is made, or brought to this version, in one transaction: it is there whole or not at all.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from node.storage.database import Database
from node.storage.errors import Corrupt, NotOurs, OtherVersion
from node.storage.head import Head, Tally, checksum
from node.storage.rows import octets
from settlement.ledger.journal import GENESIS, START, Line, chained, encode_line
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State

#: Marks the file as ours ("Wlrs"), and the version of what is in it.
APPLICATION_ID: Final = 0x576C7273
SCHEMA: Final = 3

_TABLES: Final = (
    "CREATE TABLE head (id INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE log (seq INTEGER PRIMARY KEY, height INTEGER NOT NULL, record BLOB NOT NULL,"
    " crc INTEGER NOT NULL)",
    "CREATE TABLE item (seq INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE decision (height INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE journal (height INTEGER PRIMARY KEY, line BLOB NOT NULL, hash BLOB NOT NULL)",
    "CREATE TABLE state (seq INTEGER PRIMARY KEY, key BLOB NOT NULL, value BLOB NOT NULL)",
    "CREATE TABLE archive (height INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL)",
)


def is_new(db: Database) -> bool:
    """Nothing was ever committed to it."""
    return _number(db, "application_id") == 0 and not db.execute("SELECT name FROM sqlite_master").fetchone()


def create(db: Database, first: State) -> None:
    """A file that begins with the state ``first``, whose line begins the journal."""
    db.execute("BEGIN IMMEDIATE")
    for statement in _TABLES:
        db.execute(statement)
    entries = dict(first.dump())
    line = encode_line(Line(GENESIS, entries, (), first.root))
    db.executemany(_ENTRY, entries.items())
    db.execute("INSERT INTO journal VALUES (?, ?, ?)", (GENESIS, line, chained(START, line)))
    put_head(db, Head(rules_of(first).network))
    _finish(db)


def check_form(db: Database, path: Path) -> None:
    """Raises what the file is not; brings one of an earlier version to this."""
    application, version = _number(db, "application_id"), _number(db, "user_version")
    if application != APPLICATION_ID:
        raise NotOurs(str(path), "another program's database")
    if version in _MIGRATIONS:
        db.execute("BEGIN IMMEDIATE")
        for number in range(version, SCHEMA):
            _MIGRATIONS[number](db, path)
        _finish(db)
    elif version != SCHEMA:
        raise OtherVersion(str(path), version, SCHEMA)
    found = sorted(bytes(sql).decode("utf-8", "replace") for (sql,) in db.execute(_SQL))
    if found != sorted(_TABLES):
        raise Corrupt(str(path), "the list of tables", "; ".join(found)[:200], "that of this version")


def put_head(db: Database, head: Head) -> None:
    data = head.encode()
    db.execute("INSERT OR REPLACE INTO head VALUES (0, ?, ?)", (data, checksum("head", data)))


_ENTRY: Final = "INSERT INTO state (key, value) VALUES (?, ?)"
_SQL: Final = "SELECT CAST(sql AS BLOB) FROM sqlite_master WHERE sql IS NOT NULL"


def _finish(db: Database) -> None:
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute(f"PRAGMA user_version={SCHEMA}")
    db.execute("COMMIT")


def _number(db: Database, pragma: str) -> int:
    (value,) = db.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)


def _from_1(db: Database, path: Path) -> None:
    """Version 1 had no head, and checksums over the data alone."""
    found = db.execute("SELECT value FROM meta").fetchone() or (None,)
    network = octets(path, "the network", *found)
    (height,) = db.execute("SELECT coalesce(max(height), -1) FROM decision").fetchone()
    log = _resummed(db, path, "log", "seq, height", "record", lambda row: f"log {row[0]} {row[1]}")
    items = _resummed(db, path, "item", "seq", "data", lambda row: f"item {row[0]}")
    _resummed(db, path, "decision", "height", "data", lambda row: f"decision {row[0]}")
    db.execute("DROP TABLE meta")
    for statement in _TABLES:
        if statement.startswith(("CREATE TABLE head ", "CREATE TABLE archive ")):
            db.execute(statement)
    put_head(db, Head(network, 0, height, 0, items, log))


def _from_2(db: Database, path: Path) -> None:
    """Version 2 had the state in the order of its keys."""
    entries = [
        (octets(path, "a key of the state", key), octets(path, "an entry of the state", value))
        for key, value in db.execute("SELECT key, value FROM state")
    ]
    db.execute("DROP TABLE state")
    for statement in _TABLES:
        if statement.startswith("CREATE TABLE state "):
            db.execute(statement)
    db.executemany(_ENTRY, entries)


def _resummed(
    db: Database, path: Path, table: str, keys: str, column: str, name: Callable[[tuple[Any, ...]], str]
) -> Tally:
    """Rows whose old checksum holds get the new one."""
    tally, changed = Tally(), []
    for *key, data, crc in db.execute(f"SELECT {keys}, {column}, crc FROM {table}"):
        where = f"{table}[{key[0]}]"
        if zlib.crc32(octets(path, where, data)) != crc:
            raise Corrupt(str(path), where, f"{zlib.crc32(data):08x}", _shown(crc))
        fresh = checksum(name(tuple(key)), data)
        tally = tally.plus(fresh)
        changed.append((fresh, key[0]))
    first = keys.partition(",")[0]
    db.executemany(f"UPDATE {table} SET crc = ? WHERE {first} = ?", changed)
    return tally


def _shown(crc: object) -> str:
    return f"{crc:08x}" if isinstance(crc, int) else str(crc)[:40]


_MIGRATIONS: Final[dict[int, Callable[[Database, Path], None]]] = {1: _from_1, 2: _from_2}
