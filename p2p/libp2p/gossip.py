"""Gossip on libp2p streams: one written stream and one read per neighbour, with :class:`p2p.mesh.Mesh` between.

py-libp2p's own Pubsub and GossipSub are not used: what they drop, crash on or forget is at the middle of them (see
docs/wire.md for what of the protocol is spoken). Order of business for a message: size, rate, seen or not, marked
seen, validated, then forwarded and handed on.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import trio
from libp2p.peer.id import ID

from p2p.base import Handler, Limits, MessageTooLarge, UnknownTopic, Validator, Verdict
from p2p.buckets import TokenBucket
from p2p.clock import monotonic_ms
from p2p.framing import BadFrame, FrameTooLong, VarintFrames
from p2p.libp2p import rpc as codec
from p2p.libp2p.host import finish, reset
from p2p.libp2p.outbox import Outbox
from p2p.libp2p.patience import Patience
from p2p.libp2p.quick import quick_stream
from p2p.mesh import Mesh, MeshParams
from p2p.messages import Rpc, Sends, message_id
from p2p.scoring import Offence

_log = logging.getLogger(__name__)

V12, V11 = "/meshsub/1.2.0", "/meshsub/1.1.0"
PROTOCOLS = (V12, V11)
_STALL_S = 6.0
#: Streams that fail one after the other.
_STREAMS = 3
#: In each span of forwarding, when some of the neighbours have their turn.
_PLACES = 4


@dataclass(slots=True)
class _Topic:
    validator: Validator
    handler: Handler
    send: trio.MemorySendChannel[tuple[str, bytes]]
    receive: trio.MemoryReceiveChannel[tuple[str, bytes]]


@dataclass(slots=True)
class _Peer:
    """A neighbour's gossip: its outbox, its rates, its validations under way."""

    outbox: Outbox
    messages: TokenBucket
    bytes_: TokenBucket
    validating: trio.Semaphore
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    readers: int = 0


