"""Rows with checksums: read only if sound, and known in memory by what is needed to take them out again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from node.agreement.effects import Record
from node.agreement.wire import decode_record, encode_record
from node.chain.items import item_id
from node.storage.database import Database
from node.storage.errors import Corrupt
from node.storage.head import Head, Tally, checksum, decode_head, is_sound


def sound(path: Path, key: str, data: Any, crc: Any) -> bytes:
    """The data, if it is what was written under that key."""
    if not is_sound(key, data, crc):
        found = f"{checksum(key, data):08x}" if isinstance(data, bytes) else type(data).__name__
        raise Corrupt(str(path), key, found, f"{crc:08x}" if isinstance(crc, int) else str(crc)[:40])
    return bytes(data)


def octets(path: Path, key: str, value: Any) -> bytes:
    """The value, where it is bytes at all: a flipped bit may have changed what kind of value it is."""
    if not isinstance(value, bytes):
        raise Corrupt(str(path), key, type(value).__name__, "bytes")
    return value


def read_head(db: Database, path: Path) -> Head:
    row = db.execute("SELECT data, crc FROM head WHERE id = 0").fetchone()
    if row is None:
        raise Corrupt(str(path), "head", "nothing", "one row")
    return decode_head(sound(path, "head", *row))


class Items:
    """Items in the order they came, appended and taken out in runs.

    Which row an item has is known here and not in an index of the file: ids are random, and a table in their
    order would be written all over for every group of items.
    """

    def __init__(self, db: Database, path: Path, tally: Tally) -> None:
        self._db, self._path = db, path
        self._rows: dict[bytes, tuple[int, int]] = {}
        self._next, self.tally = 1, Tally()
        for seq, item, crc in self._read():
            self._rows[item_id(item)] = (seq, crc)
            self._next, self.tally = seq + 1, self.tally.plus(crc)
        _compare(path, "items", self.tally, tally)

    def __contains__(self, number: bytes) -> bool:
        return number in self._rows

    def ids(self) -> list[bytes]:
        return list(self._rows)

    def all(self) -> list[bytes]:
        return [item for _, item, _ in self._read()]

    def append(self, items: Iterable[bytes]) -> None:
        """Those that are not here yet."""
        rows = []
        for item in items:
            number = item_id(item)
            if number in self._rows:
                continue
            crc = checksum(f"item {self._next}", item)
            rows.append((self._next, item, crc))
            self._rows[number] = (self._next, crc)
            self._next, self.tally = self._next + 1, self.tally.plus(crc)
        self._db.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)

    def remove(self, numbers: Iterable[bytes]) -> None:
        """Those that are here."""
        rows = [self._rows.pop(number) for number in numbers if number in self._rows]
        for _, crc in rows:
            self.tally = self.tally.minus(crc)
        self._db.executemany("DELETE FROM item WHERE seq BETWEEN ? AND ?", runs(sorted(seq for seq, _ in rows)))

    def _read(self) -> Iterator[tuple[int, bytes, int]]:
        for seq, data, crc in self._db.execute("SELECT seq, data, crc FROM item ORDER BY seq"):
            yield seq, sound(self._path, f"item {seq}", data, crc), crc


class Log:
    """The write-ahead log: records of the heights under way."""

    def __init__(self, db: Database, path: Path, tally: Tally) -> None:
        self._db, self._path = db, path
        self._rows: list[tuple[int, int, int]] = []
        self._next, self.tally = 1, Tally()
        for seq, height, data, crc in db.execute("SELECT seq, height, record, crc FROM log ORDER BY seq"):
            sound(path, f"log {seq} {height}", data, crc)
            self._rows.append((seq, height, crc))
            self._next, self.tally = seq + 1, self.tally.plus(crc)
        _compare(path, "log", self.tally, tally)

    def append(self, height: int, records: Iterable[Record]) -> None:
        rows = []
        for record in records:
            data = encode_record(record)
            crc = checksum(f"log {self._next} {height}", data)
            rows.append((self._next, height, data, crc))
            self._rows.append((self._next, height, crc))
            self._next, self.tally = self._next + 1, self.tally.plus(crc)
        self._db.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", rows)

    def drop(self, height: int) -> None:
        """Records of that height and those before it are of no use any more."""
        gone = [row for row in self._rows if row[1] <= height]
        self._rows = [row for row in self._rows if row[1] > height]
        for _, _, crc in gone:
            self.tally = self.tally.minus(crc)
        self._db.executemany("DELETE FROM log WHERE seq BETWEEN ? AND ?", runs([seq for seq, _, _ in gone]))

    def of(self, height: int) -> list[Record]:
        rows = self._db.execute("SELECT seq, record, crc FROM log WHERE height = ? ORDER BY seq", (height,))
        keyed = [(f"log {seq} {height}", data, crc) for seq, data, crc in rows]
        return [decode_record(sound(self._path, key, data, crc), key) for key, data, crc in keyed]


class Entries:
    """The ledger's entries in the order they came, changed in place and taken out in runs.

    Which row an entry has is known here, as with items: keys are random too, and what one block writes another
    block changes and a later one takes out, together. The rows are looked through before the first change.
    """

    def __init__(self, db: Database, path: Path) -> None:
        self._db, self._path = db, path
        self._rows: dict[bytes, int] | None = None
        self._next = 1

    def all(self) -> dict[bytes, bytes]:
        found = {}
        for key, value in self._db.execute("SELECT key, value FROM state ORDER BY seq"):
            number = octets(self._path, "a key of the state", key)
            found[number] = octets(self._path, "an entry of the state", value)
        return found

    def change(self, delta: Mapping[bytes, bytes | None]) -> None:
        """New values by key; ``None`` takes the entry out."""
        rows = self._known()
        kept: list[tuple[int, bytes, bytes]] = []
        gone: list[int] = []
        for key, value in delta.items():
            seq = rows.get(key)
            if value is None:
                if seq is not None:
                    del rows[key]
                    gone.append(seq)
                continue
            if seq is None:
                seq = rows[key] = self._next
                self._next += 1
            kept.append((seq, key, value))
        self._db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", sorted(kept, key=itemgetter(0)))
        self._db.executemany("DELETE FROM state WHERE seq BETWEEN ? AND ?", runs(sorted(gone)))

    def begin_anew(self, entries: Mapping[bytes, bytes]) -> None:
        """These take the place of all there were."""
        self._db.execute("DELETE FROM state")
        self._rows = {}
        self.change(entries)

    def _known(self) -> dict[bytes, int]:
        if self._rows is None:
            found = self._db.execute("SELECT key, seq FROM state ORDER BY seq")
            self._rows = {octets(self._path, "a key of the state", key): seq for key, seq in found}
            self._next = max(self._rows.values(), default=0) + 1
        return self._rows


def runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as ranges, both ends included."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _compare(path: Path, what: str, found: Tally, expected: Tally) -> None:
    if found != expected:
        had, wanted = (f"{tally.count} rows that sum to {tally.sum:x}" for tally in (found, expected))
        raise Corrupt(str(path), what, had, wanted)
