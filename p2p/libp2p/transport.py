"""The transport a node runs: host, gossip, requests, supervision and scores under one roof.

``async with open_transport(settings) as transport:`` listens, dials, and on leaving has closed every task, socket
and file it opened.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio
from libp2p.abc import INotifee
from libp2p.peer.id import ID
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from p2p.base import AddressInUse, EventKind, Handler, Limits, PeerEvent, Server, Validator
from p2p.clock import monotonic_ms
from p2p.libp2p.gate import Gate
from p2p.libp2p.gossip import Gossip
from p2p.libp2p.host import address, build_host, refuse_taken
from p2p.libp2p.patience import Patience
from p2p.libp2p.peerstore import PeerStore
from p2p.libp2p.streams import Requests
from p2p.libp2p.supervise import Supervisor, surplus
from p2p.mesh import Mesh, MeshParams
from p2p.scoring import Offence, Scores

_log = logging.getLogger(__name__)
# The library prints every dial that fails on stderr if nobody takes its log; LIBP2P_DEBUG still shows it.
logging.getLogger("libp2p").addHandler(logging.NullHandler())


#: Looks, 20 ms apart, for a connection whose streams come before the word of it.
_TOLD_TURNS = 50


@dataclass(frozen=True, slots=True)
class Settings:
    """What a transport is opened with. ``allow`` empty means everybody not in ``deny``.

    ``anchors`` are whole multiaddrs of peers this node will not do without: dialled as those of ``bootstrap`` are,
    and let in beyond every limit, never banned and never pruned from a mesh.
    """

    seed: bytes
    listen: tuple[str, ...] = ("/ip4/127.0.0.1/tcp/0",)
    bootstrap: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    peer_file: Path | None = None
    limits: Limits = field(default_factory=Limits)
    mesh: MeshParams = field(default_factory=MeshParams)


class Libp2pTransport(INotifee):
    """See :class:`p2p.base.Transport`; made by :func:`open_transport`."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._limits = settings, settings.limits
        self._counters: Counter[str] = Counter()
        self._host = build_host(settings.seed, settings.limits, self._count, self._let_in)
        self._network = self._host.get_network()
        rng = random.Random(secrets.randbits(64))
        self._patience = patience = Patience()
        self._scores = Scores(settings.limits.ban_ms)
        anchors = frozenset(peer for text in settings.anchors if (peer := address(text)[0]) is not None)
        self._gate = Gate(settings.limits, self._scores, settings.allow, settings.deny, anchors)
        mesh = Mesh(settings.mesh, self._limits, rng, self._trusted, self._penalise, anchors, self._dials)
        self._gossip = Gossip(
            self._host,
            self._limits,
            settings.mesh,
            mesh,
            self._count,
            self._penalise,
            self._drop_soon,
            rng,
            patience,
        )
        self.mesh = mesh
        self._requests = Requests(self._host, self._limits, self._count, self._penalise)
        self._store = PeerStore(settings.peer_file, self._limits.known_peers)
        self._supervisor = Supervisor(
            self._host, self._limits, rng, self._count, self.allowed, self._drop_soon, self._store, patience
        )
        self._watches: dict[str, trio.CancelScope] = {}
        self._listeners: list[trio.MemorySendChannel[PeerEvent]] = []
        self._nursery: trio.Nursery | None = None
        self._network.register_notifee(self)

    # What a node uses

    @property
    def identity(self) -> str:
        return str(self._host.get_id())

    @property
    def addresses(self) -> tuple[str, ...]:
        """Whole multiaddrs, with our peer id, that others may dial."""
        own = f"/p2p/{self.identity}"
        texts = [str(found) for found in self._host.get_addrs()]
        return tuple(text if text.endswith(own) else text + own for text in texts)

    def peers(self) -> tuple[str, ...]:
        return tuple(sorted(self._watches))

    def counters(self) -> dict[str, int]:
        """Everything counted since the start, by name: deliveries, drops, refusals, failures."""
        return dict(sorted(self._counters.items()))

    async def publish(self, topic: str, data: bytes) -> int:
        return await self._gossip.publish(topic, data)

    def subscribe(self, topic: str, validator: Validator, handler: Handler) -> None:
        self._gossip.subscribe(topic, validator, handler)

    async def request(self, peer: str, protocol: str, data: bytes, timeout_ms: int | None = None) -> bytes:
        return await self._requests.request(peer, protocol, data, timeout_ms)

    def serve(self, protocol: str, server: Server) -> None:
        self._requests.serve(protocol, server)

    async def events(self) -> AsyncIterator[PeerEvent]:
        """Events from now on; one who falls ``Limits.events`` behind misses some, which is counted."""
        send, receive = trio.open_memory_channel[PeerEvent](self._limits.events)
        self._listeners.append(send)
        try:
            async for event in receive:
                yield event
        finally:
            self._listeners.remove(send)

    async def ban(self, peer: str, reason: str, for_ms: int | None = None) -> None:
        self._scores.ban(peer, monotonic_ms(), for_ms)
        self._banned(peer, reason)

    def want(self, text: str) -> None:
        """Dial the peer of a whole multiaddr and stay connected; an address in the settings comes first."""
        self._supervisor.want(text)

    def allowed(self, peer: str) -> bool:
        return self._gate.allowed(peer, monotonic_ms())

    # Connections come and go

    async def connected(self, network: Any, conn: Any) -> None:
        peer = str(conn.muxed_conn.peer_id)
        ip = (conn.muxed_conn.get_remote_address() or ("", 0))[0]
        if reason := self._why_not(peer, ip):
            self._count(reason)
            self._start(self._close, conn)
            return
        for spare in surplus(self._network.get_connections(conn.muxed_conn.peer_id), self.identity, peer):
            self._count("double_connections")
            self._start(self._close, spare)
        if peer in self._watches or self._nursery is None:
            return
        self._watches[peer] = scope = trio.CancelScope()
        self._gate.entered(peer, ip)
        self._gossip.connected(peer)
        self._start(self._watch, peer, scope)
        self._tell(PeerEvent(EventKind.CONNECTED, peer))

    def _why_not(self, peer: str, ip: str) -> str:
        known, wanted = peer in self._watches, self._supervisor.wants(peer)
        return "" if known else self._gate.why_not(peer, ip, len(self._watches), monotonic_ms(), wanted=wanted)

    async def _let_in(self, peer: str) -> bool:
        """Whether a stream of the peer is heard. It may come before we are told of its connection."""
        for _ in range(_TOLD_TURNS):
            if peer in self._watches:
                return True
            await trio.sleep(0.02)
        return False

    async def _watch(self, peer: str, scope: trio.CancelScope) -> None:
        with scope:
            await self._supervisor.watch(peer)

    async def disconnected(self, network: Any, conn: Any) -> None:
        left = self._network.get_connections(conn.muxed_conn.peer_id)
        if not any(other is not conn for other in left):
            self._lost(str(conn.muxed_conn.peer_id), "connection closed")

    def _lost(self, peer: str, reason: str) -> None:
        scope = self._watches.pop(peer, None)
        if scope is not None:
            scope.cancel()
            self._gate.left(peer)
            self._gossip.lost(peer)
            self._requests.lost(peer)
            self._count("lost")
            self._tell(PeerEvent(EventKind.LOST, peer, reason))

    def _drop_soon(self, peer: str, reason: str) -> None:
        """Forget a peer now, close its connections when they can be closed."""
        self._lost(peer, reason)
        for conn in self._network.get_connections(ID.from_string(peer)):
            self._start(self._close, conn)

    async def _close(self, conn: Any) -> None:
        """Close, politely for a second, then by the socket: a hung peer takes no goodbye."""
        try:
            with trio.move_on_after(1):
                await conn.close()
        except Exception as error:
            _log.debug("closing a connection: %r", error)
        finally:
            self._network.remove_conn(conn)
            await _cut(conn)

    def _penalise(self, peer: str, offence: Offence) -> None:
        self._count(f"offence_{offence.name.lower()}")
        if peer not in self._gate.anchors and self._scores.penalise(peer, offence, monotonic_ms()):
            self._banned(peer, offence.name.lower())

    def _banned(self, peer: str, reason: str) -> None:
        self._count("banned")
        self._tell(PeerEvent(EventKind.BANNED, peer, reason))
        self._drop_soon(peer, f"banned: {reason}")

    def _trusted(self, peer: str) -> bool:
        return self._scores.trusted(peer, monotonic_ms())

    def _dials(self, peer: str) -> bool:
        return self._supervisor.wants(peer)

    def _tell(self, event: PeerEvent) -> None:
        for listener in self._listeners:
            try:
                listener.send_nowait(event)
            except trio.WouldBlock:
                self._count("events_missed")

    def _count(self, name: str, by: int = 1) -> None:
        self._counters[name] += by

    def _start(self, task: Any, *args: Any) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(task, *args)

    # What a notifee must have and we need not know

    async def opened_stream(self, network: Any, stream: Any) -> None: ...
    async def closed_stream(self, network: Any, stream: Any) -> None: ...
    async def listen(self, network: Any, multiaddr: Any) -> None: ...
    async def listen_close(self, network: Any, multiaddr: Any) -> None: ...

    # Life

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Gossip first, then listen, then dial; the other way round to stop."""
        for text in self._settings.listen:
            refuse_taken(text)
        async with background_trio_service(self._network), trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._patience.run)
            await nursery.start(self._gossip.run)
            if self._settings.listen and not await self._network.listen(*map(Multiaddr, self._settings.listen)):
                raise AddressInUse(", ".join(self._settings.listen))
            for text in (*self._settings.bootstrap, *self._settings.anchors):
                self._supervisor.want(text, firm=True)
            for text in self._store.addresses().values():
                self._supervisor.remember(text)
            nursery.start_soon(self._supervisor.run)
            try:
                yield
            finally:
                self._nursery = None
                nursery.cancel_scope.cancel()
                with trio.CancelScope(shield=True):
                    await self._stop()

    async def _stop(self) -> None:
        conns = list(self._network.get_connections())
        with trio.move_on_after(1):
            await self._host.close()
        for conn in conns:
            await _cut(conn)


async def _cut(conn: Any) -> None:
    """Close the socket under a connection, without a word to the other side."""
    raw = getattr(getattr(conn.muxed_conn, "secured_conn", None), "conn", None)
    with trio.move_on_after(1) as scope:
        scope.shield = True
        try:
            conn.muxed_conn.event_closed.set()
            if raw is not None:
                await raw.close()
        except Exception as error:
            _log.debug("cutting a connection: %r", error)


@asynccontextmanager
async def open_transport(settings: Settings) -> AsyncIterator[Libp2pTransport]:
    """A transport that runs while the block does.

    Raises:
        AddressInUse, BadAddress
    """
    transport = Libp2pTransport(settings)
    async with transport.running():
        yield transport
