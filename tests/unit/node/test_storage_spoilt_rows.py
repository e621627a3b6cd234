"""Rows of a store whose values became of another kind, and pages that SQLite quotes: refused as corrupt."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fuzzing import store_images
from node.storage.errors import Corrupt
from node.storage.store import Store


def changed(path: Path, image: bytes, statement: str, *values: Any) -> Path:
    """A store's file with one statement done to it."""
    path.write_bytes(image)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement, values)
    return path


@pytest.mark.parametrize("value", [5, 1.5])
@pytest.mark.parametrize("column", ["line", "hash"])
def test_a_journal_that_holds_numbers_is_corrupt(tmp_path: Path, column: str, value: float) -> None:
    """A bit of a row's header says what kind of value follows."""
    path = changed(tmp_path / "s", store_images.sound(), f"UPDATE journal SET {column} = ?", value)
    with (
        Store(path, None) as store,
        closing(store.journal()) as journal,
        pytest.raises(Corrupt, match="journal -1"),
    ):
        list(journal)


def test_a_state_whose_last_line_is_a_number_is_not_loaded(tmp_path: Path) -> None:
    """The root it is compared with cannot be read."""
    path = changed(tmp_path / "s", store_images.sound(), "UPDATE journal SET line = 7")
    with Store(path, None) as store, pytest.raises(Corrupt, match="journal's last line"):
        store.load()


@pytest.mark.parametrize("line", [b"", b"\xc1", b"\x94\x00", b"\x90", b"\xcc\x07"])
def test_a_last_line_that_is_no_line_is_named_with_its_file(tmp_path: Path, line: bytes) -> None:
    """Bytes that are not canonical, or canonical ones of something else: which line of which store."""
    path = changed(
        tmp_path / "s",
        store_images.sound(),
        "UPDATE journal SET line = ? WHERE height = (SELECT max(height) FROM journal)",
        line,
    )
    with Store(path, None) as store:
        with pytest.raises(Corrupt, match=f"last line, of height {store.height()},") as refused:
            store.load()
        assert str(path) in str(refused.value)


@pytest.mark.parametrize("column", ["key", "value"])
def test_a_state_that_holds_numbers_is_corrupt(tmp_path: Path, column: str) -> None:
    """Whoever compares it with the journal sorts its keys."""
    only = "UPDATE state SET {} = 7 WHERE key = (SELECT min(key) FROM state)"
    path = changed(tmp_path / "s", store_images.sound(), only.format(column))
    with Store(path, None) as store, pytest.raises(Corrupt, match="of the state"):
        store.entries()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta SET value = 4611686018427387904",
        "UPDATE meta SET value = -1",
        "UPDATE meta SET value = 1.5",
        "DELETE FROM meta",
        "UPDATE item SET data = 5",
        "UPDATE item SET data = 1.5, crc = 'x'",
        "UPDATE item SET crc = 'x'",
        "UPDATE log SET crc = 1.5",
    ],
)
def test_a_file_of_version_1_with_values_of_other_kinds_is_corrupt(tmp_path: Path, statement: str) -> None:
    """It is not brought to this version; a number is not taken for so many bytes of zero."""
    path = changed(tmp_path / "s", store_images.of_version_1(), statement)
    with pytest.raises(Corrupt):
        Store(path, None)


def test_a_page_that_sqlite_quotes_need_not_be_text(tmp_path: Path) -> None:
    """Its error repeats the damaged statement, which Python reads as UTF-8."""
    path = tmp_path / "s"
    path.write_bytes(store_images.sound().replace(b"CREATE TABLE head", b"CREATE TABL\xd1 head"))
    with pytest.raises(Corrupt, match="a page"):
        Store(path, None)


def test_a_sound_file_of_either_version_opens(tmp_path: Path) -> None:
    """What is spoilt above was whole before."""
    for number, image in enumerate((store_images.sound(), store_images.of_version_1())):
        path = tmp_path / str(number)
        path.write_bytes(image)
        with Store(path, None) as store, closing(store.journal()) as journal:
            assert store.load().root == store.load().root
            assert len(store.items()) == 2
            assert len(list(journal)) == 1
