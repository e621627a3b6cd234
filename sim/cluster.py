"""A cluster of nodes on a virtual network: the node's own machine, its effects performed in virtual time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from node.chain.app import Applied
from node.machine import Machine
from settlement.solution import Solution
from sim.disk import Disk

#: How often a node says where it is.
STATUS_US = 500_000

Solving = Callable[[object], Sequence[Solution]]


@dataclass
class Member:
    """One node of the cluster."""

    index: int
    machine: Machine
    disk: Disk
    alive: bool = True
    born: int = 0
    applied: list[Applied] = field(default_factory=list)


def mac(key: bytes, digest: bytes) -> bytes:
    """A stand-in for validators' signatures where nobody tries to forge them: a keyed hash."""
    return hashlib.blake2b(digest, key=key, digest_size=32).digest()


def mac_holds(key: bytes, digest: bytes, signature: bytes) -> bool:
    return mac(key, digest) == signature
