"""Connections: whom to dial and when, which of two to keep, and who has stopped answering."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import trio
from libp2p.peer.id import ID
from multiaddr import Multiaddr

from p2p.backoff import Backoff
from p2p.base import BadAddress, Limits
from p2p.libp2p.host import address, reset
from p2p.libp2p.patience import Patience
from p2p.libp2p.peerstore import PeerStore
from p2p.libp2p.reaching import why_not_reached

_log = logging.getLogger(__name__)
PING = "/ipfs/ping/1.0.0"
_PING_BYTES = 32
_TICK_S = 0.2
_DIAL_S = 3.0
_PING_FAILURES = 3
_STRANGERS_AT_ONCE = 32
#: Until a peer that was reached is dialled again at the earliest, and until its failures are forgotten.
_AGAIN_MS, _LASTING_S = 500, 5.0
# A dial may fail as late as its own time limit: with this, the next begins inside five seconds.
_OFTEN_MS, _SELDOM_MS = 1_500, 60_000
#: Until whoever runs the node is told why a peer they named is not reached; until another reason is, or the same.
_TELL_S, _TELL_OTHER_S, _TELL_AGAIN_S = 5.0, 60.0, 3_600.0


@dataclass(slots=True)
class _Wanted:
    address: Multiaddr
    backoff: Backoff
    due_s: float = 0.0
    #: The operator's word: no address heard elsewhere replaces it.
    firm: bool = False
    #: It was reached before.
    met: bool = False
    dialling: bool = field(default=False)
    #: Since when dials have failed, and what whoever named the peer was told of that, when.
    failing_s: float | None = None
    told: str = ""
    told_s: float = 0.0

    @property
    def stranger(self) -> bool:
        """Known by hearsay alone."""
        return not (self.firm or self.met)


class Supervisor:
    """Keeps this host connected to the peers it wants, and rid of those that hang."""

    def __init__(
        self,
        host: Any,
        limits: Limits,
        rng: random.Random,
        count: Callable[..., None],
        allowed: Callable[[str], bool],
        drop: Callable[[str, str], None],
        store: PeerStore,
        patience: Patience,
    ) -> None:
        self._host, self._limits, self._rng = host, limits, rng
        self._patience = patience
        self._count, self._allowed, self._drop = count, allowed, drop
        self._store = store
        self._wanted: dict[str, _Wanted] = {}
        host.set_stream_handler(PING, _echo)

    def want(self, text: str, *, most_ms: int = _OFTEN_MS, firm: bool = False) -> None:
        """Stay connected to the peer of a whole multiaddr; redial it after at most ``most_ms``.

        A ``firm`` address stays the peer's until another firm one is given.
        """
        peer, parsed = address(text)
        if peer is None or peer == str(self._host.get_id()):
            return
        if peer in self._wanted and self._wanted[peer].firm and not firm:
            return
        if peer not in self._wanted and not self._has_room():
            self._count("known_peers_full")
            return
        # Of two that want each other, one waits a little: both dialling at once is only waste.
        first_s = trio.current_time() + (0.3 if peer < str(self._host.get_id()) else 0.0)
        self._wanted[peer] = _Wanted(parsed, Backoff(self._rng, most_ms=most_ms), first_s, firm)

    def _has_room(self) -> bool:
        """For one more to want: names are made up for nothing, so of strangers the first makes room for it."""
        if len(self._wanted) < self._limits.known_peers:
            return True
        strangers = (peer for peer, wanted in self._wanted.items() if wanted.stranger and not wanted.dialling)
        first = next(strangers, None)
        if first is None:
            return False
        del self._wanted[first]
        self._count("wanted_forgotten")
        return True

    def wants(self, peer: str) -> bool:
        """Whether it is one this node dials."""
        return peer in self._wanted

    def remember(self, text: str) -> None:
        """Want a peer met before: one that cannot be reached is tried seldom, a bad address not at all."""
        try:
            peer, _ = address(text)
        except BadAddress:
            self._count("bad_remembered_address")
            return
        if peer not in self._wanted:
            self.want(text, most_ms=_SELDOM_MS)

    async def run(self) -> None:
        """Dial what is due, until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                for peer, wanted in self._due():
                    wanted.dialling = True
                    nursery.start_soon(self._dial, peer, wanted)
                await trio.sleep(_TICK_S)

    def _due(self) -> list[tuple[str, _Wanted]]:
        """Whom to dial now: all that were reached before, and a few strangers at a time, the longest due first."""
        connected = {str(peer) for peer in self._host.get_connected_peers()}
        now_s = trio.current_time()
        for peer, wanted in self._wanted.items():
            if peer in connected and now_s >= wanted.due_s + _LASTING_S:
                wanted.backoff.succeeded()
        due = [
            (peer, wanted)
            for peer, wanted in self._wanted.items()
            if not wanted.dialling and now_s >= wanted.due_s and peer not in connected and self._allowed(peer)
        ]
        strangers = sorted((one for one in due if one[1].stranger), key=lambda one: one[1].due_s)
        room = _STRANGERS_AT_ONCE - sum(wanted.stranger and wanted.dialling for wanted in self._wanted.values())
        return [one for one in due if not one[1].stranger] + strangers[: max(0, room)]

    async def _dial(self, peer: str, wanted: _Wanted) -> None:
        try:
            with self._patience.fail_after(_DIAL_S):
                await self._host.get_network().dial_addr(wanted.address, ID.from_string(peer))
            wanted.met = True
            wanted.failing_s, wanted.told = None, ""
            self._count("dialled")
            self._remembered(peer, wanted.address)
            least_ms = _AGAIN_MS
        except Exception as error:
            _log.debug("dialling %s: %r", peer, error)
            self._count("dial_failed")
            _tell(wanted, why_not_reached(error))
            least_ms = 0
        finally:
            wanted.dialling = False
        # Forgiven once the connection lasts: a peer may take it only to close it, and that for as long as we try.
        wanted.due_s = trio.current_time() + max(least_ms, wanted.backoff.failed()) / 1_000

    def _remembered(self, peer: str, address: Multiaddr) -> None:
        try:
            self._store.met(peer, str(address))
        except OSError as error:
            # The file is only a help.
            _log.debug("the peer file: %r", error)
            self._count("peer_file_failed")

    async def watch(self, peer: str) -> None:
        """Ping until the peer fails to answer in time, then drop it. A busy one whose answer is late is given more
        time as long as anything comes from it."""
        stream: Any = None
        failures, name = 0, ID.from_string(peer)
        try:
            while failures < _PING_FAILURES:
                try:
                    with self._patience.fail_after(
                        self._limits.ping_timeout_ms / 1_000, partial(self._heard, name)
                    ):
                        stream = stream or await self._host.new_stream(name, [PING])
                        await _ping(stream)
                    failures = 0
                    await trio.sleep(self._limits.ping_interval_ms / 1_000)
                except trio.TooSlowError:
                    self._count("hung")
                    break
                except Exception as error:
                    # Perhaps it was on a connection given up for another.
                    _log.info("pinging %s ended: %r", peer, error)
                    self._count("ping_failed")
                    if stream is not None:
                        await reset(stream)
                    stream, failures = None, failures + 1
                    await trio.sleep(0.1)
            self._drop(peer, "does not answer")
        finally:
            if stream is not None:
                await reset(stream)

    def _heard(self, name: ID) -> int:
        """Frames that have come from a peer over the connections there are with it."""
        return sum(conn.muxed_conn.bodies_read for conn in self._host.get_network().get_connections(name))


