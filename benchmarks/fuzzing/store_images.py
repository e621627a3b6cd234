"""Files of a node's store to spoil: by bytes of its pages, and by a row whose checksum is mostly put right."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.light_targets import checkpoint_of_three
from benchmarks.fuzzing.mutate import packed, spoilt, spoilt_tree
from benchmarks.single_node import world
from intents.canonical import unpack
from node.agreement.effects import Sent
from node.agreement.messages import Ballot, Vote
from node.chain.genesis import build
from node.storage.head import Tally, checksum, decode_head
from node.storage.schema import SCHEMA
from node.storage.store import Store
from settlement.ledger.journal import START, chained

_PAGE: Final = 4_096
#: Where SQLite's header says how the file is written to: in memory there is no write-ahead log.
_WAYS: Final = slice(18, 20)
_VALUES: Final = (None, 0, -1, 5, 1 << 62, 1.5, "text", b"", b"\xc1")
_RIGHT: Final = 0.9


@cache
def sound() -> bytes:
    """The file of a small world's node with items, a log and a checkpoint."""
    genesis = world.genesis()
    few = dict(list(genesis.balances.items())[:1])
    vote = Vote(Ballot.PREVOTE, 0, 0, corpus.HASH, 1, b"s" * 64)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        with Store(path, build(replace(genesis, balances=few))) as store:
            store.keep(corpus.items()[:2])
            store.append(0, [Sent(vote), Sent(replace(vote, round=1))])
            store.archive(checkpoint_of_three())
        return path.read_bytes()


@cache
def of_version_1() -> bytes:
    """The same as its first version wrote it: without a head, with checksums over data alone."""
    with contextlib.closing(in_memory(sound())) as db:
        db.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        ((head,),) = db.execute("SELECT data FROM head")
        db.execute("INSERT INTO meta VALUES ('network', ?)", (decode_head(head).network,))
        for table, key, column in (("log", "seq", "record"), ("item", "seq", "data")):
            rows = list(db.execute(f"SELECT {column}, {key} FROM {table}"))
            db.executemany(f"UPDATE {table} SET crc = ? WHERE {key} = ?", [(zlib.crc32(d), n) for d, n in rows])
        for statement in ("DROP TABLE head", "DROP TABLE archive", "PRAGMA user_version=1"):
            db.execute(statement)
        return db.serialize()


def in_memory(data: bytes, text: Callable[[bytes], str | bytes] = bytes) -> sqlite3.Connection:
    """A database with that file's pages. Raises ``sqlite3.Error`` for an empty one."""
    if not data:
        raise sqlite3.DatabaseError("no page")  # what SQLite would call a lack of memory
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = text
    image = bytearray(data)
    if len(image) >= _WAYS.stop:
        image[_WAYS] = b"\1\1"
    connection.deserialize(bytes(image))
    return connection


