"""What an operator may set about the interface: where it listens, who is let in, and every limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from intents.errors import UsageError

DEFAULT_PORT: Final = 8645
#: Names under which a browser or a tool on this machine reaches a loopback address.
LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "::1")
MIN_TOKEN_LENGTH: Final = 16
#: Most rows of a page.
MAX_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the interface. ``_s`` are seconds; buckets are per client address.

    ``body_bytes``: a request's body; an item is at most 320 KiB, in hex twice that. ``stream_queue``: messages
    that wait for one slow stream before it is closed. ``stream_ring``: kept per kind of topic for those who come
    back, and ``stream_ring_bytes`` of them.
    """

    body_bytes: int = 768 << 10
    body_s: float = 10.0
    query_bytes: int = 4096
    connections: int = 512
    idle_s: float = 30.0
    send_s: float = 15.0
    grace_s: float = 0.5
    requests_per_s: int = 500
    requests_burst: int = 2_000
    clients: int = 4_096
    streams: int = 64
    stream_topics: int = 64
    stream_queue: int = 256
    stream_ring: int = 256
    stream_ring_bytes: int = 1 << 20
    stream_message_bytes: int = 16 << 10
    stream_messages_per_s: int = 20
    heartbeat_s: float = 15.0


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``port`` 0 takes any that is free. ``token`` is what writers show.

    ``hosts`` are names (without port) that the Host header may give besides the loopback's and ``host`` itself;
    ``origins`` are web origins (``scheme://host:port``) whose pages may write and stream besides the node's own.
    """

    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if len(self.token) < MIN_TOKEN_LENGTH or not self.token.isascii() or not self.token.isprintable():
            raise UsageError("api.token", f"a token has {MIN_TOKEN_LENGTH} printable ASCII characters or more")
        if not 0 <= self.port <= 65_535:
            raise UsageError("api.port", f"a port is 0 to 65535, not {self.port}")

    @property
    def allowed_hosts(self) -> frozenset[str]:
        return frozenset(name.lower() for name in (*LOOPBACK_HOSTS, self.host, *self.hosts))
