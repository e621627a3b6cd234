"""Reading a history: short looks at rows, and what is derived from them."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from intents.errors import InputError, WalrasError, WrongType, WrongValue
from intents.intent import IntentId
from node.chain.blocks import Phase
from node.history import lives, rows
from node.history.base import AuctionDetail, AuctionRow, BlockRow, IntentLife, Standings
from node.history.deriving import Deriving, Load
from node.history.errors import HistoryDamaged, HistoryFailed
from node.history.inputs import Settled, unpack_settled
from node.history.pages import Page, page_of, why
from node.history.standings import Part, standings
from settlement.ledger.orders import ORDERS
from settlement.ledger.state import State
from settlement.settle import Settlement

_LOG: Final = logging.getLogger("walras.history")
#: Rows of a page at most.
MAX_PAGE: Final = 1_000
#: Damaged rows that are counted, and told to the log once each.
_DAMAGED: Final = 1_000
#: Leaderboards remembered, over different numbers of auctions.
_WINDOWS: Final = 16
_BLOCK: Final = "height, auction, phase, block, root, round, proposer, items, refused, at_ms"
_AUCTION: Final = "number, height, intents, filled, solvers, solutions, winners, score, improvement_bps, at_ms"
R = TypeVar("R")


class Reader:
    """Implements ``node.history.base.History`` over one connection, which any thread may use in its turn."""

    path: Path | None
    _reader: sqlite3.Connection

    def __init__(self) -> None:
        self._reading = threading.RLock()
        self._deriving = Deriving()
        self._standings: dict[int | None, tuple[int, Standings]] = {}
        self._damaged: set[tuple[str, int]] = set()

    @property
    def height(self) -> int:
        """The last recorded; −1 before the first."""
        with self._read() as db:
            return last_height(db)

    @property
    def damaged(self) -> int:
        """Rows that readers met since the start and that the disk has changed; counted up to a thousand."""
        return len(self._damaged)

    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Ranges of heights, first and last, that are missing between those recorded; the latest hundred."""
        with self._read() as db:
            found = db.execute(
                "SELECT height FROM block AS it WHERE height > 0 AND NOT EXISTS"
                " (SELECT 1 FROM block WHERE height = it.height - 1) ORDER BY height DESC LIMIT 101"
            ).fetchall()
            ranges = []
            for (height,) in found:
                (last,) = db.execute("SELECT max(height) FROM block WHERE height < ?", (height,)).fetchone()
                if last is not None:
                    ranges.append((last + 1, height - 1))
        return tuple(reversed(ranges))

    def blocks(self, before: int | None, limit: int) -> Page[BlockRow]:
        query = f"SELECT {_BLOCK} FROM block WHERE height < ? ORDER BY height DESC LIMIT ?"
        return self._page("block", query, (), before, limit, rows.block_of)

    def auctions(self, before: int | None, limit: int) -> Page[AuctionRow]:
        query = f"SELECT {_AUCTION} FROM auction WHERE number < ? ORDER BY number DESC LIMIT ?"
        return self._page("auction", query, (), before, limit, rows.auction_of)

    def auction(self, number: int) -> AuctionDetail | None:
        row = self._row(number)
        return None if row is None else self._deriving.detail(row, self._load)

    def receipt(self, number: int) -> bytes | None:
        row = self._row(number)
        return None if row is None else self._deriving.receipt(number, self._load)

    def intent(self, number: bytes, state: State) -> IntentLife | None:
        with self._read() as db:
            row = db.execute(f"SELECT {lives.COLUMNS} FROM intent WHERE id = ?", (number,)).fetchone()
            found = None if row is None else lives.known(row)
        order = state.get(ORDERS, IntentId(number))
        if found is None:
            return None if order is None else lives.life_on_ledger(IntentId(number), order)
        return self._life(found, state, self._load)

    def intents(self, owner: bytes, before: int | None, limit: int) -> Page[IntentLife]:
        """``owner``: an account's holder, or its key alone. Newest first; why one did not trade, and how a trade
        compares with a route, only where that is known without settling again."""
        query = (
            f"SELECT {lives.COLUMNS} FROM intent WHERE owner IN (?, ?, ?) AND seq < ? ORDER BY seq DESC LIMIT ?"
        )
        owners = (owner, b"\0" + owner, b"\1" + owner)
        return self._page(
            "intent", query, owners, before, limit, lambda row: self._life(lives.known(row), None, None)
        )

    def standings(self, auctions: int | None = None) -> Standings:
        with self._read() as db:
            # Not by a number that the disk has made of another: everything would lie before the last so many.
            (newest,) = db.execute(
                f"SELECT coalesce(max(number), 0) FROM auction WHERE number = height / {len(Phase)} + 1"
            ).fetchone()
            at = self._standings.get(auctions)
            if at is not None and at[0] == newest:
                return at[1]
            first = 0 if auctions is None else newest - auctions
            parts = db.execute(
                "SELECT auction, solver, rank, won, score, reward, slashed FROM part WHERE auction > ?", (first,)
            )
            damaged: list[int] = []
            # One by one: of many auctions and solvers all rows at once are tens of megabytes.
            found = Standings(standings(self._parts(parts, damaged)), len(damaged))
        if len(self._standings) >= _WINDOWS:
            self._standings.clear()
        self._standings[auctions] = (newest, found)
        return found

    # Inside

    @contextmanager
    def _read(self) -> Generator[sqlite3.Connection]:
        with self._reading:
            try:
                yield self._reader
            except (sqlite3.Error, UnicodeDecodeError) as error:  # which quotes bytes of a damaged page
                raise HistoryFailed(str(self.path or ""), str(error)) from error
            except InputError as error:
                raise HistoryDamaged(str(self.path or ""), str(error)) from error

    def _page(
        self,
        table: str,
        query: str,
        given: tuple[bytes, ...],
        before: int | None,
        limit: int,
        read: Callable[[Sequence[Any]], R],
    ) -> Page[R]:
        first, most = _bounds(before, limit)
        with self._read() as db:
            found = db.execute(query, (*given, first, most)).fetchall()
        page = page_of(found, most, read)
        for row in page.damaged:
            self._note(table, row.key, row.why)
        return page

    def _parts(self, found: Iterable[Sequence[Any]], damaged: list[int]) -> Iterator[Part]:
        for row in found:
            try:
                yield rows.part_of(row)
            except InputError as error:
                damaged.append(row[0])
                self._note("part of auction", row[0], why(error))

    def _note(self, table: str, key: int, why: str) -> None:
        with self._reading:
            if (table, key) in self._damaged or len(self._damaged) >= _DAMAGED:
                return
            self._damaged.add((table, key))
        _LOG.warning("%s: %s %s is damaged and left out: %s", self.path, table, key, why)

    def _row(self, number: int) -> AuctionRow | None:
        with self._read() as db:
            row = db.execute(f"SELECT {_AUCTION} FROM auction WHERE number = ?", (number,)).fetchone()
            return None if row is None else rows.auction_of(row)

    def _load(self, number: int) -> Settled | None:
        """Settled again, where that comes to what the auction's line says."""
        line = self._row(number)
        with self._read() as db:
            row = db.execute("SELECT data FROM inputs WHERE number = ?", (number,)).fetchone()
        if line is None or row is None:
            return None
        try:
            if not isinstance(row[0], bytes):
                raise WrongType(f"auction {number}", "bytes", type(row[0]).__name__)
            found = unpack_settled(row[0], self._terms, f"auction {number}")
            _check_line(line, found.settlement)
        except WalrasError as error:
            # Pruned while it was being read, or spoilt on the disk: not kept here either way.
            _LOG.info("auction %d cannot be settled again: %s", number, error)
            return None
        return found

    def _terms(self, number: bytes) -> bytes | None:
        with self._read() as db:
            row = db.execute("SELECT terms FROM intent WHERE id = ?", (number,)).fetchone()
        return row[0] if row is not None and isinstance(row[0], bytes) else None

    def _life(self, found: lives.Known, state: State | None, load: Load | None) -> IntentLife:
        with self._read() as db:
            trades = lives.trades_of(db, found)
            heights = lives.heights_of(found, trades)
            marks = ", ".join("?" * len(heights))
            at_ms = rows.times_in(
                db.execute(f"SELECT height, at_ms FROM block WHERE height IN ({marks})", heights)
            )
        latest = len(trades) - 1
        trades = tuple(
            (auction, self._deriving.routed(auction, trade, load if place == latest else None))
            for place, (auction, trade) in enumerate(trades)
        )
        missed = None if found.missed is None else self._deriving.missed(found.missed, found.id, load)
        order = None if state is None else state.get(ORDERS, IntentId(found.id))
        return lives.life_of(found, order, trades, missed, at_ms, asked=state is not None)


