"""The ledger's entries on disk: where they stand, and a file that had them in the order of their keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.fuzzing import store_images
from node.storage.database import Database, LocalDisk
from node.storage.errors import Corrupt
from node.storage.rows import Entries
from node.storage.schema import SCHEMA
from node.storage.store import Store

TABLE = "CREATE TABLE state (seq INTEGER PRIMARY KEY, key BLOB NOT NULL, value BLOB NOT NULL)"
OLD = "CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
PLACE = Path("node.sqlite")


@pytest.fixture
def db() -> Iterator[Database]:
    """A database with a table of entries."""
    with closing(LocalDisk().connect(Path(":memory:"))) as made:
        made.execute(TABLE)
        yield made


def rows(db: Database) -> list[tuple[int, bytes, bytes]]:
    return list(db.execute("SELECT seq, key, value FROM state ORDER BY seq"))


def test_entries_are_changed_where_they_are_and_new_ones_come_last(db: Database) -> None:
    """A value that changes stays in its row, whatever the order of keys; what is taken out leaves a gap."""
    entries = Entries(db, PLACE)
    entries.change({b"z": b"1", b"a": b"2", b"m": b"3"})
    entries.change({b"a": None, b"b": b"5", b"z": b"4", b"unknown": None})
    assert rows(db) == [(1, b"z", b"4"), (3, b"m", b"3"), (4, b"b", b"5")]
    assert entries.all() == {b"z": b"4", b"m": b"3", b"b": b"5"}
    entries.change({b"a": b"6"})
    assert rows(db)[-1] == (5, b"a", b"6")


def test_entries_go_on_where_the_file_ends(db: Database) -> None:
    """Who opens it knows which row an entry has, and takes no row that is taken, whatever gaps there are."""
    Entries(db, PLACE).change({b"gone": b"0", b"z": b"1", b"a": b"2"})
    Entries(db, PLACE).change({b"gone": None})
    again = Entries(db, PLACE)
    again.change({b"z": b"3", b"new": b"4"})
    assert rows(db) == [(2, b"z", b"3"), (3, b"a", b"2"), (4, b"new", b"4")]


def test_entries_that_begin_anew_are_those_alone(db: Database) -> None:
    """A snapshot's take the place of all there were."""
    entries = Entries(db, PLACE)
    entries.change({b"z": b"1", b"a": b"2"})
    entries.begin_anew({b"a": b"3"})
    assert [row[1:] for row in rows(db)] == [(b"a", b"3")]
    entries.change({b"z": b"4"})
    assert entries.all() == {b"a": b"3", b"z": b"4"}


def test_a_key_that_is_a_number_is_corrupt_before_anything_changes(db: Database) -> None:
    """It would never be found again."""
    db.execute("INSERT INTO state VALUES (1, 7, x'00')")
    with pytest.raises(Corrupt, match="a key of the state"):
        Entries(db, PLACE).change({b"a": b"1"})
    assert len(rows(db)) == 1


def of_version_2(path: Path, form: str = OLD, more: tuple[bytes | None, bytes | None] | None = None) -> Path:
    """A sound file with its state in the order of keys."""
    path.write_bytes(store_images.sound())
    with Store(path, None) as store:
        entries = store.entries()
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("DROP TABLE state")
        old.execute(form)
        old.executemany("INSERT INTO state VALUES (?, ?)", [*entries.items(), *([more] if more else [])])
        old.execute("PRAGMA user_version=2")
    return path


@pytest.mark.parametrize("entry", [(None, b"value"), (b"key", None)])
def test_a_file_of_version_2_with_nothing_for_an_entry_is_corrupt(
    tmp_path: Path, entry: tuple[bytes | None, bytes | None]
) -> None:
    """A flipped bit makes nothing of something: that is no failure of the disk, and the file stays as it was."""
    path = of_version_2(
        tmp_path / "node.sqlite", OLD.replace(" NOT NULL", "").partition(") WITHOUT")[0] + ")", entry
    )
    with pytest.raises(Corrupt, match="of the state"):
        Store(path, None)
    with closing(sqlite3.connect(path)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_file_of_version_2_keeps_its_state(tmp_path: Path) -> None:
    """Its entries move to a table in the order they came, once, and their root is the journal's."""
    path = tmp_path / "node.sqlite"
    path.write_bytes(store_images.sound())
    with Store(path, None) as store:
        before, root = store.entries(), store.load().root
    with Store(of_version_2(path), None) as store:
        assert (store.entries(), store.load().root) == (before, root)
        assert store.pragma("user_version") == SCHEMA
