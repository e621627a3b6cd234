"""Starting and ending: the port, what is reported, and an end that nobody can hold up."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest
import trio

from node.api.serving import serve_api
from node.api.settings import ApiSettings, Limits
from node.api.stream import Close
from node.errors import CannotListen
from tests.unit.node.api.desk import TOKEN, Desk, opened
from tests.unit.node.api.websocket import stream

#: How long the interface may take to end.
END_S = 1.0


async def test_it_reports_where_it_listens_and_ends_when_cancelled() -> None:
    """The URL is that of a free port; after the end the port is free again and no task is left."""
    async with opened() as desk:
        async with trio.open_nursery() as nursery:
            url: str = await nursery.start(partial(serve_api, desk.node, ApiSettings(TOKEN, port=0)))
            port = int(url.rpartition(":")[2])
            assert url == f"http://127.0.0.1:{port}" != desk.url
            assert (await desk.client.get(f"{url}/health/live")).json() == {"live": True}
            nursery.cancel_scope.cancel()
        with pytest.raises(OSError, match="all attempts to connect"):
            await trio.open_tcp_stream("127.0.0.1", port)
        assert (await desk.client.get("/health/live")).status_code == 200


async def test_a_port_that_is_taken_is_told() -> None:
    """Which names the place; the node itself goes on."""
    async with opened() as desk:
        port = int(desk.url.rpartition(":")[2])
        for host, taken in (("127.0.0.1", port), ("no-such-host.invalid", 0)):
            with pytest.raises(CannotListen) as refused:
                await serve_api(desk.node, ApiSettings(TOKEN, host, taken))
            assert (f"cannot listen on {host}:{taken}" in str(refused.value), refused.value.exit_code) == (True, 3)


async def test_the_end_is_told_to_streams_and_held_up_by_nobody() -> None:
    """Streams hear 1001; clients that hang, send half a request or never read do not delay it."""
    limits = Limits(send_s=60, body_s=60, idle_s=60, requests_burst=10_000)
    async with opened() as desk:
        async with trio.open_nursery() as nursery:
            settings = ApiSettings(TOKEN, port=0, limits=limits)
            url: str = await nursery.start(partial(serve_api, desk.node, settings))
            here = Desk(desk.node, url, desk.client, desk.writer)
            port = int(url.rpartition(":")[2])
            async with (
                stream(here) as good,
                await trio.open_tcp_stream("127.0.0.1", port) as deaf,
                await trio.open_tcp_stream("127.0.0.1", port) as hanging,
                await trio.open_tcp_stream("127.0.0.1", port) as half,
            ):
                await half.send_all(
                    f"POST /v1/intents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
                    "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{".encode()
                )
                await hanging.send_all(b"GET /v1/sta")
                await drown(deaf)
                began = trio.current_time()
                nursery.cancel_scope.cancel()
                with trio.CancelScope(shield=True):
                    assert await good.closed() == Close.GOING_AWAY
        assert trio.current_time() - began < END_S


async def drown(tcp: trio.SocketStream) -> None:
    """Ask for far more than the kernel holds, and read none of it: the node is then writing to nobody."""
    await tcp.send_all(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300)
    await trio.sleep(0.3)


def test_importing_it_is_cheap() -> None:
    """Neither the metrics' library nor the page's come with it."""
    code = (
        "import sys, node.api.serving\n"
        "heavy = {'prometheus_client', 'plotly', 'libp2p', 'ortools', 'numpy', 'scipy', 'polars', 'httpx'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"
