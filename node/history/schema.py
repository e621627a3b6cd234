"""The history's file: its tables and version, and how one that is no good is set aside.

A history can be made anew from the chain, so nothing in it is repaired and no version migrated: a file that is
damaged, of another version or of another network keeps its bytes under another name, and a new one begins.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from node.history.errors import HistoryNotOurs

#: Marks the file as ours ("Wlrh"), and the version of what is in it.
APPLICATION_ID: Final = 0x576C7268
SCHEMA: Final = 1
#: How long a reader waits for a file that is being recovered or checkpointed.
BUSY_S: Final = 5.0
#: Pages of SQLite's own log after which it is worked into the file: a large batch touches a thousand, most of them
#: pages that the next one touches again.
CHECKPOINT_PAGES: Final = 8_000

TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE block (height INTEGER PRIMARY KEY, auction INTEGER NOT NULL, phase INTEGER NOT NULL,"
    " block BLOB NOT NULL, root BLOB NOT NULL, round INTEGER NOT NULL, proposer BLOB NOT NULL,"
    " items INTEGER NOT NULL, refused INTEGER NOT NULL, at_ms INTEGER NOT NULL)",
    "CREATE TABLE auction (number INTEGER PRIMARY KEY, height INTEGER NOT NULL, intents INTEGER NOT NULL,"
    " filled INTEGER NOT NULL, solvers INTEGER NOT NULL, solutions INTEGER NOT NULL, winners TEXT NOT NULL,"
    " score TEXT NOT NULL, improvement_bps REAL, at_ms INTEGER NOT NULL)",
    "CREATE TABLE inputs (number INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE part (auction INTEGER NOT NULL, solver TEXT NOT NULL, rank INTEGER, won INTEGER NOT NULL,"
    " score TEXT NOT NULL, reward TEXT NOT NULL, slashed TEXT NOT NULL,"
    " PRIMARY KEY (auction, solver)) WITHOUT ROWID",
    "CREATE TABLE intent (seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, owner BLOB NOT NULL,"
    " terms BLOB NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,"
    " taken INTEGER, batched INTEGER, missed INTEGER, ended INTEGER, ended_phase INTEGER)",
    "CREATE INDEX intent_owner ON intent (owner, seq)",
    "CREATE INDEX intent_ended ON intent (ended) WHERE ended IS NOT NULL",
    "CREATE TABLE trade (intent INTEGER NOT NULL, auction INTEGER NOT NULL, gave TEXT NOT NULL, got TEXT NOT NULL,"
    " solver TEXT NOT NULL, over_limit_bps INTEGER NOT NULL, PRIMARY KEY (intent, auction)) WITHOUT ROWID",
)


def connect(path: Path | str, *, reading: bool = False) -> sqlite3.Connection:
    """A connection; a writer's is in write-ahead mode once ``write_ahead`` was called."""
    db = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    db.text_factory = text_or_bytes
    if reading:
        db.execute("PRAGMA query_only=1")
    return db


def text_or_bytes(data: bytes) -> str | bytes:
    """Of a column of text: what is none is damage of that row, where SQLite's own reading ends the query."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def write_ahead(db: sqlite3.Connection) -> None:
    """A lost last commit is no harm here, so commits do not wait for the disk."""
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")


def opened(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    """The history at ``path``, and where a file that was no good has gone. Raises ``HistoryNotOurs``."""
    db = connect(path)
    try:
        if _is_sound(db, path):
            write_ahead(db)
            return db, None
    except BaseException:
        db.close()
        raise
    db.close()
    aside = set_aside(path)
    db = connect(path)
    write_ahead(db)
    create(db)
    return db, aside


def _is_sound(db: sqlite3.Connection, path: Path) -> bool:
    """Whether it is a history of this version, a new one included; nothing is written before that is clear."""
    try:
        mark = _number(db, "application_id")
        empty = not db.execute("SELECT 1 FROM sqlite_master").fetchone()
        if mark == 0 and empty:
            write_ahead(db)
            create(db)
            return True
        if mark != APPLICATION_ID:
            raise HistoryNotOurs(str(path), "another program's database")
        return is_history(db)
    except sqlite3.OperationalError:
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # which quotes bytes of a damaged page
        if not _ours(path):
            raise HistoryNotOurs(str(path), str(error)) from error
        return False


def create(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    for statement in TABLES:
        db.execute(statement)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute(f"PRAGMA user_version={SCHEMA}")
    db.execute("COMMIT")


def set_aside(path: Path) -> Path:
    """Move the file, with what belongs to it, to the first free name beside it."""
    number = 1
    while (aside := path.with_name(f"{path.name}-aside-{number}")).exists():
        number += 1
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside


def _ours(path: Path) -> bool:
    """Whether a file that SQLite does not open was a history: its mark is in the file's first 100 bytes, see
    https://www.sqlite.org/fileformat.html section 1.3."""
    with path.open("rb") as file:
        head = file.read(100)
    return head[68:72] == APPLICATION_ID.to_bytes(4, "big")


def is_history(db: sqlite3.Connection) -> bool:
    """Whether it is one of this version, by what it says of itself."""
    return _number(db, "user_version") == SCHEMA and _has_form(db)


def _has_form(db: sqlite3.Connection) -> bool:
    # As bytes: a damaged statement need not be text.
    found = {sql for (sql,) in db.execute("SELECT CAST(sql AS BLOB) FROM sqlite_master WHERE sql IS NOT NULL")}
    # AUTOINCREMENT brings a table of SQLite's own.
    return {statement.encode() for statement in TABLES} <= found and len(found) == len(TABLES) + 1


def _number(db: sqlite3.Connection, pragma: str) -> int:
    (value,) = db.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)
