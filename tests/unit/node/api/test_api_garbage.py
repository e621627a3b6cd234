"""Bytes that strangers may send: spoilt requests and spoilt frames end their own connection and nothing else."""

from __future__ import annotations

import logging
from random import Random

import pytest
import trio

from tests.unit.node.api.desk import TOKEN, Desk, opened
from tests.unit.node.api.websocket import stream

REQUESTS = (
    b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /v1/blocks?limit=3&before=7 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    f"POST /v1/intents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    + b'Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{"item":"0x00"}',
    b"POST /v1/quotes HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{...}\r\n0\r\n\r\n",
    b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
)
FRAME = b'\x81\xa9\0\0\0\0{"type":"subscribe","topics":["blocks"]}\n'


def spoilt(data: bytes, rng: Random) -> bytes:
    """A few bytes changed, dropped, doubled or moved."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(found))
        match rng.randrange(4):
            case 0:
                found[place] = rng.randrange(256)
            case 1 if len(found) > 1:
                del found[place : place + rng.randint(1, 8)]
            case 2:
                found[place:place] = found[place : place + rng.randint(1, 300)]
            case _:
                found[place:place] = rng.randbytes(rng.randint(1, 20))
        if not found:
            return b"\0"
    return bytes(found)


async def send(desk: Desk, data: bytes) -> None:
    """And hang up as soon as something, or nothing, is answered."""
    port = int(desk.url.rpartition(":")[2])
    async with await trio.open_tcp_stream("127.0.0.1", port) as tcp:
        with trio.move_on_after(0.05):
            try:
                await tcp.send_all(data)
                await tcp.receive_some(1 << 16)
            except trio.BrokenResourceError:
                return


async def test_spoilt_requests_and_frames(caplog: pytest.LogCaptureFixture) -> None:
    """No exception reaches the log, nothing is written, and the node answers as before."""
    rng = Random(20)
    with caplog.at_level(logging.WARNING):
        async with opened() as desk:
            for _ in range(8):
                async with trio.open_nursery() as nursery:
                    for request in REQUESTS * 5:
                        nursery.start_soon(send, desk, spoilt(request, rng))
            for _ in range(60):
                async with stream(desk) as client:
                    await client.tcp.send_all(spoilt(FRAME, rng))
                    with trio.move_on_after(0.02):
                        await client.tcp.receive_some(1 << 16)
            assert (await desk.client.get("/health/ready")).status_code == 200
            assert desk.stored() == []
    assert [record.getMessage() for record in caplog.records] == []
