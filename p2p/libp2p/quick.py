"""What py-libp2p does for every frame, done with fewer turns of the scheduler and fewer calls of the system.

A frame is two reads of a socket in the library, its length and its body, and passes half a dozen locks that are
nearly always free, each of which trio takes with a turn of the scheduler.
"""

from __future__ import annotations

from typing import Any, Final

import trio
from libp2p.io.abc import ReadWriteCloser

#: Read at least, whatever is asked for. What is here already is read without giving others a turn: of the smallest
#: frames a peer can send this is some hundred.
_AHEAD_BYTES: Final = 8 * 1024


class QuickLock:
    """A lock for ``async with`` that is taken at once while it is free; whoever waits gets it in order."""

    def __init__(self) -> None:
        self._held = False
        self._waiting = trio.lowlevel.ParkingLot()

    async def __aenter__(self) -> None:
        if self._held:
            await self._waiting.park()
        self._held = True

    async def __aexit__(self, *raised: object) -> None:
        if self._waiting:
            self._waiting.unpark()
        else:
            self._held = False


class OneWriter:
    """In the place of a stream's read-write lock, of which the library asks for the writing half alone."""

    def __init__(self) -> None:
        self._lock = QuickLock()

    def write_lock(self) -> QuickLock:
        return self._lock


def quick_stream(stream: Any) -> None:
    """A stream nobody writes to yet, with quick locks on its way to the socket."""
    muxed = stream.muxed_stream
    muxed.rw_lock = OneWriter()
    quick_locks(stream, "_state_lock")
    quick_locks(muxed, "window_lock")
    quick_locks(muxed.conn, "_write_lock", "streams_lock")


def quick_locks(owner: Any, *names: str) -> None:
    """Put quick locks in the place of trio's in those attributes, unless one is held at this moment."""
    for name in names:
        if isinstance(lock := getattr(owner, name, None), trio.Lock) and not lock.locked():
            setattr(owner, name, QuickLock())


class ReadAhead(ReadWriteCloser):
    """A TCP stream of the library, read in large pieces by its one reader."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._ahead, self._at = stream, b"", 0
        quick_locks(stream, "read_lock", "write_lock")

    async def read(self, n: int | None = None) -> bytes:
        if self._at == len(self._ahead):
            self._ahead, self._at = await self._stream.read(max(n or 0, _AHEAD_BYTES)), 0
        end = len(self._ahead) if n is None else self._at + n
        taken, self._at = self._ahead[self._at : end], min(end, len(self._ahead))
        return taken

    async def write(self, data: bytes) -> None:
        await self._stream.write(data)

    async def close(self) -> None:
        await self._stream.close()

    def get_remote_address(self) -> tuple[str, int] | None:
        found: tuple[str, int] | None = self._stream.get_remote_address()
        return found