class Gossip:
    """The gossip of one host. ``drop`` closes a peer's connection; ``penalise`` charges it."""

    def __init__(
        self,
        host: Any,
        limits: Limits,
        params: MeshParams,
        mesh: Mesh,
        count: Callable[..., None],
        penalise: Callable[[str, Offence], None],
        drop: Callable[[str, str], None],
        rng: random.Random,
        patience: Patience,
    ) -> None:
        self._rng, self._patience = rng, patience
        self._host, self._limits, self._params, self._mesh = host, limits, params, mesh
        self._count, self._penalise, self._drop = count, penalise, drop
        self._topics: dict[str, _Topic] = {}
        self._peers: dict[str, _Peer] = {}
        self._forwarding = trio.Event()
        self._nursery: trio.Nursery | None = None
        for protocol in PROTOCOLS:
            host.set_stream_handler(protocol, self._read)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Beat until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for topic in self._topics.values():
                nursery.start_soon(self._hand_on, topic)
            task_status.started()
            nursery.start_soon(self._release)
            while True:
                await trio.sleep(self._params.heartbeat_ms / 1_000)
                self._send(self._mesh.heartbeat(monotonic_ms()))

    async def _release(self) -> None:
        """Every neighbour gets what there is to forward once in ``forward_ms``, at a random place in it.

        Of two neighbours about to send each other the same one is first and spares the other. And what a flood
        makes us pass on does not reach all of them from us first, which would use up our share with them.
        """
        while True:
            await self._forwarding.wait()
            self._forwarding = trio.Event()
            peers = list(self._peers.values())
            self._rng.shuffle(peers)
            for place in range(_PLACES):
                await trio.sleep(self._params.forward_ms / 1_000 / _PLACES)
                for peer in peers[place::_PLACES]:
                    peer.outbox.release()

    def subscribe(self, topic: str, validator: Validator, handler: Handler) -> None:
        if topic in self._topics:
            raise ValueError(f"already subscribed to {topic}")
        if len(self._topics) >= self._limits.topics:
            raise ValueError(f"more than {self._limits.topics} topics")
        send, receive = trio.open_memory_channel[tuple[str, bytes]](self._limits.handler_queue)
        self._topics[topic] = held = _Topic(validator, handler, send, receive)
        self._send(self._mesh.join(topic))
        if self._nursery is not None:
            self._nursery.start_soon(self._hand_on, held)

    async def publish(self, topic: str, data: bytes) -> int:
        if topic not in self._topics:
            raise UnknownTopic(topic)
        if len(data) > self._limits.message_bytes:
            raise MessageTooLarge(len(data), self._limits.message_bytes)
        mid = message_id(topic, data)
        await trio.lowlevel.checkpoint()
        if not self._mesh.seen.add(mid, monotonic_ms()):
            self._count("published_again")
            return 0
        targets = self._mesh.route(mid, topic, data, None)
        for target in targets:
            peer = self._peers.get(target)
            if peer is not None and len(peer.outbox) > self._limits.publish_queue:
                self._count("publisher_waited")
                await peer.outbox.eased()
        self._count("published")
        return self._forward(targets, mid, topic, data, urgent=True)

    def connected(self, peer: str) -> None:
        """A connection stands: write to it."""
        if self._nursery is not None and peer not in self._peers:
            self._peers[peer] = self._new_peer()
            self._peers[peer].outbox.put(codec.body(self._mesh.add_peer(peer)))
            self._nursery.start_soon(self._write, peer, self._peers[peer])

    def lost(self, peer: str) -> None:
        known = self._peers.pop(peer, None)
        if known is not None:
            known.outbox.close()
            known.scope.cancel()
        self._mesh.remove_peer(peer)

    def _new_peer(self) -> _Peer:
        limits, now_us = self._limits, monotonic_ms() * 1_000
        return _Peer(
            Outbox(limits),
            TokenBucket(limits.peer_messages_per_s, limits.peer_burst_messages, now_us),
            TokenBucket(limits.peer_bytes_per_s, limits.peer_burst_bytes, now_us),
            trio.Semaphore(limits.validators_per_peer),
        )

    # Writing

    async def _write(self, name: str, peer: _Peer) -> None:
        """Keep a stream to the peer and write its outbox to it; it begins with our topics."""
        unsent, scope, failures = b"", peer.scope, 0
        stream: Any = None
        with scope:
            while failures < _STREAMS:
                try:
                    self._patience.limit(scope, _STALL_S)
                    stream = await self._host.new_stream(ID.from_string(name), list(PROTOCOLS))
                    quick_stream(stream)
                    self._mesh.speaks(name, 12 if stream.get_protocol() == V12 else 11)
                    while not peer.outbox.closed:
                        self._patience.lift(scope)
                        unsent = unsent or await peer.outbox.take()
                        self._patience.limit(scope, _STALL_S)
                        await stream.write(unsent)
                        unsent, failures = b"", 0
                        self._count("frames_written")
                except Exception as error:
                    # One of two connections was given up, or the peer is slow: what was not sent goes over another
                    # stream, and what was, is read to its end.
                    _log.info("a gossip stream to %s ended: %r", name, error)
                    self._count("write_failed")
                    failures += 1
                    await finish(stream)
                    stream = None
                    await trio.sleep(0.1)
        self._patience.lift(scope)
        if self._peers.get(name) is peer:
            if scope.cancelled_caught:
                self._count("write_stalled")
            self._drop(name, "cannot be written to")

    def _forward(self, targets: list[str], mid: bytes, topic: str, data: bytes, *, urgent: bool) -> int:
        written = codec.body(Rpc(messages=((topic, data),)))
        sent = 0
        for target in targets:
            peer = self._peers.get(target)
            if peer is not None and peer.outbox.put(written, mid, urgent=urgent):
                sent += 1
            elif peer is not None:
                self._count("queue_full")
                self._mesh.owe(target, mid, topic)
        return sent

    def _send(self, sends: Sends) -> None:
        for name, message in sends:
            peer = self._peers.get(name)
            if peer is None or peer.outbox.put(codec.body(message)):
                continue
            self._count("queue_full" if message.messages else "control_dropped")
            for topic, data in message.messages:
                self._mesh.owe(name, message_id(topic, data), topic)

    # Reading

    async def _read(self, stream: Any) -> None:
        """A neighbour's stream, until it ends or breaks the rules."""
        name = str(stream.muxed_conn.peer_id)
        peer = self._peers.get(name)
        if peer is None or peer.readers >= 2 or self._nursery is None:
            await reset(stream)
            return
        peer.readers += 1
        quick_stream(stream)
        frames = VarintFrames(self._limits.frame_bytes)
        try:
            while data := await stream.read():
                for frame in frames.feed(data):
                    await self._take(name, peer, codec.decode(frame, self._limits), len(frame))
        except FrameTooLong as error:
            _log.info("peer %s: an RPC is too long: %s", name, error)
            self._broke(name, "oversize_rpc", Offence.OVERSIZE)
        except (BadFrame, codec.BadRpc) as error:
            _log.info("peer %s: an RPC is malformed: %s", name, error)
            self._broke(name, "malformed_rpc", Offence.MALFORMED)
        except Exception as error:
            _log.debug("reading %s ended: %r", name, error)
        finally:
            peer.readers -= 1
            await reset(stream)

    def _broke(self, name: str, what: str, offence: Offence) -> None:
        self._count(what)
        self._penalise(name, offence)
        self._drop(name, what)

    async def _take(self, name: str, peer: _Peer, message: Rpc, size: int) -> None:
        now_us = monotonic_ms() * 1_000
        wait_us = max(peer.bytes_.owe(size, now_us), peer.messages.owe(max(1, len(message.messages)), now_us))
        if wait_us:
            self._count("peer_slowed")
            await trio.sleep(wait_us / 1_000_000)
        self._send([(name, answer) for answer in self._mesh.handle(name, message, monotonic_ms())])
        for topic, data in message.messages:
            held = self._topics.get(topic)
            if held is None:
                self._count("unknown_topic")
                continue
            mid = message_id(topic, data)
            if not self._mesh.seen.add(mid, monotonic_ms()):
                self._count("duplicates")
                peer.outbox.discard(mid)
                # It may still be with the validator here, and not in that outbox yet.
                self._mesh.has(name, mid, monotonic_ms())
                continue
            self._send(self._mesh.unwanted(mid, topic, len(data), name))
            await peer.validating.acquire()
            assert self._nursery is not None
            self._nursery.start_soon(self._judge, name, peer, held, mid, topic, data)

    async def _judge(self, name: str, peer: _Peer, held: _Topic, mid: bytes, topic: str, data: bytes) -> None:
        try:
            verdict = await held.validator(name, data)
            if verdict is Verdict.ACCEPT:
                self._count("accepted")
                self._forward(self._mesh.route(mid, topic, data, name), mid, topic, data, urgent=False)
                self._forwarding.set()
                await held.send.send((name, data))
            elif verdict is Verdict.REJECT:
                self._count("rejected")
                self._penalise(name, Offence.INVALID)
            else:
                self._count("ignored")
                self._mesh.seen.forget(mid)
        except Exception:
            self._count("validator_failed")
            self._mesh.seen.forget(mid)
            _log.exception("a validator of %s failed", topic)
        finally:
            peer.validating.release()

    async def _hand_on(self, held: _Topic) -> None:
        """Accepted messages to the subscription's handler, one by one."""
        async for name, data in held.receive:
            try:
                await held.handler(name, data)
            except Exception:
                self._count("handler_failed")
                _log.exception("a handler failed")
