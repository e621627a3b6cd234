"""The store: write-ahead log, items, blocks, journal and state of one node, in SQLite.

Write-ahead mode with synchronous=FULL: a commit that returned is on disk. Every row that no hash binds carries a
CRC-32, so that a flipped bit is noticed when the row is read, before anybody acts on it.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from node.agreement.effects import Record
from node.agreement.messages import Certificate, Decision, block_id
from node.agreement.wire import decode_message, decode_record, encode_message, encode_record
from node.chain.app import Applied
from node.chain.items import item_id
from node.chain.tables import TABLES
from node.storage.errors import Corrupt, DiskFailed, NotOurs, OtherNetwork, OtherVersion
from settlement.ledger.journal import GENESIS, START, Line, chained, decode_line, encode_line, line_of
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State

#: Marks the file as ours ("Wlrs"), and the version of what is in it.
APPLICATION_ID: Final = 0x576C7273
SCHEMA: Final = 1
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE log (seq INTEGER PRIMARY KEY, height INTEGER NOT NULL, record BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE item (seq INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE decision (height INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE journal (height INTEGER PRIMARY KEY, line BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class Store:
    """One file, one writer. Use as a context manager, or ``close`` it.

    ``first`` is the state at genesis: a new file begins with it, and an old one must have begun with its network.
    Without it only an existing file can be opened.
    """

    def __init__(self, path: Path, first: State | None) -> None:
        self.path = path
        fresh = not path.exists() or path.stat().st_size == 0
        if fresh and first is None:
            raise NotOurs(str(path), "there is no such file")
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            if fresh and first is not None:
                self._create(first)
            self.network = self._check(first)
        except sqlite3.DatabaseError as error:
            raise NotOurs(str(path), str(error)) from error

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # Writing: each call is one transaction, durable when it returns

    def append(self, height: int, records: Sequence[Record]) -> None:
        """Records of the write-ahead log."""
        data = [encode_record(record) for record in records]
        with self._transaction():
            self._db.executemany(
                "INSERT INTO log (height, record, crc) VALUES (?, ?, ?)",
                [(height, row, zlib.crc32(row)) for row in data],
            )

    def keep(self, items: Iterable[bytes]) -> None:
        """Items, one commit for the whole group: an append, which costs the same for one as for a hundred."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO item (data, crc) VALUES (?, ?)", [(item, zlib.crc32(item)) for item in items]
            )

    def decide(self, height: int, block: bytes, certificate: Certificate, applied: Applied, root: bytes) -> None:
        """A decided block with all it changes: there whole, or not at all."""
        data = encode_message(Decision(height, block, certificate))
        line = encode_line(line_of(height, applied.delta, applied.effects.entries, root))
        done = {item_id(item) for item in applied.block.items}
        with self._transaction():
            self._db.execute("INSERT INTO decision VALUES (?, ?, ?)", (height, data, zlib.crc32(data)))
            self._db.execute("INSERT INTO journal VALUES (?, ?, ?)", (height, line, chained(self._last(), line)))
            for key, value in applied.delta.items():
                if value is None:
                    self._db.execute("DELETE FROM state WHERE key = ?", (key,))
                else:
                    self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))
            self._db.execute("DELETE FROM log WHERE height <= ?", (height,))
            gone = [(seq,) for seq, item in self._items() if item_id(item) in done]
            self._db.executemany("DELETE FROM item WHERE seq = ?", gone)

    # Reading

    def pragma(self, name: str) -> object:
        """A setting of this connection."""
        (value,) = self._db.execute(f"PRAGMA {name}").fetchone()
        return value

    def height(self) -> int:
        """The last decided height, −1 before the first."""
        (height,) = self._db.execute("SELECT max(height) FROM decision").fetchone()
        return -1 if height is None else int(height)

    def log(self, height: int) -> list[Record]:
        rows = self._db.execute("SELECT seq, record, crc FROM log WHERE height = ? ORDER BY seq", (height,))
        return [decode_record(_sound(data, crc, f"log[{seq}]"), f"log[{seq}]") for seq, data, crc in rows]

    def items(self) -> list[bytes]:
        return [item for _, item in self._items()]

    def decision(self, height: int) -> Decision | None:
        row = self._db.execute("SELECT data, crc FROM decision WHERE height = ?", (height,)).fetchone()
        if row is None:
            return None
        found = decode_message(_sound(row[0], row[1], f"decision[{height}]"), f"decision[{height}]")
        assert isinstance(found, Decision)
        if block_id(found.block) != found.certificate.block:
            raise Corrupt(str(self.path), f"decision[{height}]", "another block", "the certified one")
        return found

    def journal(self) -> Iterator[tuple[bytes, bytes]]:
        yield from self._db.execute("SELECT line, hash FROM journal ORDER BY height")

    def entries(self) -> dict[bytes, bytes]:
        return dict(self._db.execute("SELECT key, value FROM state"))

    def load(self) -> State:
        """The kept state. Raises ``Corrupt`` where its root is not the journal's last."""
        state = State(TABLES)
        root = state.absorb(dict(self.entries()))
        row = self._db.execute("SELECT line FROM journal ORDER BY height DESC LIMIT 1").fetchone()
        expected = decode_line(row[0]).root
        if root != expected:
            raise Corrupt(str(self.path), "the state's root", root.hex(), expected.hex())
        return state

    # Inside

    def _create(self, first: State) -> None:
        self._db.executescript("BEGIN;" + _TABLES + "COMMIT;")
        self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        self._db.execute(f"PRAGMA user_version={SCHEMA}")
        entries = dict(first.dump())
        line = encode_line(Line(GENESIS, entries, (), first.root))
        with self._transaction():
            self._db.execute("INSERT INTO meta VALUES ('network', ?)", (rules_of(first).network,))
            self._db.executemany("INSERT INTO state VALUES (?, ?)", entries.items())
            self._db.execute("INSERT INTO journal VALUES (?, ?, ?)", (GENESIS, line, chained(START, line)))

    def _check(self, first: State | None) -> bytes:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise NotOurs(str(self.path), "another program's database")
        if version != SCHEMA:
            raise OtherVersion(str(self.path), version, SCHEMA)
        (found,) = self._db.execute("SELECT value FROM meta WHERE name = 'network'").fetchone()
        if first is not None and found != rules_of(first).network:
            raise OtherNetwork(str(self.path), found.hex(), rules_of(first).network.hex())
        return bytes(found)

    def _items(self) -> list[tuple[int, bytes]]:
        rows = self._db.execute("SELECT seq, data, crc FROM item ORDER BY seq")
        return [(seq, _sound(data, crc, f"item[{seq}]")) for seq, data, crc in rows]

    def _last(self) -> bytes:
        (last,) = self._db.execute("SELECT hash FROM journal ORDER BY height DESC LIMIT 1").fetchone()
        return bytes(last)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise DiskFailed(str(self.path), str(error)) from error


def _sound(data: bytes, crc: int, what: str) -> bytes:
    found = zlib.crc32(data)
    if found != crc:
        raise Corrupt("store", what, f"{found:08x}", f"{crc:08x}")
    return data
