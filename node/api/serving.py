"""The server: the interface's application on Hypercorn's connections, inside the nursery of whoever starts it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from hypercorn.utils import wrap_app

from node.api.application import application
from node.api.connection import Connection
from node.api.context import Context
from node.api.http1 import Http1Server
from node.api.hub import Hub
from node.api.metrics import Metrics
from node.api.settings import ApiSettings, Limits
from node.api.waiting import Waiting
from node.errors import CannotListen
from node.served import Served

_LOG: Final = logging.getLogger("walras.http")
_MAX_HEADER_BYTES: Final = 16 << 10


async def serve_api(
    node: Served, settings: ApiSettings, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve until cancelled; reports the URL once it listens. Raises ``CannotListen`` where it cannot.

    When cancelled, streams are told, and what is being answered has ``settings.limits.grace_s`` to end.
    """
    listeners, stop = await _listeners(settings), trio.Event()

    async def until_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            stop.set()

    async with AsyncExitStack() as stack, trio.open_nursery() as nursery:
        for listener in listeners:
            stack.push_async_callback(listener.aclose)
        nursery.start_soon(until_cancelled)
        with trio.CancelScope(shield=True):
            await _serve(node, settings, listeners, stop, task_status)
        nursery.cancel_scope.cancel()


async def _serve(
    node: Served,
    settings: ApiSettings,
    listeners: Sequence[trio.SocketListener],
    stop: trio.Event,
    task_status: trio.TaskStatus[str],
) -> None:
    metrics, waiting = Metrics(node), Waiting(node.item, node.network)
    hub = Hub(node, metrics, waiting, settings.limits)
    context = Context(node, settings, waiting, hub, metrics)
    port = listeners[0].socket.getsockname()[1]
    door = Door(application(context, port), settings.limits)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        nursery.start_soon(door.serve, listeners)
        task_status.started(f"http://{_shown(settings.host)}:{port}")
        await stop.wait()
        hub.ending.set()
        await door.close(settings.limits.grace_s)
        nursery.cancel_scope.cancel()


async def _listeners(settings: ApiSettings) -> Sequence[trio.SocketListener]:
    try:
        found = await trio.open_tcp_listeners(settings.port, host=settings.host)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotListen("api", f"{settings.host}:{settings.port}", reason) from error
    # Of a name with several addresses each would get a free port of its own.
    for listener in [] if settings.port else found[1:]:
        await listener.aclose()
    return found if settings.port else found[:1]


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Door:
    """Open connections: at most so many, all of them closed at the end."""

    def __init__(self, app: Any, limits: Limits) -> None:
        self._app = wrap_app(app, limits.body_bytes, "asgi")
        self._limits, self._config = limits, _config(limits)
        self._worker = WorkerContext(None)
        self._open: set[Connection] = set()
        self._empty = trio.Event()
        self._closing = False

    async def serve(self, listeners: Sequence[trio.SocketListener]) -> None:
        await trio.serve_listeners(self._one, list(listeners))

    async def _one(self, stream: trio.SocketStream) -> None:
        connection = Connection(stream, self._limits.send_s)
        if self._closing or len(self._open) >= self._limits.connections:
            connection.abort()
            return
        self._open.add(connection)
        try:
            state = ConnectionState({"connection": connection})
            await Http1Server(self._app, self._config, self._worker, state, connection).run()
        except Exception:
            _LOG.exception("a connection failed")
        finally:
            connection.abort()
            self._open.discard(connection)
            if not self._open:
                self._empty.set()

    async def close(self, grace_s: float) -> None:
        """Idle ones at once; the others have ``grace_s``."""
        self._closing, self._empty = True, trio.Event()
        await self._worker.terminated.set()
        if self._open:
            with trio.move_on_after(grace_s):
                await self._empty.wait()
        for connection in list(self._open):
            connection.abort()


def _config(limits: Limits) -> Config:
    config = Config()
    config.accesslog, config.errorlog = None, _LOG
    config.include_server_header = False
    config.h11_max_incomplete_size = _MAX_HEADER_BYTES
    config.keep_alive_timeout = limits.idle_s
    config.keep_alive_max_requests = 1_000_000
    config.websocket_max_message_size = limits.stream_message_bytes
    return config
