"""Checks a proof made by `walras ledger prove` against a state root, with nothing but SHA-256.

    python check_proof.py PROOF.json ROOT

The state is a Merkle tree as in RFC 9162, section 2.1, in two storeys: 1,024 buckets chosen by the key's hash, and
in each bucket its entries in the order of their keys.
"""

import hashlib
import json
import pathlib
import sys


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def text(data):
    """A byte string in msgpack."""
    size = len(data)
    head = b"\xc4" + bytes([size]) if size < 256 else b"\xc5" + size.to_bytes(2, "big")
    if size >= 65536:
        head = b"\xc6" + size.to_bytes(4, "big")
    return head + data


def climb(node, index, size, siblings):
    """From a leaf at `index` of `size` to the root; an odd last node moves up as it is."""
    siblings = list(siblings)
    if not 0 <= index < size:
        return None
    while size > 1:
        if index ^ 1 < size:
            other = siblings.pop(0)
            node = sha(b"\1", other, node) if index & 1 else sha(b"\1", node, other)
        index, size = index // 2, (size + 1) // 2
    return None if siblings else node


proof, root = json.loads(pathlib.Path(sys.argv[1]).read_text()), bytes.fromhex(sys.argv[2])
key, value = bytes.fromhex(proof["key"]), bytes.fromhex(proof["value"])
try:
    leaf = sha(b"\0", b"\x92", text(key), text(value))
    bucket = climb(leaf, proof["index"], proof["size"], map(bytes.fromhex, proof["in_bucket"]))
    place = int.from_bytes(sha(key)[:4], "big") >> 22
    found = None if bucket is None else climb(bucket, place, 1024, map(bytes.fromhex, proof["to_root"]))
except IndexError:
    found = None
print("holds" if found == root else "does not hold", json.dumps(proof["entry"]))
sys.exit(found != root)
