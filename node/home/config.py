"""How one node runs, as a value: the sections and keys of ``walras.toml`` with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

#: The node's default ports, on the loopback interface.
P2P_PORT: Final = 8644
API_PORT: Final = 8645


class RoleName(StrEnum):
    """As ``node.served.Role``, which needs more imports than reading a configuration may cost."""

    VALIDATOR = "validator"
    SOLVER = "solver"
    FULL = "full"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class NodePart:
    """Who this node is."""

    name: str = "node"
    role: RoleName = RoleName.VALIDATOR


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """Whom it listens to and dials. ``allow`` empty: everybody not in ``deny``."""

    listen: tuple[str, ...] = (f"/ip4/127.0.0.1/tcp/{P2P_PORT}",)
    bootstrap: tuple[str, ...] = ()
    announce: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiPart:
    """Where its interface and page are. ``host`` other than loopback shows them to others."""

    host: str = "127.0.0.1"
    port: int = API_PORT
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SolverPart:
    """What answers auctions: a built-in's name, a .py file or a URL; empty: nobody.

    ``seconds`` is what it may take; 0: seven tenths of the network's window, the rest is for sealing and sending.
    """

    spec: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LightPart:
    """Whom a light client asks: URLs of full nodes' interfaces, best of different owners."""

    full_nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitsPart:
    """Bounds on what others may ask of it, per second and in all."""

    connections: int = 64
    requests_per_s: int = 500
    owner_items_per_s: int = 1_000
    peer_items_per_s: int = 2_500
    peer_messages_per_s: int = 5_000
    peer_bytes_per_s: int = 16 << 20


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """``network`` is ``None`` where the node is alone, ``light`` where it is no light client."""

    node: NodePart = field(default_factory=NodePart)
    network: NetworkPart | None = None
    api: ApiPart = field(default_factory=ApiPart)
    solver: SolverPart = field(default_factory=SolverPart)
    light: LightPart | None = None
    limits: LimitsPart = field(default_factory=LimitsPart)
