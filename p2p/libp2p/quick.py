"""What py-libp2p does for every frame, done with fewer turns of the scheduler and fewer calls of the system.

A frame is two reads of a socket in the library, its length and its body, and passes half a dozen locks that are
nearly always free, each of which trio takes with a turn of the scheduler.
"""

from __future__ import annotations

import os
from types import MethodType
from typing import Any, Final

import trio
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.io.utils import read_exactly

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


def quick_connection(muxed: Any) -> None:
    """For a Yamux connection that has not started: quick locks, and frames written and read without ado.

    ``bodies_read`` counts frames that came.
    """
    quick_locks(muxed, "_write_lock", "streams_lock")
    muxed.bodies_read = 0
    muxed._write_frame = MethodType(_write_frame, muxed)
    muxed._read_data_body = MethodType(_read_data_body, muxed)


def quick_stream(stream: Any) -> None:
    """A stream of libp2p nobody writes to yet."""
    quick_locks(stream, "_state_lock")


def quick_muxed(muxed: Any) -> None:
    """For a new stream of Yamux: quick locks, and credit returned once per half window, not once per read."""
    muxed.rw_lock = OneWriter()
    quick_locks(muxed, "window_lock")
    muxed._auto_tune_and_send_window_update = MethodType(_half_window, muxed)


async def _write_frame(muxed: Any, data: bytes) -> None:
    """The socket gives others a turn; the library describes each frame for its log and gives another."""
    async with muxed._write_lock:
        await muxed.secured_conn.write(data)


async def _read_data_body(muxed: Any, length: int) -> bytes:
    """Without a time limit of its own: a peer that stops in the middle of a frame answers no ping either."""
    body = await read_exactly(muxed.secured_conn, length)
    muxed.bodies_read += 1
    return body


async def _half_window(muxed: Any, *, bytes_read: int = 0) -> None:
    async with muxed.window_lock:
        muxed._pending_recv_release += bytes_read
        credit = muxed._pending_recv_release
        if 2 * credit < muxed.target_recv_window:
            return
        muxed._pending_recv_release = 0
        muxed.recv_window += credit
    await muxed.send_window_update(credit, skip_lock=True)


def quick_locks(owner: Any, *names: str) -> None:
    """Put quick locks in the place of trio's in those attributes, unless one is held at this moment."""
    for name in names:
        if isinstance(lock := getattr(owner, name, None), trio.Lock) and not lock.locked():
            setattr(owner, name, QuickLock())


class QuickSocket:
    """A TCP stream of the library whose socket is asked itself: read once something has come, where the library
    tries before that, in vain; written to without a turn of the scheduler where it takes everything, as it nearly
    always does. Whatever else happens to it the library finds, too, and says what that means. One reads and one
    writes at a time; whoever is cancelled while some of what it writes is out has written all of it: the rest goes
    before what is written next."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._socket, self.unsent = stream, stream.stream.socket, b""
        quick_locks(stream, "read_lock", "write_lock")
        self.close, self.get_remote_address = stream.close, stream.get_remote_address

    async def read(self, n: int) -> bytes:
        try:
            await trio.lowlevel.wait_readable(self._socket)
            # Asked for anew: by now it may be closed, and its old number another's.
            return os.read(self._socket.fileno(), n)
        except ConnectionError as error:
            raise ConnectionClosedError(str(error), transport="tcp") from error
        except (OSError, ValueError, trio.ClosedResourceError):
            read: bytes = await self._stream.read(n)
            return read

    async def write(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        self.unsent += data
        try:
            while self.unsent:
                try:
                    self.unsent = self.unsent[os.write(self._socket.fileno(), self.unsent) :]
                except BlockingIOError:
                    await trio.lowlevel.wait_writable(self._socket)
        except (OSError, trio.ClosedResourceError):
            failed, self.unsent = self.unsent, b""
            await self._stream.write(failed)


class ReadAhead(ReadWriteCloser):
    """A socket's stream, read in large pieces by its one reader."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._ahead, self._at = stream, b"", 0

    async def read(self, n: int | None = None) -> bytes:
        if self._at == len(self._ahead):
            self._ahead, self._at = await self._stream.read(max(n or 0, _AHEAD_BYTES)), 0
        end = len(self._ahead) if n is None else self._at + n
        taken, self._at = self._ahead[self._at : end], min(end, len(self._ahead))
        return taken

    def here(self, n: int) -> bytes | None:
        """The next ``n`` bytes, if all of them have been read ahead."""
        end = self._at + n
        if end > len(self._ahead):
            return None
        taken, self._at = self._ahead[self._at : end], end
        return taken

    @property
    def unsent(self) -> bytes:
        found: bytes = self._stream.unsent
        return found

    async def write(self, data: bytes) -> None:
        await self._stream.write(data)

    async def close(self) -> None:
        await self._stream.close()

    def get_remote_address(self) -> tuple[str, int] | None:
        found: tuple[str, int] | None = self._stream.get_remote_address()
        return found
