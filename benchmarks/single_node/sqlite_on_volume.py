"""SQLite on a ``Volume``, for a node's store: APSW's virtual file system beneath, ``sqlite3``'s manners above."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from benchmarks.single_node.volume import File, Volume
from node.storage.database import mark_bytes, read_mark

_counter = itertools.count()
_LOGS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


class _OpenFile:
    """One open file, with the methods SQLite's VFS asks for."""

    def __init__(self, volume: Volume, file: File) -> None:
        self._volume, self._file = volume, file

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return self._volume.read(self._file, offset, amount)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._volume.write(self._file, offset, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._volume.truncate(self._file, size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._volume.sync(self._file)

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._file.now)

    def xLock(self, level: int) -> None:  # noqa: N802
        """One process, one connection."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """As for locking."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, operation: int, pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:  # noqa: N802
        """The volume keeps the file."""


class _Files(apsw.VFS):
    """A volume's files by name."""

    def __init__(self, volume: Volume) -> None:
        self.volume = volume
        self.label = f"volume{next(_counter)}"
        super().__init__(self.label, "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        flags[1] = flags[0]
        if name is None:
            return _OpenFile(Volume(), File())
        return _OpenFile(self.volume, self.volume.open(_plain(name), log=bool(flags[0] & _LOGS)))

    def xAccess(self, name: str, flags: int) -> bool:  # noqa: N802
        return name in self.volume.files

    def xDelete(self, name: str, durable: bool) -> None:  # noqa: N802
        self.volume.delete(name, durable)

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class _Connection:
    """What ``node.storage.database.Database`` asks for."""

    def __init__(self, connection: apsw.Connection, files: _Files) -> None:
        self._connection, self._files = connection, files

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> _Rows:
        with _as_sqlite3():
            return _Rows(
                [tuple(map(_as_bytes, row)) for row in self._connection.execute(statement, tuple(values))]
            )

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> None:
        with _as_sqlite3():
            self._connection.executemany(statement, [tuple(row) for row in rows])

    def close(self) -> None:
        with _as_sqlite3():
            self._connection.close(True)
            self._files.unregister()


class _Rows:
    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class _Mark:
    """Never synchronised."""

    def __init__(self, volume: Volume, name: str) -> None:
        self._volume, self._file = volume, volume.open(name)

    def read(self) -> int | None:
        return read_mark(bytes(self._file.now))

    def write(self, commits: int) -> None:
        try:
            self._volume.write(self._file, 0, mark_bytes(commits))
        except apsw.Error as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Nothing is held open."""


class VolumeDisk:
    """A ``node.storage.database.Disk``."""

    def __init__(self, volume: Volume) -> None:
        self.volume = volume

    def exists(self, path: Path) -> bool:
        return str(path) in self.volume.files

    def connect(self, path: Path) -> _Connection:
        files = _Files(self.volume)
        with _as_sqlite3():
            connection = apsw.Connection(str(path), vfs=files.label)
            found = _Connection(connection, files)
        # Without shared memory, which a volume has not, only one connection can use the write-ahead log.
        found.execute("PRAGMA locking_mode=EXCLUSIVE")
        return found

    def mark(self, path: Path) -> _Mark:
        return _Mark(self.volume, f"{path}-mark")

    def settle(self, path: Path) -> None:
        self.volume.sync_folder()


@contextmanager
def _as_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        found = sqlite3.DatabaseError(str(error) or type(error).__name__)
        found.sqlite_errorcode = getattr(error, "result", 0)
        raise found from error


def _as_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _plain(name: Any) -> str:
    return name if isinstance(name, str) else str(name.filename())
