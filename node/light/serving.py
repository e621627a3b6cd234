"""A light client's interface: the node's own server and gate, over the operations that can be proven."""

from __future__ import annotations

import trio

from node.api.application import gated
from node.api.metrics import Metrics
from node.api.routing import routes
from node.api.serving import Door
from node.api.settings import ApiSettings
from node.errors import CannotListen
from node.light.answers import OPERATIONS, LightContext
from node.light.node import LightNode


async def serve_light(
    node: LightNode, settings: ApiSettings, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve until cancelled; reports the URL once it listens. Raises ``CannotListen`` where it cannot."""
    try:
        listeners = await trio.open_tcp_listeners(settings.port, host=settings.host)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotListen("api", f"{settings.host}:{settings.port}", reason) from error
    port = listeners[0].socket.getsockname()[1]
    context = LightContext(node, settings, Metrics(node))
    door = Door(gated(routes(context, OPERATIONS), settings, context.metrics, port), settings.limits)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(door.serve, listeners)
            task_status.started(f"http://{host}:{port}")
            try:
                await trio.sleep_forever()
            finally:
                with trio.move_on_after(settings.limits.grace_s) as grace:
                    grace.shield = True
                    await door.close(settings.limits.grace_s)
    finally:
        with trio.CancelScope(shield=True):
            for listener in listeners:
                await listener.aclose()
