"""Merkle trees as in Certificate Transparency (RFC 9162, section 2.1): roots, inclusion proofs, and their check.

Leaves and inner nodes are hashed under different prefixes, so neither can pass for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

#: The root of no leaves at all.
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes. Level by level: an odd last node moves up as it is, which is the RFC's tree."""
    if not leaves:
        return EMPTY
    level, sha256 = list(leaves), hashlib.sha256
    while len(level) > 1:
        above = [sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings that lead from leaf hash ``index`` to the root, lowest first."""
    found: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            found.append(level[sibling])
        above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level, index = above, index // 2
    return found


def climb(leaf: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root that ``siblings`` lead to from a leaf hash at ``index`` of ``size``; ``None`` if they cannot."""
    if not 0 <= index < size:
        return None
    at, rest = leaf, list(siblings)
    while size > 1:
        if index ^ 1 < size:
            if not rest:
                return None
            sibling = rest.pop(0)
            at = node_hash(sibling, at) if index & 1 else node_hash(at, sibling)
        index, size = index // 2, (size + 1) // 2
    return None if rest else at
