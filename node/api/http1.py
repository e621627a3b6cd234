"""HTTP/1.1 on one connection, by Hypercorn, without what nobody here needs: HTTP/2, and compressed WebSockets.

Some 64 KiB of a compressed frame may unfold to a thousand times that before anybody can look at its length.
"""

from __future__ import annotations

from typing import Any, Final

from h11 import LocalProtocolError
from hypercorn.events import Closed, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr
from wsproto.utilities import RemoteProtocolError

#: What a client offers to compress with; it is not answered.
_OFFER: Final = b"sec-websocket-extensions"


class Http1(H11Protocol):  # type: ignore[misc]
    async def handle(self, event: Any) -> None:
        """A client that breaks the protocol has ended its connection."""
        try:
            await super().handle(event)
        except (RemoteProtocolError, LocalProtocolError):
            await self.send(Closed())

    async def _send_h11_event(self, event: Any) -> None:
        """An answer to what the client has made impossible to answer is not sent."""
        try:
            await super()._send_h11_event(event)
        except LocalProtocolError:
            await self.send(Closed())

    async def _check_protocol(self, event: Any) -> None:
        """No request becomes HTTP/2: neither by upgrade nor by what it begins with."""

    async def _create_stream(self, request: Any) -> None:
        headers = [(name, value) for name, value in request.headers if name.lower() != _OFFER]
        plain = type(request)(
            method=request.method, headers=headers, target=request.target, http_version=request.http_version
        )
        await super()._create_stream(plain)


class Http1Server(TCPServer):  # type: ignore[misc]
    """Hypercorn's connection with this protocol, whatever the client would rather speak. Not for TLS.

    A connection whose client has gone does not wait for its idle time to be over, as it would there.
    """

    _gone = False

    async def protocol_send(self, event: Any) -> None:
        if not (self._gone and isinstance(event, Updated)):
            await super().protocol_send(event)

    async def run(self) -> None:
        try:
            family = self.stream.socket.family
            client = parse_socket_addr(family, self.stream.socket.getpeername())
            server = parse_socket_addr(family, self.stream.socket.getsockname())
            async with TaskGroup() as tasks:
                self._task_group = tasks
                self.protocol = Http1(
                    self.app,
                    self.config,
                    self.context,
                    tasks,
                    ConnectionState(self.state),
                    False,
                    client,
                    server,
                    self.protocol_send,
                )
                await self.protocol.initiate()
                await self.idle_task.restart(tasks, self._idle_timeout)
                await self._read_data()
                self._gone = True
                await self.idle_task.stop()
        except OSError:
            pass  # it has gone
        finally:
            await self._close()
