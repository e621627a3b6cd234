"""Checks a proof made by `walras ledger prove` against a state root, with nothing but SHA-256.

    python check_proof.py PROOF.json ROOT

A Merkle tree as in RFC 9162, section 2.1, in two storeys: 1,024 buckets by the key's hash, in each its entries by
key; an absent key would lie between its neighbours. Proven are `key` and `value`, `entry` is its author's word.
"""

import hashlib
import json
import pathlib
import sys


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def text(data):
    """A byte string in msgpack."""
    kind, wide = (0xC4, 1) if len(data) < 256 else (0xC5, 2) if len(data) < 65536 else (0xC6, 4)
    return bytes([kind]) + len(data).to_bytes(wide, "big") + data


def climb(node, index, size, siblings):
    """From a leaf at `index` of `size` to the root; an odd last node moves up as it is."""
    siblings = [bytes.fromhex(sibling) for sibling in siblings] if 0 <= index < size else [b""] * 99
    while size > 1:
        if index ^ 1 < size:
            node = sha(b"\1", siblings.pop(0), node) if index & 1 else sha(b"\1", node, siblings.pop(0))
        index, size = index // 2, (size + 1) // 2
    return b"" if siblings else node


sys.argv[2:] or sys.exit(__doc__)
proof, root = json.loads(pathlib.Path(sys.argv[1]).read_text()), bytes.fromhex(sys.argv[2].removeprefix("0x"))
key, size, shown = bytes.fromhex(proof["key"]), proof["size"], proof.get("neighbours", [proof])
try:
    found = [(bytes.fromhex(entry["key"]), bytes.fromhex(entry["value"]), entry) for entry in shown]
    leaves = [(sha(b"\0", b"\x92", text(k), text(v)), entry) for k, v, entry in found]
    tops = {climb(leaf, entry["index"], size, entry["in_bucket"]) for leaf, entry in leaves} or {sha()}
    good = climb(tops.pop(), int.from_bytes(sha(key)[:2], "big") >> 6, 1024, proof["to_root"]) == root and not tops
    if "neighbours" in proof:
        at = proof["place"]
        good &= [entry["index"] for entry in shown] == [n for n in (at - 1, at) if 0 <= n < size]
        good &= all(k != key and (k < key) == (entry["index"] < at) for k, _, entry in found)
except (IndexError, KeyError, ValueError):
    good = False
print("holds" if good else "does not hold", "key", proof["key"], "value", proof.get("value", "none"))
sys.exit(not good)
