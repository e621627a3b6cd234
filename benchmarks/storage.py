"""Items made durable a second: the store's append log against a table in the order of random ids.

``python -m benchmarks.storage [--seconds S] [--folder F] [--json]`` writes items of 300 bytes in groups of 1, 10,
100 and 1,000, each group one commit (SQLite, write-ahead log, synchronous=FULL): through the node's own
``Store.keep`` (checksums, head row and all), into a bare table in the order of arrival, and into a bare table
whose key is a random 32-byte id. That one begins with ``--filled`` rows: its cost is that of its size. The three
take turns, S seconds each, in several rounds; what counts is each one's best, since others use the disk too.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from benchmarks.single_node import world
from node.storage.store import Store

ITEM_BYTES = 300
GROUPS = (1, 10, 100, 1000)
ROUNDS = 5
Writer = Callable[[list[bytes]], None]


@dataclass(frozen=True, slots=True)
class Row:
    """Items a second at one size of group."""

    group: int
    store: float
    append: float
    random_key: float


def measure(folder: Path, seconds: float, filled: int) -> list[Row]:
    rng, rows = Random(1), []
    for group in GROUPS:
        with Store(folder / f"store{group}.sqlite", world.first()) as store:
            writers: list[Writer] = [
                store.keep,
                _table(folder / f"append{group}.sqlite", "seq INTEGER PRIMARY KEY", 0, rng),
                _table(folder / f"keyed{group}.sqlite", "id BLOB PRIMARY KEY", filled, rng),
            ]
            rounds = [[_rate(write, group, seconds / ROUNDS, rng) for write in writers] for _ in range(ROUNDS)]
        best = [max(column) for column in zip(*rounds, strict=True)]
        rows.append(Row(group, *best))
    return rows


def _rate(write: Writer, group: int, seconds: float, rng: Random) -> float:
    written, spent = 0, 0.0
    while spent < seconds:
        items = [rng.randbytes(ITEM_BYTES) for _ in range(group)]
        started = time.perf_counter()
        write(items)
        spent += time.perf_counter() - started
        written += group
    return written / spent


def _table(path: Path, key: str, filled: int, rng: Random) -> Writer:
    """A bare table and how to write a group to it."""
    db = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL"):
        db.execute(f"PRAGMA {setting}")
    rest = "" if "INTEGER" in key else " WITHOUT ROWID"
    db.execute(f"CREATE TABLE item ({key}, data BLOB NOT NULL){rest}")
    statement = "INSERT INTO item (data) VALUES (?)" if "INTEGER" in key else "INSERT INTO item VALUES (?, ?)"

    def write(items: list[bytes]) -> None:
        rows = [(item,) for item in items] if "INTEGER" in key else [(item[:32], item) for item in items]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(statement, rows)
        db.execute("COMMIT")

    for _ in range(filled // 10_000):
        write([rng.randbytes(ITEM_BYTES) for _ in range(10_000)])
    return write


def fsync_ms(folder: Path, times: int = 50) -> float:
    """What the disk takes for 4 KiB and an fsync: the floor of a commit."""
    with (folder / "probe").open("wb", buffering=0) as file:
        started = time.perf_counter()
        for _ in range(times):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
        return (time.perf_counter() - started) / times * 1000


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--filled", type=int, default=100_000)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to write; the default is the temporary folder"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        floor = fsync_ms(Path(folder))
        rows = measure(Path(folder), options.seconds, options.filled)
    if options.json:
        print(json.dumps({"fsync_ms": floor, "rows": [asdict(row) for row in rows]}))
        return 0
    print(f"4 KiB and an fsync: {floor:.2f} ms")
    print("group       store   append log   random key   store ÷ random key")
    for row in rows:
        print(
            f"{row.group:5} {row.store:9,.0f}/s {row.append:10,.0f}/s {row.random_key:10,.0f}/s"
            f" {row.store / row.random_key:14.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