def last_height(db: sqlite3.Connection) -> int:
    """The last recorded; −1 before the first."""
    (height,) = db.execute("SELECT coalesce(max(height), -1) FROM block").fetchone()
    return int(height)


def check_last(db: sqlite3.Connection) -> None:
    """Whether the last block's row can be what was written: its height is what no new one is recorded below.
    Raises ``sqlite3.DatabaseError``, as SQLite does of a page."""
    for row in db.execute(f"SELECT {_BLOCK} FROM block ORDER BY height DESC LIMIT 1"):
        try:
            rows.block_of(row)
        except InputError as error:
            raise sqlite3.DatabaseError(str(error)) from error


def _check_line(line: AuctionRow, settlement: Settlement) -> None:
    """Both were written of one settlement. Raises ``WrongValue``."""
    filled = len({trade.order for item in settlement.settled for trade in item.trades})
    winners = tuple(dict.fromkeys(item.solution.solver for item in settlement.settled))
    said = (line.number, line.intents, line.filled, line.winners, line.score)
    found = (settlement.auction.number, len(settlement.auction.orders), filled, winners, settlement.score)
    if said != found:
        raise WrongValue(f"auction {line.number}", f"what its line says, {said}"[:200], f"{found}"[:200])


def _bounds(before: int | None, limit: int) -> tuple[int, int]:
    """Where a page starts, and how long it may be."""
    return (1 << 62 if before is None else min(before, 1 << 62)), max(0, min(limit, MAX_PAGE))