def by_pages(rng: Random) -> bytes:
    """Bytes changed, most of them where a page holds something; some files cut short."""
    data = bytearray(sound())
    for _ in range(rng.randint(1, 4)):
        page = _PAGE * rng.randrange(len(data) // _PAGE)
        data[page + rng.randrange(rng.choice((8, 200, _PAGE)))] = rng.randrange(256)
    return bytes(data) if rng.random() < 0.95 else bytes(data[: rng.randrange(len(data))])


def by_rows(rng: Random) -> bytes:
    """A row changed, and its checksum, its sum in the head, its hash in the journal mostly put right."""
    old = rng.random() < 0.2
    with contextlib.closing(in_memory(of_version_1() if old else sound())) as db:
        with contextlib.suppress(sqlite3.IntegrityError):  # no value where one must be
            rng.choice(_OF_OLD if old else _OF_THIS)(db, rng)
        return db.serialize()


def _value(sound: Any, rng: Random) -> Any:
    """A row's with a branch or bytes changed, or another kind of value."""
    if rng.random() < 0.1 or not isinstance(sound, bytes):
        return rng.choice(_VALUES)
    if rng.random() < 0.6:
        with contextlib.suppress(Exception):
            return packed(spoilt_tree(unpack(sound, "x", limit=1 << 20), rng))
    return spoilt(sound, rng, (sound,))


def _crc(key: str, data: Any, rng: Random) -> int:
    right = isinstance(data, bytes) and rng.random() < _RIGHT
    return checksum(key, data) if right else rng.randrange(1 << 32)


def _head(db: sqlite3.Connection, rng: Random) -> None:
    ((data,),) = db.execute("SELECT data FROM head")
    data = _value(data, rng)
    db.execute("UPDATE head SET data = ?, crc = ?", (data, _crc("head", data, rng)))


def _item(db: sqlite3.Connection, rng: Random) -> None:
    number, data = rng.choice(list(db.execute("SELECT seq, data FROM item")))
    data = _value(data, rng)
    db.execute(
        "UPDATE item SET data = ?, crc = ? WHERE seq = ?", (data, _crc(f"item {number}", data, rng), number)
    )
    _summed(db)


def _log(db: sqlite3.Connection, rng: Random) -> None:
    number, height, data = rng.choice(list(db.execute("SELECT seq, height, record FROM log")))
    data = _value(data, rng)
    values = (data, _crc(f"log {number} {height}", data, rng), number)
    db.execute("UPDATE log SET record = ?, crc = ? WHERE seq = ?", values)
    _summed(db)


def _summed(db: sqlite3.Connection) -> None:
    """The head says what items and log add up to now."""
    sums = {}
    for table in ("item", "log"):
        tally = Tally()
        for (crc,) in db.execute(f"SELECT crc FROM {table}"):
            tally = tally.plus(crc)
        sums[table] = tally
    ((data,),) = db.execute("SELECT data FROM head")
    head = replace(decode_head(data), items=sums["item"], log=sums["log"]).encode()
    db.execute("UPDATE head SET data = ?, crc = ?", (head, checksum("head", head)))


def _checkpoint(db: sqlite3.Connection, rng: Random) -> None:
    ((height, data),) = db.execute("SELECT height, data FROM archive")
    data = _value(data, rng)
    db.execute("UPDATE archive SET data = ?, crc = ?", (data, _crc(f"archive {height}", data, rng)))


def _line(db: sqlite3.Connection, rng: Random) -> None:
    ((line,),) = db.execute("SELECT line FROM journal")
    line = _value(line, rng)
    right = isinstance(line, bytes) and rng.random() < _RIGHT
    db.execute(
        "UPDATE journal SET line = ?, hash = ?", (line, chained(START, line) if right else _value(b"", rng))
    )


def _entry(db: sqlite3.Connection, rng: Random) -> None:
    key, value = rng.choice(list(db.execute("SELECT key, value FROM state")))
    if rng.random() < 0.3:
        db.execute("UPDATE state SET key = ? WHERE key = ?", (_value(key, rng), key))
    else:
        db.execute("UPDATE state SET value = ? WHERE key = ?", (_value(value, rng), key))


def _version(db: sqlite3.Connection, rng: Random) -> None:
    db.execute(f"PRAGMA user_version={rng.choice((0, 1, 2, SCHEMA + 1, -1))}")


def _network(db: sqlite3.Connection, rng: Random) -> None:
    db.execute("UPDATE meta SET value = ?", (_value(corpus.network(), rng),))


def _resummed(db: sqlite3.Connection, rng: Random) -> None:
    """A row of the first version: its checksum is over its data alone."""
    table, column = rng.choice((("item", "data"), ("log", "record")))
    number, data = rng.choice(list(db.execute(f"SELECT seq, {column} FROM {table}")))
    data = _value(data, rng)
    right = isinstance(data, bytes) and rng.random() < _RIGHT
    crc = zlib.crc32(data) if right else rng.choice(_VALUES)
    db.execute(f"UPDATE {table} SET {column} = ?, crc = ? WHERE seq = ?", (data, crc, number))


_Change = Callable[[sqlite3.Connection, Random], None]
_OF_THIS: Final[tuple[_Change, ...]] = (_head, _item, _log, _checkpoint, _line, _entry, _entry, _version)
_OF_OLD: Final[tuple[_Change, ...]] = (_network, _resummed, _resummed, _entry, _version)
