"""A disk in memory that forgets what was not synchronised, tears what was under way, fills up and fails.

What a file holds after the power is cut: all that was synchronised, and of the writes since then whatever subset
chance left: whole sectors in any combination, some of them torn. Bytes outside a write are never touched, which
is what SQLite assumes of disks too ("powersafe overwrite", https://www.sqlite.org/psow.html).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

SECTOR = 512


@dataclass
class File:
    """``now`` is what the running system reads; ``kept`` is on disk for certain; ``pending`` are the writes since
    (``None``: cut to that length)."""

    now: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    durable_name: bool = False
    #: Synchronising it for the first time also synchronises the folder, as SQLite does for its logs.
    log: bool = False

    def write(self, offset: int, data: bytes) -> None:
        _put(self.now, offset, data)
        self.pending.append((offset, data))

    def truncate(self, size: int) -> None:
        del self.now[size:]
        self.pending.append((size, None))

    def sync(self) -> None:
        for offset, written in self.pending:
            if written is None:
                del self.kept[offset:]
            else:
                _put(self.kept, offset, written)
        self.pending, self.durable_name = [], True

    def fail_to_sync(self) -> None:
        """As Linux does it: what was to be written counts as written, can be read, and is not on the disk."""
        self.pending = []

    def survived(self, rng: Random) -> File:
        """What is there when the power is back."""
        data = bytearray(self.kept)
        share = rng.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        for offset, written in self.pending:
            if written is None:
                if rng.random() < share:
                    del data[offset:]
                continue
            for start, part in _sectors(offset, written):
                if rng.random() < share:
                    torn = rng.random() < 0.02
                    _put(data, start, part[: rng.randrange(len(part))] if torn else part)
        return File(bytearray(data), data, [], True)


class Volume:
    """Files by name. Reads, writes and synchronisations are counted.

    ``cut_after`` so many of them the power goes: what would be there then is in ``survivor``, and what is done to
    this volume later is of no consequence. ``fault`` is called with the number and kind of each, and may raise.
    """

    def __init__(self, files: dict[str, File] | None = None) -> None:
        self.files = files if files is not None else {}
        self.operations = 0
        self.cut_after: int | None = None
        self.rng = Random(0)
        self.fault: Callable[[int, str], None] | None = None
        self.survivor: Volume | None = None
        self._deleted: dict[str, File] = {}

    def is_off(self) -> bool:
        """Whether the power has gone."""
        return self.survivor is not None

    def cut(self) -> Volume:
        """The power goes now."""
        if self.survivor is None:
            found = {name: file for name, file in self._deleted.items() if self.rng.random() < 0.5}
            found |= {name: f for name, f in self.files.items() if f.durable_name or self.rng.random() < 0.5}
            self.survivor = Volume({name: file.survived(self.rng) for name, file in sorted(found.items())})
        return self.survivor

    def open(self, name: str, *, log: bool = False) -> File:
        return self.files.setdefault(name, File(log=log))

    def sync_folder(self) -> None:
        """What is there and what is not becomes durable, by name."""
        self._deleted.clear()
        for file in self.files.values():
            file.durable_name = True

    def read(self, file: File, offset: int, amount: int) -> bytes:
        self._count("read")
        return bytes(file.now[offset : offset + amount])

    def write(self, file: File, offset: int, data: bytes) -> None:
        self._count("write")
        file.write(offset, data)

    def truncate(self, file: File, size: int) -> None:
        self._count("truncate")
        file.truncate(size)

    def sync(self, file: File) -> None:
        try:
            self._count("sync")
        except BaseException:
            file.fail_to_sync()
            raise
        if file.log and not file.durable_name:
            self.sync_folder()
        file.sync()

    def delete(self, name: str, durable: bool) -> None:
        file = self.files.pop(name, None)
        if file is not None and file.durable_name and not durable:
            self._deleted[name] = file

    def _count(self, kind: str) -> None:
        if self.cut_after is not None and self.operations >= self.cut_after:
            self.cut()
        self.operations += 1
        if self.fault is not None:
            self.fault(self.operations, kind)


def _put(data: bytearray, offset: int, part: bytes) -> None:
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(part)] = part


def _sectors(offset: int, data: bytes) -> list[tuple[int, bytes]]:
    """A write cut at the sectors' edges."""
    found, at = [], offset
    while at < offset + len(data):
        end = min((at // SECTOR + 1) * SECTOR, offset + len(data))
        found.append((at, data[at - offset : end - offset]))
        at = end
    return found
