"""The history of a node as its readers find it on a disk that changed it: by bytes of its pages, by its rows."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.fuzzing.mutate import packed, spoilt, spoilt_tree
from benchmarks.fuzzing.store_images import in_memory
from benchmarks.fuzzing.target import Target
from benchmarks.fuzzing.targets import fill_caches
from intents.canonical import unpack
from intents.intent import IntentId, Leg
from node.effects import Commit
from node.history.errors import HistoryDamaged, HistoryFailed
from node.history.reading import Reader
from node.history.schema import is_history, text_or_bytes
from node.history.store import HistoryStore
from settlement.ledger.orders import ORDERS
from settlement.ledger.state import State
from tests.history_worlds import Chain, busy, trading
from tests.ledgers import OWNERS, WHOLE, A, B

_PAGE: Final = 4_096
_VALUES: Final = (
    None,
    0,
    -1,
    5,
    1 << 62,
    -1 << 63,
    1.5,
    float("inf"),
    "",
    "text",
    "[1]",
    "9" * 5_000,
    b"",
    b"\xc1",
)
#: Settling an auction again takes as long as all else: every so many-th input is asked for one.
_SETTLED: Final = 4


def history_targets(folder: Path) -> tuple[Target, ...]:
    """``folder`` is written to."""
    return (
        Target("history's pages", by_pages, read_in_memory, share=0.2, warm=fill_caches),
        Target("history's rows", by_rows, read_in_memory, share=0.2, warm=fill_caches),
        Target("history file, on disk", by_pages, _on_disk(folder / "history"), share=0.02, most=10_000),
    )


@cache
def world() -> tuple[bytes, State, tuple[Commit, ...]]:
    """The file of a history with trades, denials, ends and a slashed solver; the ledger then; two blocks more."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history"
        with HistoryStore(path) as store:
            chain = Chain([store])
            trading(chain)
            chain.submit(OWNERS[0], Leg(A, 20 * WHOLE), Leg(B, 5 * WHOLE))
            chain.sealed_alone()
            busy(chain, Random(5), 1)
        chain.histories = []
        state = chain.app.state.copy()
        return path.read_bytes(), state, (chain.height(), chain.height())


@cache
def _told() -> Sequence[int]:
    """Where the file holds something."""
    return tuple(at for at, byte in enumerate(world()[0]) if byte)


def by_pages(rng: Random) -> bytes:
    """Bytes changed, most of them where there is something; some files cut short."""
    data = bytearray(world()[0])
    for _ in range(rng.randint(1, 4)):
        at = (
            rng.choice(_told())
            if rng.random() < 0.8
            else _PAGE * rng.randrange(len(data) // _PAGE) + rng.randrange(8)
        )
        data[at] = rng.randrange(256) if rng.random() < 0.5 else data[at] ^ 1 << rng.randrange(8)
    return bytes(data) if rng.random() < 0.97 else bytes(data[: rng.randrange(len(data))])


def by_rows(rng: Random) -> bytes:
    """A value or two changed."""
    with contextlib.closing(in_memory(world()[0], text_or_bytes)) as db:
        for _ in range(rng.randint(1, 2)):
            with contextlib.suppress(sqlite3.Error):  # no value where one must be, one that is there already
                _change(db, rng)
        return db.serialize()


def _change(db: sqlite3.Connection, rng: Random) -> None:
    table = rng.choice(_TABLES)
    column, key = rng.choice(_columns(table)), ", ".join(_KEYS[table])
    *where, old = rng.choice(list(db.execute(f"SELECT {key}, {column} FROM {table}")))
    at = " AND ".join(f"{name} = ?" for name in _KEYS[table])
    db.execute(f"UPDATE {table} SET {column} = ? WHERE {at}", (_value(table, old, rng), *where))


def _value(table: str, old: Any, rng: Random) -> Any:
    if rng.random() < 0.3:
        return rng.choice(_VALUES)
    match old:
        case bytes() if table == "inputs":
            with contextlib.suppress(zlib.error):  # one that was changed before
                return zlib.compress(_spoilt(zlib.decompress(old), rng), 1)
            return _spoilt(old, rng)
        case bytes():
            return _spoilt(old, rng)
        case str():
            return spoilt(old.encode(), rng).decode("utf-8", "replace")
        case int():
            return max(-1 << 63, min(old + rng.choice((-1, 1, 3, 1 << 31, 1 << 54)), (1 << 63) - 1))
        case _:
            return rng.choice(_VALUES)


def _spoilt(data: bytes, rng: Random) -> bytes:
    with contextlib.suppress(Exception):
        if rng.random() < 0.7:
            return packed(spoilt_tree(unpack(data, "x", limit=1 << 20), rng))
    return spoilt(data, rng, (data,))


_KEYS: Final = {
    "meta": ("name",),
    "block": ("height",),
    "auction": ("number",),
    "inputs": ("number",),
    "part": ("auction", "solver"),
    "intent": ("seq",),
    "trade": ("intent", "auction"),
}
_TABLES: Final = tuple(_KEYS)


@cache
def _columns(table: str) -> Sequence[str]:
    with contextlib.closing(in_memory(world()[0], text_or_bytes)) as db:
        return [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]


class _InMemory(Reader):
    """What readers ask of a history, over pages in memory."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__()
        self.path, self._reader = None, db


def read_in_memory(data: bytes) -> None:
    try:
        db = in_memory(data, text_or_bytes)
    except sqlite3.Error as error:
        raise HistoryFailed("", str(error)) from error
    with contextlib.closing(db):
        try:
            sound = is_history(db)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise HistoryFailed("", str(error)) from error
        if not sound:
            raise HistoryDamaged("", "its form")
        ask(_InMemory(db), world()[1], chosen=zlib.crc32(data))


def ask(history: Reader, state: State, chosen: int) -> None:
    """All that is asked of a history; of what takes a settlement one auction now and then, and one intent."""
    assert isinstance(history.height, int)
    history.gaps()
    history.blocks(None, 99)
    lines = history.auctions(None, 99).rows
    history.standings()
    lives = [life for owner in OWNERS for life in history.intents(owner.public, None, 99).rows]
    if chosen % _SETTLED:
        return
    if lines:
        number = lines[chosen % len(lines)].number
        history.auction(number)
        history.receipt(number)
    if lives:
        history.intent(lives[chosen % len(lives)].intent, state)
    for known in tuple(state.rows(ORDERS))[:2]:
        history.intent(IntentId(known), state)


def _on_disk(path: Path) -> Callable[[bytes], object]:
    """As a node opens it, records the next blocks and is asked."""

    def read(data: bytes) -> None:
        for old in path.parent.glob(f"{path.name}*"):
            old.unlink()
        path.write_bytes(data)
        _, state, more = world()
        with _untold(), HistoryStore(path) as store:
            for commit in more:
                store.record(commit, commit.applied.before, commit.applied.after, 7)
            ask(store, state, zlib.crc32(data))

    return read


@contextlib.contextmanager
def _untold() -> Iterator[None]:
    """The log tells of each damaged history: not of thousands made here."""
    log = logging.getLogger("walras.history")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
