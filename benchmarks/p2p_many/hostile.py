"""Peers with libp2p and without manners: they take and never pass on, they flood, they read a byte a second."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import trio
from libp2p.peer.id import ID
from libp2p.tools.anyio_service import background_trio_service

from benchmarks.p2p_many.fleet import TOPIC, Trouble
from p2p.base import Limits
from p2p.libp2p import rpc
from p2p.libp2p.host import address, build_host
from p2p.libp2p.transport import Libp2pTransport
from p2p.messages import Rpc
from p2p.packing import pack

_GOSSIP, _PING = "/meshsub/1.1.0", "/ipfs/ping/1.0.0"
#: Seeds of hostile identities begin here.
_FIRST = 100
_HELLO = rpc.encode(Rpc(subscriptions=((True, TOPIC),), graft=(TOPIC,)))


@asynccontextmanager
async def _host(number: int, reads: Any) -> AsyncIterator[Any]:
    host = build_host(bytes([_FIRST + number]) * 32, Limits(), lambda name: None)
    host.set_stream_handler(_GOSSIP, reads)
    host.set_stream_handler(_PING, _echo)
    async with background_trio_service(host.get_network()):
        try:
            yield host
        finally:
            with trio.CancelScope(shield=True):
                await host.close()


async def _join(host: Any, node: Libp2pTransport) -> Any:
    """Connect, subscribe, graft; the stream to speak on."""
    peer, parsed = address(node.addresses[0])
    target = ID.from_string(str(peer))
    await host.get_network().dial_addr(parsed, target)
    stream = await host.new_stream(target, [_GOSSIP])
    await stream.write(_HELLO)
    return stream


async def _swallow(stream: Any) -> None:
    while await stream.read(65_536):
        pass


async def _echo(stream: Any) -> None:
    while data := await stream.read(32):
        await stream.write(data)


async def _sip(stream: Any) -> None:
    """One byte a second."""
    while await stream.read(1):
        await trio.sleep(1)


def sybils(count: int) -> Trouble:
    """So many identities in the mesh of every node, which pass nothing on."""

    async def trouble(nodes: list[Libp2pTransport]) -> None:
        async with AsyncExitStack() as stack:
            hosts = [await stack.enter_async_context(_host(number, _swallow)) for number in range(count)]
            for host in hosts:
                for node in nodes:
                    await _join(host, node)
            await trio.sleep_forever()

    return trouble


def flood(per_s: int) -> Trouble:
    """One neighbour of the first node that says so many packs of its own a second."""

    async def trouble(nodes: list[Libp2pTransport]) -> None:
        async with _host(0, _swallow) as host:
            stream = await _join(host, nodes[0])
            count = 0
            while True:
                items = [b"\xff" + count.to_bytes(4, "big") + bytes(245)]
                await stream.write(rpc.encode(Rpc(messages=((TOPIC, pack(items)),))))
                count += 1
                await trio.sleep(1 / per_s)

    return trouble


def slow_reader() -> Trouble:
    """A neighbour of every node, in every mesh, that reads a byte a second."""

    async def trouble(nodes: list[Libp2pTransport]) -> None:
        async with _host(0, _sip) as host:
            for node in nodes:
                await _join(host, node)
            await trio.sleep_forever()

    return trouble
