"""The state tree and its Merkle proofs."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.ledger.merkle import EMPTY, climb, leaf_hash, path, root
from settlement.ledger.tree import StateTree, bucket_of, check, check_absent

KEYS = st.integers(0, 60).map(lambda i: b"key %d" % i)
DELTAS = st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=4), max_size=12), max_size=8)


def test_roots_are_those_of_rfc_9162() -> None:
    """The tree over seven leaves as the RFC's definition splits it: by the largest power of two below the size."""

    def split(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        k = 1
        while 2 * k < len(leaves):
            k *= 2
        return hashlib.sha256(b"\1" + split(leaves[:k]) + split(leaves[k:])).digest()

    for size in range(1, 40):
        leaves = [leaf_hash(bytes([i])) for i in range(size)]
        assert root(leaves) == split(leaves)
    assert root([]) == EMPTY


def test_known_roots_of_certificate_transparency() -> None:
    """Leaves "", 00 and 10 of the reference test data of Certificate Transparency."""
    leaves = [leaf_hash(bytes.fromhex(data)) for data in ("", "00", "10")]
    assert root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert root(leaves[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert root(leaves).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"


@given(st.integers(1, 33), st.data())
def test_every_leaf_climbs_to_the_root_and_no_other_does(size: int, data: st.DataObject) -> None:
    """A path proves its own leaf at its own place."""
    leaves = [leaf_hash(bytes([i])) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    siblings = path(leaves, index)
    assert climb(leaves[index], index, size, siblings) == root(leaves)
    assert climb(leaf_hash(b"other"), index, size, siblings) != root(leaves)
    assert climb(leaves[index], index, size, [*siblings, leaves[0]]) is None
    assert climb(leaves[index], size, size, siblings) is None


@settings(max_examples=60, deadline=None)
@given(DELTAS)
def test_the_root_depends_on_the_entries_alone(deltas: list[dict[bytes, bytes | None]]) -> None:
    """Changes one by one, asked for first or not, give the root of a tree built at once."""
    tree, entries = StateTree(), dict[bytes, bytes]()
    for delta in deltas:
        asked = tree.root_with(delta)
        assert tree.apply(dict(delta)) == asked
        for key, value in delta.items():
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = value
    fresh = StateTree()
    fresh.apply(dict(sorted(entries.items())))
    assert (fresh.root, len(fresh)) == (tree.root, len(tree))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(KEYS, st.binary(max_size=4), min_size=1, max_size=30))
def test_a_proof_holds_for_its_entry_and_root_only(entries: dict[bytes, bytes]) -> None:
    """Another value, key, place or root: refused."""
    tree = StateTree()
    tree.apply(dict(entries))
    for key, value in entries.items():
        proof = tree.prove(key, value)
        assert proof is not None
        assert check(proof, tree.root)
        assert not check(replace(proof, value=value + b"x"), tree.root)
        assert not check(replace(proof, key=key + b"x"), tree.root)
        assert not check(replace(proof, index=proof.index + 1), tree.root)
        assert not check(proof, EMPTY)
        assert tree.prove(key, value + b"x") is None
    assert tree.prove(b"no such key", b"") is None


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, st.binary(max_size=4), max_size=30), KEYS)
def test_absence_is_proven_for_what_is_absent_only(entries: dict[bytes, bytes], key: bytes) -> None:
    """Another key, place, size, value or root: refused; and of what is there, there is no such proof."""
    tree = StateTree()
    tree.apply(dict(entries))
    proof = tree.prove_absent(key)
    if key in entries:
        assert proof is None
        return
    assert proof is not None
    values = [entries[near.key] for near in proof.near]
    assert check_absent(proof, values, tree.root)
    assert not check_absent(proof, values, b"r" * 32)
    assert not check_absent(replace(proof, place=proof.place + 1, size=proof.size + 1), values, tree.root)
    assert not check_absent(proof, [*values, b""], tree.root)
    for near, value in zip(proof.near, values, strict=True):
        assert not check_absent(replace(proof, key=near.key), values, tree.root)
        assert not check_absent(proof, [value + b"x"] * len(values), tree.root)
        assert not check_absent(replace(proof, near=proof.near[1:]), values[1:], tree.root)


def test_what_is_in_a_full_bucket_cannot_be_shown_absent() -> None:
    """Every pair of neighbours, every place and size somebody might claim: none proves a key that is there."""
    keys: list[bytes] = []
    number = 0
    while len(keys) < 7:
        key = b"%d" % number
        number += 1
        if bucket_of(key) == 5:
            keys.append(key)
    keys.sort()
    tree = StateTree()
    tree.apply(dict.fromkeys(keys, b"v"))
    fresh = StateTree()
    fresh.apply({key: b"v" for key in keys if key != keys[3]})
    honest = fresh.prove_absent(keys[3])
    assert honest is not None
    assert check_absent(honest, [b"v"] * 2, fresh.root)
    others = [tree.prove(key, b"v") for key in keys]
    for place in range(9):
        for size in range(9):
            for pair in ((2, 3), (2, 4), (3, 4), (2,), (4,), ()):
                near = tuple(
                    replace(honest.near[0], key=keys[i], index=i, in_bucket=found.in_bucket)
                    for i in pair
                    if (found := others[i]) is not None
                )
                forged = replace(honest, place=place, size=size, near=near)
                assert not check_absent(forged, [b"v"] * len(near), tree.root)
