"""Requests: one after another on a stream, each and its response in chunks, bounded in size, time and number.

Making a stream costs twenty times what a small request on one does, so the side that asked keeps one for its next.

The response is led by one byte, :data:`OK` or why there is none.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import trio
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.peer.id import ID

from p2p.base import Limits, MessageTooLarge, RequestFailed, RequestTimedOut, Server, UnknownPeer
from p2p.framing import BadFrame, Chunks, FrameTooLong, chunks
from p2p.libp2p.host import reset
from p2p.libp2p.quick import quick_stream
from p2p.scoring import Offence

_log = logging.getLogger(__name__)
_READ_BYTES = 64 * 1024
#: Streams kept for the next request.
_KEPT = 512

OK: Final = 0
#: Why there is no response, by the byte that says so.
REFUSALS: Final = {1: "failed", 2: "busy", 3: "too-large"}
_FAILED, _BUSY, _TOO_LARGE = 1, 2, 3


class Requests:
    """Both ends of requests on one host."""

    def __init__(
        self, host: Any, limits: Limits, count: Callable[..., None], penalise: Callable[[str, Offence], None]
    ) -> None:
        self._host, self._limits, self._count, self._penalise = host, limits, count, penalise
        self._largest = dict(limits.responses)
        self._serving: Counter[str] = Counter()
        #: A stream by peer and protocol, and when its last response was whole.
        self._kept: dict[tuple[str, str], tuple[Any, float]] = {}

    async def request(self, peer: str, protocol: str, data: bytes, timeout_ms: int | None) -> bytes:
        if len(data) > self._limits.request_bytes:
            raise MessageTooLarge(len(data), self._limits.request_bytes)
        try:
            name = _name(peer)
        except Exception as error:
            raise UnknownPeer(peer) from error
        if not self._host.get_network().get_connections(name):
            raise UnknownPeer(peer)
        limit_ms = self._limits.request_timeout_ms if timeout_ms is None else timeout_ms
        with trio.move_on_after(limit_ms / 1_000):
            return await self._exchange(name, protocol, data)
        raise RequestTimedOut(f"{protocol} to {peer}: nothing whole in {limit_ms} ms")

    def lost(self, peer: str) -> None:
        """Its streams are gone with its connection."""
        for key in [key for key in self._kept if key[0] == peer]:
            del self._kept[key]

    async def _exchange(self, name: ID, protocol: str, data: bytes) -> bytes:
        key = (str(name), protocol)
        stream, since_s = self._kept.pop(key, (None, 0.0))
        if stream is not None and trio.current_time() - since_s < self._limits.request_timeout_ms / 2_000:
            try:
                return _served(await self._ask(stream, key, data))
            except RequestFailed:
                raise
            except Exception as error:
                # The other side had ended it meanwhile.
                _log.debug("a kept stream to %s: %r", name, error)
        elif stream is not None:
            await reset(stream)
        try:
            stream = await self._host.new_stream(name, [protocol])
            quick_stream(stream)
            return _served(await self._ask(stream, key, data))
        except RequestFailed:
            raise
        except BadFrame as error:
            self._penalise(str(name), Offence.MALFORMED)
            raise RequestFailed("malformed", str(error)) from error
        except Exception as error:
            raise RequestFailed("hung-up", repr(error)) from error

    async def _ask(self, stream: Any, key: tuple[str, str], data: bytes) -> bytes:
        """The response; the stream is kept if it is whole, and reset if not."""
        whole = False
        try:
            await _write(stream, data)
            largest = self._largest.get(key[1], self._limits.response_bytes)
            response = await _message(stream, largest + 1)
            whole = response[:1] == bytes([OK]) and len(self._kept) < _KEPT and key not in self._kept
            return response
        finally:
            if whole:
                self._kept[key] = (stream, trio.current_time())
            else:
                await reset(stream)

    def serve(self, protocol: str, server: Server) -> None:
        async def handle(stream: Any) -> None:
            await self._serve(stream, protocol, server)

        self._host.set_stream_handler(protocol, handle)

    async def _serve(self, stream: Any, protocol: str, server: Server) -> None:
        """One request after another, until the other side ends the stream or says nothing for too long."""
        peer = str(stream.muxed_conn.peer_id)
        quick_stream(stream)
        try:
            served, begun = True, b""
            while served:
                with trio.move_on_after(self._limits.request_timeout_ms / 1_000) as scope:
                    served = await self._serve_one(stream, peer, protocol, server, begun)
                if scope.cancelled_caught:
                    self._count("requests_timed_out")
                    return
                # To reset before the other side has read everything would take it back.
                with trio.move_on_after(self._limits.request_timeout_ms / 1_000):
                    begun = await _next(stream)
                    while begun and not served:
                        begun = await _next(stream)
                if not begun:
                    return
        finally:
            await reset(stream)

    async def _serve_one(self, stream: Any, peer: str, protocol: str, server: Server, begun: bytes) -> bool:
        """Whether the stream may go on: one that was refused may hold what was never read."""
        busy = self._serving[peer] >= self._limits.requests_per_peer
        busy = busy or self._serving.total() >= self._limits.requests_in_all
        self._serving[peer] += 1
        try:
            answer = bytes([_BUSY]) if busy else await self._answer(stream, peer, protocol, server, begun)
            await _write(stream, answer)
            return answer[0] == OK
        finally:
            self._serving[peer] -= 1
            if not self._serving[peer]:
                del self._serving[peer]

    async def _answer(self, stream: Any, peer: str, protocol: str, server: Server, begun: bytes) -> bytes:
        try:
            request = await _message(stream, self._limits.request_bytes, begun)
        except FrameTooLong:
            self._count("request_too_large")
            self._penalise(peer, Offence.OVERSIZE)
            return bytes([_TOO_LARGE])
        except BadFrame:
            self._count("request_malformed")
            self._penalise(peer, Offence.MALFORMED)
            return bytes([_FAILED])
        try:
            response = await server(peer, request)
        except Exception:
            self._count("server_failed")
            _log.exception("the server of %s failed", protocol)
            return bytes([_FAILED])
        self._count("served")
        if len(response) > self._limits.response_bytes:
            self._count("response_too_large")
            return bytes([_TOO_LARGE])
        return bytes([OK]) + response


@lru_cache(maxsize=1_024)
def _name(peer: str) -> ID:
    """A peer's name as the library has it, which takes longer to read than a small request to write."""
    return ID.from_string(peer)


def _served(response: bytes) -> bytes:
    """What was answered. Raises ``RequestFailed`` where nothing was."""
    if not response:
        raise RequestFailed("malformed", "an empty response")
    if response[0] != OK:
        raise RequestFailed(REFUSALS.get(response[0], "refused"))
    return response[1:]


async def _write(stream: Any, data: bytes) -> None:
    """In chunks; what is small in one write."""
    parts = chunks(data)
    for part in [b"".join(parts)] if len(data) <= _READ_BYTES else parts:
        await stream.write(part)


async def _message(stream: Any, limit: int, begun: bytes = b"") -> bytes:
    """One message of chunks, of which ``begun`` is here already.

    Raises:
        BadFrame: and whatever the stream raises.
    """
    reader = Chunks(limit)
    reader.feed(begun)
    while not reader.done:
        data = await stream.read(_READ_BYTES)
        if not data:
            raise BadFrame("ended in the middle")
        reader.feed(data)
    return reader.message


async def _next(stream: Any) -> bytes:
    """The beginning of the next request; nothing when the other side is done with the stream."""
    try:
        return bytes(await stream.read(_READ_BYTES))
    except StreamEOF:
        return b""
    except Exception as error:
        _log.debug("after a response: %r", error)
        return b""
