"""The state tree: any map from keys to values under one root, with proofs that an entry is in it.

Entries are spread by the hash of their key over ``BUCKETS`` buckets. A bucket's root is over its entries in the
order of their keys, the state root over the buckets. So a change costs one bucket and a path, and a proof is two
short paths. What the root would be after some changes can be asked without making them.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from intents.canonical import pack
from settlement.ledger.merkle import EMPTY, climb, node_hash, path, root

BITS: Final = 10
BUCKETS: Final = 1 << BITS

#: New values by key; ``None`` takes the entry out.
Delta = Mapping[bytes, bytes | None]
#: Leaf hashes by key, in the order of keys.
Bucket = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Proof:
    """That ``key`` has ``value``: its place among the ``size`` entries of its bucket, and two paths upwards."""

    key: bytes
    value: bytes
    index: int
    size: int
    in_bucket: tuple[bytes, ...]
    to_root: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TreeChange:
    """What a delta does to a tree: the buckets it touches as they are after it, and nodes by place. Not to be
    changed."""

    buckets: Mapping[int, Bucket]
    nodes: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entry beside which a key would stand: its key, its place in the bucket and the path from there."""

    key: bytes
    index: int
    in_bucket: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """That ``key`` has no entry: it would be at ``place`` among the ``size`` of its bucket, between ``near``."""

    key: bytes
    place: int
    size: int
    near: tuple[Neighbour, ...]
    to_root: tuple[bytes, ...]


# Asked for again whenever an entry changes.
@lru_cache(maxsize=1 << 14)
def bucket_of(key: bytes) -> int:
    digest = hashlib.sha256(key).digest()
    return (digest[0] << 8 | digest[1]) >> (16 - BITS)


def entry_hash(key: bytes, value: bytes) -> bytes:
    return hashlib.sha256(b"\0" + pack([key, value])).digest()


def check(proof: Proof, state_root: bytes) -> bool:
    """Whether ``proof`` leads to ``state_root``."""
    bucket = climb(entry_hash(proof.key, proof.value), proof.index, proof.size, proof.in_bucket)
    return bucket is not None and climb(bucket, bucket_of(proof.key), BUCKETS, proof.to_root) == state_root


def check_absent(proof: Absence, values: Sequence[bytes], state_root: bytes) -> bool:
    """Whether ``proof``, with the neighbours' values, leads to ``state_root``."""
    places = [index for index in (proof.place - 1, proof.place) if 0 <= index < proof.size]
    if [near.index for near in proof.near] != places or len(values) != len(places):
        return False
    buckets = set()
    for near, value in zip(proof.near, values, strict=True):
        if near.key == proof.key or (near.key < proof.key) != (near.index < proof.place):
            return False
        buckets.add(climb(entry_hash(near.key, value), near.index, proof.size, near.in_bucket))
    bucket = buckets.pop() if buckets else EMPTY
    return (
        not buckets
        and bucket is not None
        and climb(bucket, bucket_of(proof.key), BUCKETS, proof.to_root) == state_root
    )


def _empty() -> tuple[bytes, ...]:
    """A heap of nodes without entries: node i has children 2i and 2i + 1, buckets are the last ``BUCKETS``."""
    nodes = [EMPTY] * (2 * BUCKETS)
    for i in reversed(range(1, BUCKETS)):
        nodes[i] = node_hash(nodes[2 * i], nodes[2 * i + 1])
    return tuple(nodes)


_EMPTY: Final = _empty()
_NOTHING: Final[Sequence[Bucket]] = ({},) * BUCKETS


