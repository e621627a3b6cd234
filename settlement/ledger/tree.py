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
from typing import Final

from intents.canonical import pack
from settlement.ledger.merkle import EMPTY, climb, node_hash, path, root

BITS: Final = 10
BUCKETS: Final = 1 << BITS

#: New values by key; ``None`` takes the entry out.
Delta = Mapping[bytes, bytes | None]


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
    """What a delta does to a tree: leaf hashes by key (``None``: taken out), the keys of each bucket it touches,
    nodes by place. Not to be changed."""

    leaves: Mapping[bytes, bytes | None]
    keys: Mapping[int, tuple[bytes, ...]]
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


def bucket_of(key: bytes) -> int:
    return int.from_bytes(hashlib.sha256(key).digest()[:2], "big") >> (16 - BITS)


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


class StateTree:
    """Hashes only: whoever keeps the values keeps them elsewhere."""

    __slots__ = ("_keys", "_leaves", "_nodes")

    def __init__(self, nodes: Sequence[bytes] = _EMPTY) -> None:
        #: By bucket its keys in order: never changed, so that copies may share them.
        self._keys: dict[int, tuple[bytes, ...]] = {}
        self._leaves: dict[bytes, bytes] = {}
        self._nodes = list(nodes)

    @property
    def root(self) -> bytes:
        return self._nodes[1]

    def __len__(self) -> int:
        return len(self._leaves)

    def copy(self) -> StateTree:
        """Another tree with the same entries."""
        found = StateTree(self._nodes)
        found._keys = dict(self._keys)
        found._leaves = dict(self._leaves)
        return found

    def change(self, delta: Delta) -> TreeChange:
        """What ``delta`` would change, here and in every tree with the same root."""
        sha256 = hashlib.sha256
        leaves = {
            # As ``entry_hash``, spelled out: a block changes thousands.
            key: None if value is None else sha256(b"\0" + pack([key, value])).digest()
            for key, value in delta.items()
        }
        keys, nodes = self._changed(leaves)
        return TreeChange(leaves, keys, nodes)

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
        for key, leaf in change.leaves.items():
            if leaf is not None:
                self._leaves[key] = leaf
            else:
                self._leaves.pop(key, None)
        self._keys.update(change.keys)
        return self.root

    def prove(self, key: bytes, value: bytes) -> Proof | None:
        """A proof that ``key`` has ``value``; ``None`` where it has another, or none."""
        if self._leaves.get(key) != entry_hash(key, value):
            return None
        keys = self._keys[bucket_of(key)]
        index = bisect_left(keys, key)
        return Proof(key, value, index, len(keys), self._in_bucket(key, index), self._to_root(key))

    def prove_absent(self, key: bytes) -> Absence | None:
        """A proof that there is no entry of ``key``; ``None`` where there is one."""
        if key in self._leaves:
            return None
        keys = self._keys.get(bucket_of(key), ())
        place = bisect_left(keys, key)
        near = tuple(
            Neighbour(keys[index], index, self._in_bucket(key, index))
            for index in (place - 1, place)
            if 0 <= index < len(keys)
        )
        return Absence(key, place, len(keys), near, self._to_root(key))

    def _in_bucket(self, key: bytes, index: int) -> tuple[bytes, ...]:
        """The path from entry ``index`` of the bucket that ``key`` belongs in."""
        return tuple(path([self._leaves[other] for other in self._keys[bucket_of(key)]], index))

    def _to_root(self, key: bytes) -> tuple[bytes, ...]:
        found, at = [], BUCKETS + bucket_of(key)
        while at > 1:
            found.append(self._nodes[at ^ 1])
            at //= 2
        return tuple(found)

    def _changed(
        self, leaves: Mapping[bytes, bytes | None]
    ) -> tuple[dict[int, tuple[bytes, ...]], dict[int, bytes]]:
        """The buckets' keys after the change, and the nodes that differ, by place."""
        known, held, sha256 = self._leaves, self._nodes, hashlib.sha256
        touched: dict[int, list[bytes]] = {}
        for key in leaves:
            touched.setdefault(bucket_of(key), []).append(key)
        nodes: dict[int, bytes] = {}
        after: dict[int, tuple[bytes, ...]] = {}
        for bucket, changed in touched.items():
            before = self._keys.get(bucket, ())
            if all(leaves[key] is not None and key in known for key in changed):
                keys = before
            else:
                gone = {key for key in changed if leaves[key] is None}
                keys = tuple(sorted({*before, *changed} - gone))
            after[bucket] = keys
            nodes[BUCKETS + bucket] = root([leaves.get(key) or known[key] for key in keys])
        level = list(nodes)
        while level and level[0] > 1:
            level = list({place >> 1: None for place in level})
            for place in level:
                left, right = 2 * place, 2 * place + 1
                # As ``node_hash``, spelled out: half of what a small change costs are these.
                pair = (nodes.get(left) or held[left]) + (nodes.get(right) or held[right])
                nodes[place] = sha256(b"\1" + pair).digest()
        return after, nodes