def _tell(wanted: _Wanted, why: str) -> None:
    """Of a peer that the operator named, in one line; again when the reason is another, or after an hour."""
    now_s = trio.current_time()
    if wanted.failing_s is None:
        wanted.failing_s = now_s
    if not wanted.firm or now_s < wanted.failing_s + _TELL_S:
        return
    again_s = _TELL_AGAIN_S if why == wanted.told else _TELL_OTHER_S
    if not wanted.told or now_s >= wanted.told_s + again_s:
        wanted.told, wanted.told_s = why, now_s
        _log.warning("%s is not reached: %s; it is dialled on", wanted.address, why)


async def _ping(stream: Any) -> None:
    sent = os.urandom(_PING_BYTES)
    await stream.write(sent)
    back = b""
    while len(back) < _PING_BYTES:
        part = await stream.read(_PING_BYTES - len(back))
        if not part:
            raise EOFError("the ping stream ended")
        back += part
    if back != sent:
        raise ValueError("another ping came back")


async def _echo(stream: Any) -> None:
    """Answer pings."""
    held = b""
    try:
        while part := await stream.read(_PING_BYTES):
            held += part
            while len(held) >= _PING_BYTES:
                await stream.write(held[:_PING_BYTES])
                held = held[_PING_BYTES:]
    except Exception as error:
        _log.debug("a ping stream ended: %r", error)
    finally:
        await reset(stream)


def surplus(connections: list[Any], own: str, peer: str) -> list[Any]:
    """Which connections to give up of several with one peer: both sides keep one that the smaller id dialled."""
    connections = [connection for connection in connections if not connection.is_closed]
    if len(connections) < 2:
        return []
    dialler = "outbound" if own < peer else "inbound"
    kept = next((c for c in connections if _direction(c) == dialler), connections[0])
    return [connection for connection in connections if connection is not kept]


def _direction(connection: Any) -> str:
    return str(getattr(connection.direction, "name", connection.direction)).lower()