class StateTree:
    """Hashes only: whoever keeps the values keeps them elsewhere."""

    __slots__ = ("_buckets", "_nodes")

    def __init__(self, buckets: Sequence[Bucket] = _NOTHING, nodes: Sequence[bytes] = _EMPTY) -> None:
        #: Buckets are replaced, never changed, so that copies may share them.
        self._buckets = list(buckets)
        self._nodes = list(nodes)

    @property
    def root(self) -> bytes:
        return self._nodes[1]

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets)

    def copy(self) -> StateTree:
        """Another tree with the same entries."""
        return StateTree(self._buckets, self._nodes)

    def change(self, delta: Delta) -> TreeChange:
        """What ``delta`` would change, here and in every tree with the same root."""
        sha256 = hashlib.sha256
        leaves = {
            # As ``entry_hash``, spelled out: a block changes thousands.
            key: None if value is None else sha256(b"\0" + pack([key, value])).digest()
            for key, value in delta.items()
        }
        return self._changed(leaves)

    def root_after(self, change: TreeChange) -> bytes:
        """The root as it would be."""
        return change.nodes.get(1, self.root)

    def root_with(self, delta: Delta) -> bytes:
        """The root as it would be after ``delta``."""
        return self.root_after(self.change(delta))

    def apply(self, delta: Delta) -> bytes:
        """Make the changes; returns the new root."""
        return self.take(self.change(delta))

    def take(self, change: TreeChange) -> bytes:
        """Make a change that was worked out on this tree or on one with the same root; returns the new root."""
        for place, node in change.nodes.items():
            self._nodes[place] = node
        for place, bucket in change.buckets.items():
            self._buckets[place] = bucket
        return self.root

    def prove(self, key: bytes, value: bytes) -> Proof | None:
        """A proof that ``key`` has ``value``; ``None`` where it has another, or none."""
        bucket = self._buckets[bucket_of(key)]
        if bucket.get(key) != entry_hash(key, value):
            return None
        index = list(bucket).index(key)
        return Proof(key, value, index, len(bucket), _in_bucket(bucket, index), self._to_root(key))

    def prove_absent(self, key: bytes) -> Absence | None:
        """A proof that there is no entry of ``key``; ``None`` where there is one."""
        bucket = self._buckets[bucket_of(key)]
        if key in bucket:
            return None
        keys = list(bucket)
        place = bisect_left(keys, key)
        near = tuple(
            Neighbour(keys[index], index, _in_bucket(bucket, index))
            for index in (place - 1, place)
            if 0 <= index < len(keys)
        )
        return Absence(key, place, len(keys), near, self._to_root(key))

    def _to_root(self, key: bytes) -> tuple[bytes, ...]:
        found, at = [], BUCKETS + bucket_of(key)
        while at > 1:
            found.append(self._nodes[at ^ 1])
            at //= 2
        return tuple(found)

    def _changed(self, leaves: Mapping[bytes, bytes | None]) -> TreeChange:
        """What new leaf hashes, ``None`` for entries taken out, make of the buckets and nodes they touch."""
        held, sha256 = self._nodes, hashlib.sha256
        touched: dict[int, dict[bytes, bytes | None]] = {}
        for key, leaf in leaves.items():
            touched.setdefault(bucket_of(key), {})[key] = leaf
        nodes: dict[int, bytes] = {}
        buckets: dict[int, Bucket] = {}
        for place, changed in touched.items():
            bucket = buckets[place] = _after(self._buckets[place], changed)
            nodes[BUCKETS + place] = root(list(bucket.values()))
        level = list(nodes)
        while level and level[0] > 1:
            level = list({place >> 1: None for place in level})
            for place in level:
                left, right = 2 * place, 2 * place + 1
                # As ``node_hash``, spelled out: half of what a small change costs are these.
                pair = (nodes.get(left) or held[left]) + (nodes.get(right) or held[right])
                nodes[place] = sha256(b"\1" + pair).digest()
        return TreeChange(buckets, nodes)


def _after(bucket: Bucket, changed: Mapping[bytes, bytes | None]) -> Bucket:
    """The bucket with the changes, in the order of keys."""
    found = {**bucket, **changed}
    if len(found) == len(bucket) and None not in changed.values():
        return cast("Bucket", found)  # nothing but other values: the order is as it was
    return {key: leaf for key in sorted(found) if (leaf := found[key]) is not None}


def _in_bucket(bucket: Bucket, index: int) -> tuple[bytes, ...]:
    """The path from entry ``index`` to the bucket's root."""
    return tuple(path(list(bucket.values()), index))
