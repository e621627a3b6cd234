"""Where a store's bytes are: SQLite on the machine's own disk, or anything that behaves like it.

Tests put a disk in here that loses what was not synchronised, tears writes, fills up or fails.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from node.storage.errors import Corrupt, DiskFailed, NotOurs, StorageError

#: Primary result codes of SQLite, https://www.sqlite.org/rescode.html.
_CORRUPT: Final = 11
_NOT_A_DATABASE: Final = 26
#: What a connection raises. SQLite quotes what a damaged page holds, which Python then reads as UTF-8.
FAILURES: Final = (sqlite3.Error, OSError, UnicodeDecodeError)
#: The counter of commits and its CRC-32.
_MARK: Final = struct.Struct(">QI")


class Rows(Protocol):
    """What a statement found."""

    def fetchone(self) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """One connection: statements outside a transaction commit by themselves. Errors are ``sqlite3.Error``; text
    is returned as bytes."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Rows: ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> object: ...

    def close(self) -> None: ...


class Mark(Protocol):
    """A number beside the database: how many commits it has had. Survives the process; a power cut may take back
    the last few."""

    def read(self) -> int | None:
        """``None`` where there is none, or none that can be read."""

    def write(self, commits: int) -> None: ...

    def close(self) -> None: ...


class Disk(Protocol):
    """Opens both; ``settle`` makes the names of new files durable."""

    def exists(self, path: Path) -> bool: ...

    def connect(self, path: Path) -> Database: ...

    def mark(self, path: Path) -> Mark: ...

    def settle(self, path: Path) -> None: ...


class MarkFile:
    """Twelve bytes, written in place and not synchronised: a hint that costs next to nothing."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def read(self) -> int | None:
        return read_mark(os.pread(self._file, _MARK.size, 0))

    def write(self, commits: int) -> None:
        os.pwrite(self._file, mark_bytes(commits), 0)

    def close(self) -> None:
        os.close(self._file)


class LocalDisk:
    """The machine's own."""

    def exists(self, path: Path) -> bool:
        return path.exists()

    def connect(self, path: Path) -> Database:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        connection.text_factory = bytes
        return connection

    def mark(self, path: Path) -> Mark:
        return MarkFile(path.with_name(path.name + "-mark"))

    def settle(self, path: Path) -> None:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def mark_bytes(commits: int) -> bytes:
    return _MARK.pack(commits, zlib.crc32(commits.to_bytes(8, "big")))


def read_mark(data: bytes) -> int | None:
    if len(data) != _MARK.size:
        return None
    commits, crc = _MARK.unpack(data)
    return int(commits) if crc == zlib.crc32(data[:8]) else None


def translated(path: Path, error: sqlite3.Error | OSError | UnicodeDecodeError) -> StorageError:
    """The same in our words."""
    if isinstance(error, UnicodeDecodeError):
        return Corrupt(str(path), "a page", ascii(error.object[:200]), "a sound one")
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary == _NOT_A_DATABASE:
        return NotOurs(str(path), str(error))
    if primary == _CORRUPT:
        return Corrupt(str(path), "a page", str(error), "a sound one")
    return DiskFailed(str(path), str(error))
