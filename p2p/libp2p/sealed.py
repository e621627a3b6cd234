"""Noise frames of a connection, read and written with few calls: what is in hand is opened without a turn of the
scheduler, and what is written goes to the socket in one piece.

The library passes every frame through six objects, each of which reads its part in a loop of its own.
"""

from __future__ import annotations

from typing import Any, Final

import trio
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.io.utils import read_exactly
from libp2p.security.noise.io import MAX_PLAINTEXT_LENGTH, SIZE_NOISE_MESSAGE_LEN

from p2p.libp2p.quick import ReadAhead

_LENGTH: Final = SIZE_NOISE_MESSAGE_LEN


class Sealed:
    """What one side of a handshaken session says, opened, and what the other hears, sealed: one reader, one writer
    at a time. ``wire`` carries the frames; ``opened`` is what the session had read of the next bytes already."""

    def __init__(self, wire: ReadAhead, noise: Any, opened: bytes = b"") -> None:
        self._wire, self._noise = wire, noise
        self._opened, self._at = opened, 0

    async def read(self, n: int) -> bytes:
        """Exactly ``n`` bytes. Raises what the wire raises, and where a frame was changed on its way."""
        found = self._opened[self._at : self._at + n]
        self._at += len(found)
        if len(found) == n:
            return found
        parts, lacking = [found], n - len(found)
        while lacking:
            length = int.from_bytes(await self._exactly(_LENGTH), "big")
            self._opened = self._noise.decrypt(await self._exactly(length))
            if not self._opened:
                raise ConnectionClosedError("an empty frame")
            parts.append(self._opened[:lacking])
            self._at = len(parts[-1])
            lacking -= self._at
        return b"".join(parts)

    async def write(self, data: bytes) -> None:
        # Frames are counted: one that is sealed must leave, so none is before a cancelled writer's have left.
        await trio.lowlevel.checkpoint_if_cancelled()
        while self._wire.unsent:
            await self._wire.write(b"")
            await trio.lowlevel.checkpoint_if_cancelled()
        sealed = bytearray()
        for start in range(0, len(data), MAX_PLAINTEXT_LENGTH):
            frame = self._noise.encrypt(data[start : start + MAX_PLAINTEXT_LENGTH])
            sealed += len(frame).to_bytes(_LENGTH, "big") + frame
        await self._wire.write(bytes(sealed))

    async def _exactly(self, n: int) -> bytes:
        here = self._wire.here(n)
        return here if here is not None else await read_exactly(self._wire, n)


def quick_session(session: Any) -> None:
    """For a session of Noise that nobody reads from or writes to at this moment."""
    wire = session.conn.read_writer.read_write_closer.stream
    # ``None``: all there is.
    sealed = Sealed(wire, session.conn.noise_state, session._drain(None))
    session.read, session.write = sealed.read, sealed.write
