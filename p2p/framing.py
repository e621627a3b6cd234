"""Frames on a byte stream: the varint prefix of gossip, the chunks of requests. Bytes in, frames out; no I/O.

Both refuse a length over the limit as soon as the prefix is read, so a length bomb costs a few bytes.
"""

from __future__ import annotations

from typing import Final

#: Largest chunk of a request or response.
CHUNK_BYTES: Final = 1024 * 1024
_VARINT_BYTES: Final = 5


class BadFrame(Exception):
    """The stream cannot be read further."""


class FrameTooLong(BadFrame):
    """A length over the limit."""


def varint(number: int) -> bytes:
    """Unsigned LEB128, as protobuf and multiformats write it."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class VarintFrames:
    """Frames of ``varint(length) ‖ bytes``."""

    def __init__(self, limit: int) -> None:
        self._limit, self._buffer = limit, bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """All frames that are whole with ``data``; the rest is kept.

        Raises:
            BadFrame
        """
        self._buffer += data
        frames: list[bytes] = []
        start = 0
        while True:
            head = self._head(start)
            if head is None or len(self._buffer) < head[1] + head[0]:
                break
            length, body = head
            frames.append(bytes(self._buffer[body : body + length]))
            start = body + length
        del self._buffer[:start]
        return frames

    def _head(self, start: int) -> tuple[int, int] | None:
        """(length, where the body starts), if the prefix is whole."""
        length = 0
        for place in range(_VARINT_BYTES):
            if start + place >= len(self._buffer):
                return None
            byte = self._buffer[start + place]
            length |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if length > self._limit:
                    raise FrameTooLong(f"{length} bytes, and the limit is {self._limit}")
                return length, start + place + 1
        raise BadFrame("a length of more than five bytes")


def chunks(data: bytes) -> list[bytes]:
    """``data`` as sent: chunks of ``u32 length ‖ bytes`` of at most 1 MiB, then a chunk of length 0."""
    out: list[bytes] = []
    for start in range(0, len(data), CHUNK_BYTES):
        part = data[start : start + CHUNK_BYTES]
        out.append(len(part).to_bytes(4, "big") + part)
    out.append(bytes(4))
    return out


class Chunks:
    """Reads one message of chunks, of at most ``limit`` bytes in all."""

    def __init__(self, limit: int) -> None:
        self._limit, self._buffer, self._message = limit, bytearray(), bytearray()
        self.done = False

    def feed(self, data: bytes) -> None:
        """Take ``data`` in; ``done`` says when the message is whole.

        Raises:
            BadFrame: also for bytes after the end.
        """
        self._buffer += data
        while not self.done and len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[:4], "big")
            if length > CHUNK_BYTES or len(self._message) + length > self._limit:
                raise FrameTooLong(f"a chunk of {length} bytes after {len(self._message)}")
            if len(self._buffer) < 4 + length:
                return
            self._message += self._buffer[4 : 4 + length]
            del self._buffer[: 4 + length]
            self.done = length == 0
        if self.done and self._buffer:
            raise BadFrame("bytes after the end")

    @property
    def message(self) -> bytes:
        return bytes(self._message)
