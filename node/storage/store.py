"""The store: write-ahead log, items, blocks, journal and state of one node, in SQLite.

Write-ahead mode with synchronous=FULL: a commit that returned is on disk. Every row that no hash binds carries a
CRC-32 and is counted in the head, so that a flipped bit is noticed before anybody acts on it.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final

from intents.errors import InputError, WalrasError
from node.agreement.effects import Record
from node.agreement.messages import Certificate, Decision, block_id
from node.agreement.wire import decode_message, encode_message
from node.catchup.library import MAX_ARCHIVED
from node.catchup.messages import Checkpoint
from node.catchup.wire import decode_checkpoint, encode_checkpoint
from node.chain.app import Applied
from node.chain.items import item_id
from node.chain.tables import TABLES
from node.storage.database import FAILURES, Disk, LocalDisk, translated
from node.storage.errors import Corrupt, DiskFailed, NotOurs, OtherNetwork, StorageError
from node.storage.head import Head, checksum
from node.storage.rows import Entries, Items, Log, octets, read_head, sound
from node.storage.schema import check_form, create, is_new, put_head
from settlement.ledger.journal import START, Line, chained, decode_line, encode_line, line_of
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State

#: Pages of SQLite's own log after which it is worked into the file, and what may remain of it.
CHECKPOINT_PAGES: Final = 1000
MAX_WAL_BYTES: Final = 64 << 20


class Store:
    """One file, one writer. Use as a context manager, or ``close`` it.

    ``first`` is the state at genesis: a new file begins with it, and an old one must have begun with its network.
    Without it only an existing file can be opened. Raises a ``StorageError`` for whatever is wrong with the file;
    one that failed to write refuses to write again, since what is on disk then is known only after opening anew.
    """

    _head: Head
    _items: Items
    _log: Log
    _entries: Entries

    def __init__(self, path: Path, first: State | None, disk: Disk | None = None) -> None:
        self.path = path
        disk = disk or LocalDisk()
        if first is None and not disk.exists(path):
            raise NotOurs(str(path), "there is no such file")
        self._lock = threading.RLock()
        self._depth, self._failed = 0, ""
        with self._reading():
            self._db = disk.connect(path)
            try:
                self._mark = disk.mark(path)
            except BaseException:
                self._db.close()
                raise
        try:
            with self._reading():
                self._open(first, disk)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self._mark.close()

    # Writing: each call is one transaction, durable when it returns; or part of a group's

    @contextmanager
    def group(self) -> Iterator[None]:
        """What is written within is one transaction, durable when this ends."""
        with self._lock:
            if self._depth:
                yield
                return
            if self._failed:
                raise DiskFailed(str(self.path), f"an earlier write failed: {self._failed}")
            self._depth = 1
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                items, log = self._items.tally, self._log.tally
                self._head = replace(self._head, commits=self._head.commits + 1, items=items, log=log)
                put_head(self._db, self._head)
                self._db.execute("COMMIT")
                self._mark.write(self._head.commits)
            except BaseException as error:
                # Closing takes back what was not committed; trying again is no use after a failed fsync.
                self._failed = str(error) or type(error).__name__
                if isinstance(error, FAILURES):
                    raise translated(self.path, error) from error
                raise
            finally:
                self._depth = 0

    def append(self, height: int, records: Sequence[Record]) -> None:
        """Records of the write-ahead log."""
        with self.group():
            self._log.append(height, records)

    def keep(self, items: Iterable[bytes]) -> None:
        """Items that are not kept yet, one commit for all: it costs little more for a hundred than for one."""
        with self.group():
            self._items.append(items)

    def drop(self, items: Iterable[bytes]) -> None:
        """Items, by id, that can never get into a block any more."""
        with self.group():
            self._items.remove(items)

    def decide(self, height: int, block: bytes, certificate: Certificate, applied: Applied, root: bytes) -> None:
        """A decided block with all it changes: there whole, or not at all."""
        data = encode_message(Decision(height, block, certificate))
        line = encode_line(line_of(height, applied.delta, applied.effects.entries, root))
        with self.group():
            assert height == self._head.height + 1
            self._db.execute(
                "INSERT INTO decision VALUES (?, ?, ?)", (height, data, checksum(f"decision {height}", data))
            )
            self._db.execute("INSERT INTO journal VALUES (?, ?, ?)", (height, line, chained(self._last(), line)))
            self._entries.change(applied.delta)
            self._log.drop(height)
            self._items.remove({item_id(item) for item in applied.block.items})
            self._head = replace(self._head, height=height)

    def install(self, height: int, state: State, checkpoint: Checkpoint) -> None:
        """A snapshot takes the place of state, journal and decisions; its line begins the journal anew."""
        entries = dict(state.dump())
        line = encode_line(Line(height, entries, (), state.root))
        with self.group():
            for table in ("journal", "decision"):
                self._db.execute(f"DELETE FROM {table}")
            self._entries.begin_anew(entries)
            self._db.execute("INSERT INTO journal VALUES (?, ?, ?)", (height, line, chained(START, line)))
            self._log.drop(height)
            self.archive(checkpoint)
            self._head = replace(self._head, height=height, first=height + 1)

    def archive(self, checkpoint: Checkpoint) -> None:
        """A checkpoint for late joiners; beyond the bound the oldest go."""
        height, data = checkpoint.certificate.height, encode_checkpoint(checkpoint)
        with self.group():
            row = (height, data, checksum(f"archive {height}", data))
            self._db.execute("INSERT OR REPLACE INTO archive VALUES (?, ?, ?)", row)
            oldest = "SELECT height FROM archive ORDER BY height DESC LIMIT 1 OFFSET ?"
            self._db.execute(f"DELETE FROM archive WHERE height <= ({oldest})", (MAX_ARCHIVED,))

    def prune(self, below: int) -> None:
        """Decisions of earlier heights are not kept any more; the journal is."""
        with self.group():
            self._db.execute("DELETE FROM decision WHERE height < ?", (below,))
            self._head = replace(self._head, first=max(self._head.first, below))

    # Reading

    @property
    def network(self) -> bytes:
        return self._head.network

    @property
    def commits(self) -> int:
        """How many transactions this file has had."""
        return self._head.commits

    def pragma(self, name: str) -> object:
        """A setting of this connection; ``name=value`` sets it."""
        (value,) = self._db.execute(f"PRAGMA {name}").fetchone() or (None,)
        return value.decode() if isinstance(value, bytes) else value

    def height(self) -> int:
        """The last decided height, −1 before the first."""
        return self._head.height

    def log(self, height: int) -> list[Record]:
        with self._reading():
            return self._log.of(height)

    def items(self) -> list[bytes]:
        with self._reading():
            return self._items.all()

    def item_ids(self) -> list[bytes]:
        with self._lock:
            return self._items.ids()

    def decision(self, height: int) -> Decision | None:
        """``None`` for a height that is not decided, or not kept any more."""
        with self._reading():
            if not self._head.first <= height <= self._head.height:
                return None
            row = self._db.execute("SELECT data, crc FROM decision WHERE height = ?", (height,)).fetchone()
        where = f"decision {height}"
        if row is None:
            raise Corrupt(str(self.path), where, "nothing", "a decided block")
        found = decode_message(sound(self.path, where, *row), where)
        if not isinstance(found, Decision) or block_id(found.block) != found.certificate.block:
            raise Corrupt(str(self.path), where, "another block", "the certified one")
        return found

    def archived(self) -> list[Checkpoint]:
        with self._reading():
            rows = list(self._db.execute("SELECT height, data, crc FROM archive ORDER BY height"))
        return [decode_checkpoint(sound(self.path, f"archive {height}", data, crc)) for height, data, crc in rows]

    def journal(self) -> Generator[tuple[bytes, bytes], None, None]:
        """Lines in order, each with the hash it claims. Close it where it is not read to its end."""
        with self._reading():
            rows = self._db.execute("SELECT height, line, hash FROM journal ORDER BY height")
            for height, line, claimed in rows:
                where = f"journal {height}"
                yield octets(self.path, where, line), octets(self.path, where, claimed)

    def entries(self) -> dict[bytes, bytes]:
        with self._reading():
            return self._entries.all()

    def load(self) -> State:
        """The kept state. Raises ``Corrupt`` where its root is not the journal's last."""
        state = State(TABLES)
        try:
            root = state.absorb(dict(self.entries()))
        except (WalrasError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, StorageError):
                raise
            raise Corrupt(str(self.path), "an entry of the state", str(error)[:200], "a readable one") from error
        with self._reading():
            query = "SELECT height, line FROM journal ORDER BY height DESC LIMIT 1"
            height, data = self._db.execute(query).fetchone()
        where = f"the journal's last line, of height {height},"
        try:
            expected = decode_line(octets(self.path, where, data)).root
        except InputError as error:
            raise Corrupt(str(self.path), where, str(error)[:200], "a line in canonical bytes") from error
        if root != expected:
            raise Corrupt(str(self.path), "the state's root", root.hex(), expected.hex())
        if rules_of(state).network != self.network:
            raise OtherNetwork(str(self.path), self.network.hex(), rules_of(state).network.hex())
        return state

    # Inside

    def _open(self, first: State | None, disk: Disk) -> None:
        for setting in ("journal_mode=WAL", "synchronous=FULL", f"wal_autocheckpoint={CHECKPOINT_PAGES}"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute(f"PRAGMA journal_size_limit={MAX_WAL_BYTES}")
        self._db.execute("PRAGMA cell_size_check=ON")
        # After a failed fsync the system may show what the disk has not: written anew, it is on the disk again.
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        if is_new(self._db):
            if first is None:
                raise NotOurs(str(self.path), "there is nothing in it")
            create(self._db, first)
            disk.settle(self.path)
        check_form(self._db, self.path)
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if bytes(verdict) != b"ok":
            raise Corrupt(str(self.path), "a page", bytes(verdict).decode("utf-8", "replace")[:200], "a sound one")
        # Read before the head: a writer in another process marks what it has committed.
        marked = self._mark.read() or 0
        self._head = read_head(self._db, self.path)
        if self._head.commits < marked:
            raise Corrupt(str(self.path), "the number of commits", str(self._head.commits), str(marked))
        if first is not None and self.network != rules_of(first).network:
            raise OtherNetwork(str(self.path), self.network.hex(), rules_of(first).network.hex())
        self._items = Items(self._db, self.path, self._head.items)
        self._log = Log(self._db, self.path, self._head.log)
        self._entries = Entries(self._db, self.path)
        (top,) = self._db.execute("SELECT max(height) FROM journal").fetchone()
        if top != self._head.height:
            raise Corrupt(str(self.path), "the last height of the journal", str(top), str(self._head.height))

    def _last(self) -> bytes:
        (last,) = self._db.execute("SELECT hash FROM journal ORDER BY height DESC LIMIT 1").fetchone()
        return bytes(last)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except FAILURES as error:
                raise translated(self.path, error) from error
