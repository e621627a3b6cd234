"""What one connection may have this node hold: so many streams, and a window of unread bytes on each.

py-libp2p 0.8.1 merely logs it when a peer sends more than the window it was given, and opens streams without end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from libp2p.stream_muxer.yamux.yamux import DEFAULT_WINDOW_SIZE

from p2p.libp2p.quick import quick_connection, quick_muxed
from p2p.libp2p.sealed import quick_session

#: Streams of one connection, both sides' together; ours are a few for gossip, pings and kept requests.
STREAMS: Final = 256


class OverTheWindow(Exception):
    """More bytes than the peer was given credit for: the library ends the stream."""


class TooManyStreams(Exception):
    """One more than a connection may have: the library takes no notice of it."""


class Unread(bytearray):
    """Bytes of a stream that nobody has read yet, at most a window of them."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count

    def extend(self, data: Any) -> None:
        if len(self) + len(data) > DEFAULT_WINDOW_SIZE:
            self._count("window_overrun")
            raise OverTheWindow(f"{len(data)} bytes on {len(self)} unread")
        super().extend(data)


class _Buffers(dict[int, bytearray]):
    """The library puts an empty buffer here for every stream."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count

    def __setitem__(self, stream: int, buffer: bytearray) -> None:
        super().__setitem__(stream, Unread(self._count))


class _Streams(dict[int, Any]):
    """The library puts every stream here before anything is said on it."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count

    def __setitem__(self, number: int, stream: Any) -> None:
        if len(self) >= STREAMS and not stream.is_initiator:
            self._count("too_many_streams")
            raise TooManyStreams(number)
        quick_muxed(stream)
        super().__setitem__(number, stream)


def bound_connection(muxed: Any, count: Callable[[str], None]) -> None:
    """Bound a Yamux connection that has not started, and make it quick."""
    muxed.streams, muxed.stream_buffers = _Streams(count), _Buffers(count)
    quick_connection(muxed)
    quick_session(muxed.secured_conn)


def forget_stream(muxed: Any) -> None:
    """Of a stream that was reset nothing is kept, nor taken in any more."""
    connection = muxed.conn
    for table in (connection.streams, connection.stream_buffers, connection.stream_events):
        table.pop(muxed.stream_id, None)
