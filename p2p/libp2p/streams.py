"""Requests: a stream for each, the request and the response in chunks, bounded in size, time and number.

The response is led by one byte, :data:`OK` or why there is none.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import trio
from libp2p.network.stream.exceptions import StreamEOF
from libp2p.peer.id import ID

from p2p.base import Limits, MessageTooLarge, RequestFailed, RequestTimedOut, Server, UnknownPeer
from p2p.framing import BadFrame, Chunks, FrameTooLong, chunks
from p2p.libp2p.host import reset, thrifty
from p2p.scoring import Offence

_log = logging.getLogger(__name__)
_READ_BYTES = 64 * 1024

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
        self._serving: Counter[str] = Counter()

    async def request(self, peer: str, protocol: str, data: bytes, timeout_ms: int | None) -> bytes:
        if len(data) > self._limits.request_bytes:
            raise MessageTooLarge(len(data), self._limits.request_bytes)
        try:
            name = ID.from_string(peer)
        except Exception as error:
            raise UnknownPeer(peer) from error
        if not self._host.get_network().get_connections(name):
            raise UnknownPeer(peer)
        limit_ms = self._limits.request_timeout_ms if timeout_ms is None else timeout_ms
        with trio.move_on_after(limit_ms / 1_000):
            return await self._exchange(name, protocol, data)
        raise RequestTimedOut(f"{protocol} to {peer}: nothing whole in {limit_ms} ms")

    async def _exchange(self, name: ID, protocol: str, data: bytes) -> bytes:
        stream: Any = None
        try:
            stream = await self._host.new_stream(name, [protocol])
            thrifty(stream)
            for chunk in chunks(data):
                await stream.write(chunk)
            response = await _message(stream, self._limits.response_bytes + 1)
        except BadFrame as error:
            self._penalise(str(name), Offence.MALFORMED)
            raise RequestFailed("malformed", str(error)) from error
        except Exception as error:
            raise RequestFailed("hung-up", repr(error)) from error
        finally:
            if stream is not None:
                await reset(stream)
        if not response:
            raise RequestFailed("malformed", "an empty response")
        if response[0] != OK:
            raise RequestFailed(REFUSALS.get(response[0], "refused"))
        return response[1:]

    def serve(self, protocol: str, server: Server) -> None:
        async def handle(stream: Any) -> None:
            await self._serve(stream, protocol, server)

        self._host.set_stream_handler(protocol, handle)

    async def _serve(self, stream: Any, protocol: str, server: Server) -> None:
        peer = str(stream.muxed_conn.peer_id)
        thrifty(stream)
        busy = self._serving[peer] >= self._limits.requests_per_peer
        busy = busy or self._serving.total() >= self._limits.requests_in_all
        self._serving[peer] += 1
        try:
            with trio.move_on_after(self._limits.request_timeout_ms / 1_000) as scope:
                answer = bytes([_BUSY]) if busy else await self._answer(stream, peer, protocol, server)
                for chunk in chunks(answer):
                    await stream.write(chunk)
                # The other side resets when it has read everything; to reset first would take it back.
                await _end(stream)
            if scope.cancelled_caught:
                self._count("requests_timed_out")
        finally:
            self._serving[peer] -= 1
            if not self._serving[peer]:
                del self._serving[peer]
            await reset(stream)

    async def _answer(self, stream: Any, peer: str, protocol: str, server: Server) -> bytes:
        try:
            request = await _message(stream, self._limits.request_bytes)
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


async def _message(stream: Any, limit: int) -> bytes:
    """One message of chunks.

    Raises:
        BadFrame: and whatever the stream raises.
    """
    reader = Chunks(limit)
    while not reader.done:
        data = await stream.read(_READ_BYTES)
        if not data:
            raise BadFrame("ended in the middle")
        reader.feed(data)
    return reader.message


async def _end(stream: Any) -> None:
    """Wait for the other side to be done with the stream."""
    try:
        await stream.read(1)
    except StreamEOF:
        return
    except Exception as error:
        _log.debug("after a response: %r", error)
