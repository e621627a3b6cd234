"""The history of one node: a file of rows it writes as blocks are decided, and what readers derive from them.

One writer, any number of readers in any threads. Rows are small and there at once; details and receipts are
derived from an auction's inputs when somebody asks, one at a time, and the latest of them are kept.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from node.chain.blocks import Phase, phase_of
from node.chain.tables import validators_of
from node.effects import Commit
from node.history import recording
from node.history.errors import HistoryFailed
from node.history.inputs import Settled
from node.history.pruning import prune
from node.history.reading import Reader, check_last, last_height
from node.history.schema import connect, create, opened, set_aside
from settlement.ledger.orders import ORDERS
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State

_LOG: Final = logging.getLogger("walras.history")
#: Auctions kept, about ten hours of default windows; and bytes of the file: whichever is less.
KEEP_AUCTIONS: Final = 10_000
KEEP_BYTES: Final = 1 << 30
#: Sets of validators remembered for the names of proposers.
_SETS: Final = 16


class HistoryStore(Reader):
    """``path`` ``None`` keeps it in memory. ``notice`` says in words what was wrong with a file that is ``aside``
    now; ``gaps`` are heights after which others are missing. Use as a context manager, or ``close`` it.

    ``record`` may run in a thread of its own, one call at a time; all else in any. Blocks, auctions, intents and
    standings are short reads; ``auction``, ``receipt`` and ``intent`` may settle an auction again: ask in a worker
    thread. Raises a ``HistoryError``.
    """

    def __init__(
        self, path: Path | None, *, keep_auctions: int = KEEP_AUCTIONS, keep_bytes: int = KEEP_BYTES
    ) -> None:
        super().__init__()
        self.path, self._keep, self._keep_bytes = path, max(1, keep_auctions), keep_bytes
        self.aside: Path | None = None
        self.notice = self.trouble = ""
        self._writing = threading.RLock()
        self._proposers: dict[bytes, tuple[bytes, ...]] = {}
        self._open()

    def __enter__(self) -> HistoryStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._writing, self._reading:
            self._close()

    # Writing

    def record(self, commit: Commit, before: State, after: State, now_ms: int) -> None:
        """What a decided block did, in one transaction. A height that is here already is left as it is. Where the
        disk fails nothing is raised: heights are missing then, ``trouble`` and the log say why.

        ``before`` and ``after`` are the node's ledger around the block, or later: only rules and validators are
        read from them, and after a gap the intents that rest.
        """
        with self._writing:
            try:
                self._record(commit, before, after, now_ms)
                self.trouble = ""
            except sqlite3.OperationalError as error:
                self._miss(commit.height, error)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # which quotes bytes of a damaged page
                self._begin_anew(f"damaged: {error}")
                self._record(commit, before, after, now_ms)

    # Inside

    def _open(self) -> None:
        try:
            if self.path is None:
                self._db = self._reader = connect(":memory:")
                self._reading = self._writing
                create(self._db)
            else:
                self._db, self.aside = opened(self.path)
                self._reader = connect(self.path, reading=True)
        except sqlite3.Error as error:
            raise HistoryFailed(str(self.path or ""), str(error)) from error
        if self.aside is not None:
            self._say(f"{self.path}: damaged or of another version; set aside as {self.aside.name}, begun anew")

    def _close(self) -> None:
        self._reader.close()
        self._db.close()

    def _miss(self, height: int, error: sqlite3.Error) -> None:
        """A node goes on without its history: what was not written is a gap."""
        if not self.trouble:
            _LOG.error("%s: nothing is recorded from height %d on: %s", self.path, height, error)
        self.trouble = str(error)

    def _begin_anew(self, why: str) -> None:
        """With the writer's lock held."""
        with self._reading:
            self._close()
            aside = None if self.path is None else set_aside(self.path)
            self._open()
        self._deriving.forget()
        self._standings.clear()
        self.aside = aside
        self._say(f"{self.path}: {why}; set aside as {aside.name if aside else 'nothing'}, begun anew")

    def _say(self, notice: str) -> None:
        self.notice = notice
        _LOG.warning("%s", notice)

    def _record(self, commit: Commit, before: State, after: State, now_ms: int) -> None:
        db, rules, applied = self._db, rules_of(after), commit.applied
        if self._network(db) not in (None, rules.network):
            self._begin_anew("the history of another network")
            db = self._db
        last = last_height(db)
        if commit.height <= last:
            check_last(db)
            return
        proposer = self._proposer(commit, before, after)
        settled: Settled | None = None
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('network', ?)", (rules.network,))
            if commit.height != last + 1:
                recording.write_earlier(db, list(dict(after.rows(ORDERS)).items()), applied)
            recording.write_block(db, commit, proposer, now_ms)
            if phase_of(commit.height) is Phase.BATCH:
                recording.write_intents(db, commit.height, applied)
            elif phase_of(commit.height) is Phase.SETTLE:
                settled = recording.write_auction(db, commit.height, applied, rules, now_ms)
                prune(db, recording.auction_at(commit.height), self._keep, self._keep_bytes)
            db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        if settled is not None:
            self._deriving.remember(settled)

    def _proposer(self, commit: Commit, before: State, after: State) -> bytes:
        """The key behind the header's position; nothing where this history never saw that set of validators."""
        for state in (before, after):
            members = validators_of(state)
            self._proposers[members.digest()] = tuple(member.key for member in members.members)
        while len(self._proposers) > _SETS:
            del self._proposers[next(iter(self._proposers))]
        header = commit.applied.block.header
        keys = self._proposers.get(header.validators, ())
        return keys[header.proposer] if header.proposer < len(keys) else b""

    @staticmethod
    def _network(db: sqlite3.Connection) -> bytes | None:
        row = db.execute("SELECT value FROM meta WHERE name = 'network'").fetchone()
        if row is not None and not isinstance(row[0], bytes):
            raise sqlite3.DatabaseError("the network's name is no bytes")
        return None if row is None else row[0]
