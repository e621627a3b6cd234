"""What a node asks of a network: publish, subscribe, request, serve, peers, events. libp2p is not known here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Verdict(Enum):
    """What a validator says of a message before it is forwarded."""

    ACCEPT = "accept"
    #: Malformed or forged: dropped, and held against the peer that sent it.
    REJECT = "reject"
    #: Not wanted now (too many, too early): dropped, held against nobody, welcome again later.
    IGNORE = "ignore"


class EventKind(Enum):
    CONNECTED = "connected"
    LOST = "lost"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class PeerEvent:
    kind: EventKind
    peer: str
    reason: str = ""


#: (sender, data) -> verdict. The sender is the neighbour the bytes came from, which need not be their author.
Validator = Callable[[str, bytes], Awaitable[Verdict]]
#: (sender, data) of an accepted message.
Handler = Callable[[str, bytes], Awaitable[None]]
#: (peer, request) -> response.
Server = Callable[[str, bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound of a transport. The first two must be the same on all nodes of a network."""

    #: Largest gossip message: refused at the publisher above it.
    message_bytes: int = 256 * 1024
    #: Largest gossip frame (an RPC of one message and control).
    frame_bytes: int = 512 * 1024
    request_bytes: int = 1024 * 1024
    response_bytes: int = 64 * 1024 * 1024
    #: By protocol, where the largest response is less than that: a peer that is asked little answers no more.
    responses: tuple[tuple[str, int], ...] = ()
    #: A publisher waits while a neighbour's queue holds more than this.
    publish_queue: int = 256
    #: Nothing is put in a neighbour's queue above this: it is counted and offered again by IHAVE.
    queue_messages: int = 8_192
    queue_bytes: int = 32 * 1024 * 1024
    #: Accepted messages waiting for a subscription's handler.
    handler_queue: int = 4_096
    #: Validators at work for one neighbour; more, and it is not read from.
    validators_per_peer: int = 16
    #: A neighbour above these is read from more slowly; nothing of it is dropped.
    peer_messages_per_s: int = 5_000
    peer_burst_messages: int = 10_000
    peer_bytes_per_s: int = 16 * 1024 * 1024
    peer_burst_bytes: int = 32 * 1024 * 1024
    requests_per_peer: int = 16
    requests_in_all: int = 64
    request_timeout_ms: int = 10_000
    connections: int = 64
    #: Peers whose addresses share a /24 (IPv6: a /48), loopback apart: one operator is not to fill all places.
    connections_per_subnet: int = 32
    #: Connections that others of one such subnet begin: each costs a handshake, whoever it is refused to then.
    arrivals_per_s: int = 4
    arrivals_burst: int = 64
    topics: int = 64
    seen_messages: int = 131_072
    seen_ms: int = 120_000
    cache_messages: int = 16_384
    cache_bytes: int = 64 * 1024 * 1024
    ping_interval_ms: int = 2_000
    ping_timeout_ms: int = 4_000
    ban_ms: int = 600_000
    #: Pairs of peer and topic remembered as not to be grafted for a while.
    backoffs: int = 4_096
    events: int = 1_024
    known_peers: int = 1_024


class P2PError(Exception):
    """The transport could not do what was asked."""


class MessageTooLarge(P2PError):
    """A message, request or response is over the network's limit: nothing was sent."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes, and the limit is {limit}")
        self.size, self.limit = size, limit


class UnknownTopic(P2PError):
    """Published to a topic this node has not subscribed to."""


class UnknownPeer(P2PError):
    """No connection with that peer."""


class RequestFailed(P2PError):
    """The peer refused, failed, hung up, or spoke out of turn. ``reason`` is one word."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class RequestTimedOut(P2PError):
    """No whole response in the time given."""


class AddressInUse(P2PError):
    """Another process listens at that address, or it cannot be listened at for another ``reason``."""

    def __init__(self, address: str, reason: str = "address already in use") -> None:
        super().__init__(f"{address}: {reason}")
        self.address, self.reason = address, reason


class BadAddress(P2PError):
    """Not a multiaddr of the form /ip4/…/tcp/…/p2p/… (or ip6, dns)."""


class KeyFileError(P2PError):
    """The identity key cannot be read, is damaged, or others may read it."""


class Transport(Protocol):
    """A node's network. Peers are named by text (base58 peer ids); times are milliseconds."""

    @property
    def identity(self) -> str: ...

    @property
    def addresses(self) -> tuple[str, ...]: ...

    def peers(self) -> tuple[str, ...]: ...

    def counters(self) -> dict[str, int]: ...

    async def publish(self, topic: str, data: bytes) -> int:
        """Hand ``data`` to the neighbours, waiting while their queues are full; how many were sent it.

        Raises:
            MessageTooLarge, UnknownTopic
        """
        ...

    def subscribe(self, topic: str, validator: Validator, handler: Handler) -> None: ...

    async def request(self, peer: str, protocol: str, data: bytes, timeout_ms: int | None = None) -> bytes:
        """The peer's response.

        Raises:
            UnknownPeer, MessageTooLarge, RequestFailed, RequestTimedOut
        """
        ...

    def serve(self, protocol: str, server: Server) -> None: ...

    def events(self) -> AsyncIterator[PeerEvent]: ...

    async def ban(self, peer: str, reason: str, for_ms: int | None = None) -> None:
        """Disconnect, and let it in again after ``for_ms`` (``None``: ``Limits.ban_ms``) at the earliest."""
        ...

    def want(self, address: str) -> None:
        """Dial a peer and stay connected with it. Raises ``BadAddress``."""
        ...
