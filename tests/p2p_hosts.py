"""Transports on loopback, and raw hosts that speak libp2p but nothing civil over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import trio
from libp2p.peer.id import ID
from libp2p.tools.anyio_service import background_trio_service

from p2p.base import Limits, Verdict
from p2p.libp2p.host import address, build_host
from p2p.libp2p.transport import Libp2pTransport, Settings, open_transport
from p2p.mesh import MeshParams

TOPIC = "test/1"
GOSSIP = "/meshsub/1.1.0"


def settings(number: int, bootstrap: Sequence[str] = (), **more: Any) -> Settings:
    return Settings(seed=bytes([number]) * 32, bootstrap=tuple(bootstrap), **more)


class Inbox:
    """Subscribes a transport to the test topic and keeps what comes."""

    def __init__(self, transport: Libp2pTransport, topic: str = TOPIC) -> None:
        self.messages: list[bytes] = []
        transport.subscribe(topic, accept, self.take)

    async def take(self, sender: str, data: bytes) -> None:
        self.messages.append(data)


async def accept(sender: str, data: bytes) -> Verdict:
    return Verdict.ACCEPT


async def until(holds: Callable[[], bool], seconds: float = 8.0) -> None:
    """Wait for something to become true; the test fails if it does not."""
    with trio.fail_after(seconds):
        while not holds():
            await trio.sleep(0.01)


@asynccontextmanager
async def network(count: int, **more: Any) -> AsyncIterator[tuple[list[Libp2pTransport], list[Inbox]]]:
    """Transports that all know the first and each other, subscribed, with full meshes."""
    async with AsyncExitStack() as stack:
        nodes: list[Libp2pTransport] = []
        boxes: list[Inbox] = []
        for number in range(1, count + 1):
            known = [node.addresses[0] for node in nodes]
            node = await stack.enter_async_context(open_transport(settings(number, known, **more)))
            nodes.append(node)
            boxes.append(Inbox(node))
        await until(lambda: all(len(node.mesh.mesh(TOPIC)) == count - 1 for node in nodes))
        yield nodes, boxes


class RawPeer:
    """A connected libp2p host without manners."""

    def __init__(self, host: Any, target: str) -> None:
        self.host, self._target = host, ID.from_string(target)
        self.name = str(host.get_id())

    async def stream(self, protocol: str) -> Any:
        return await self.host.new_stream(self._target, [protocol])

    async def say(self, protocol: str, data: bytes) -> Any:
        stream = await self.stream(protocol)
        await stream.write(data)
        return stream


@asynccontextmanager
async def raw_peer(target: Libp2pTransport, number: int = 200) -> AsyncIterator[RawPeer]:
    host = build_host(bytes([number]) * 32, Limits(), lambda name: None)
    host.set_stream_handler(GOSSIP, _swallow)
    host.set_stream_handler("/ipfs/ping/1.0.0", _echo)
    peer, parsed = address(target.addresses[0])
    assert peer is not None
    async with background_trio_service(host.get_network()):
        try:
            await host.get_network().dial_addr(parsed, ID.from_string(peer))
            yield RawPeer(host, peer)
        finally:
            with trio.CancelScope(shield=True):
                await host.close()


async def _swallow(stream: Any) -> None:
    while await stream.read(65_536):
        pass


async def _echo(stream: Any) -> None:
    while data := await stream.read(32):
        await stream.write(data)


#: A mesh that mends itself quickly, for tests that wait for it.
QUICK = MeshParams(heartbeat_ms=200)
