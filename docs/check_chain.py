"""Checks a proof from a running node down to the genesis: whose signatures its root has, and the entry under it.

    python check_chain.py PROOF.json GENESIS.json [CHECKPOINTS.json …]

PROOF: what `GET /v1/proofs` of any node answers, or `walras ledger prove --node URL`. GENESIS: the network's own
file, the one thing that is trusted. CHECKPOINTS: pages of `GET /v1/checkpoints` in order, needed where validators
have changed since the genesis. Needs the packages cryptography and msgpack, and check_proof.py beside it.

A header is believed if validators with more than two thirds of the votes precommitted its block, and they are
those whom the header before handed over to. `docs/wire.md` has every byte of it.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

import msgpack
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def raw(text):
    return bytes.fromhex(text.removeprefix("0x"))


def read(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def digest(validators):
    return sha(b"walras/validators/1\0", msgpack.packb([list(member) for member in validators]))


def require(holds, why):
    if not holds:
        raise ValueError(why)


def signed(key, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def decided(header, body_hash, height, round_, block, votes, validators):
    """The header's fields, if `validators` are those that it names and decided the block that it heads."""
    fields = msgpack.unpackb(header)
    network, at, _, _, _, named, _, _ = fields
    require((network, at) == (NETWORK, height), "another network or height")
    require(named == digest(validators), f"height {height}: not the validators that it names")
    head = sha(len(header).to_bytes(4, "big"), header)
    require(block == sha(b"walras/block/1\0", head, body_hash), f"height {height}: another block")
    ballot = sha(b"walras/agreement/1\0", NETWORK, b"\1", msgpack.packb([height, round_, block]))
    places = [place for place, _ in votes]
    require(places == sorted(set(places)), f"height {height}: a vote twice")
    require(all(0 <= place < len(validators) for place in places), f"height {height}: a stranger's vote")
    for place, signature in votes:
        require(signed(validators[place][0], signature, ballot), f"height {height}: a signature")
    power = sum(validators[place][1] for place in places)
    require(3 * power > 2 * sum(votes_of for _, votes_of in validators), f"height {height}: too few votes")
    return fields


sys.argv[2:] or sys.exit(__doc__)
proof, genesis = read(sys.argv[1]), read(sys.argv[2])
NETWORK = raw(genesis["network"])
trusted = digest([(raw(member["key"]), member.get("power", 1)) for member in genesis["validators"]])
try:
    for page in sys.argv[3:]:
        for text in read(page)["checkpoints"]:
            header, body_hash, (ballot, height, round_, block, votes), by, following = msgpack.unpackb(raw(text))
            require(ballot == 1, "no precommits")
            fields = decided(header, body_hash, height, round_, block, votes, by)
            require(fields[5] == trusted, f"height {height}: validators that nobody handed over to")
            require(fields[6] == digest(following), f"height {height}: not those it hands over to")
            trusted = fields[6]
    told = proof["certified"]
    by = [(raw(key), power) for key, power in told["validators"]]
    votes = [(place, raw(signature)) for place, signature in told["votes"]]
    block = (raw(told["header"]), raw(told["body_hash"]), told["height"], told["round"], raw(told["block"]))
    fields = decided(*block, votes, by)
    require(fields[5] == trusted, "its validators are not those of the genesis, nor handed over to")
except (KeyError, TypeError, ValueError) as error:
    print("does not hold:", error or type(error).__name__)
    sys.exit(1)
print(f"height {fields[1]}, root {fields[7].hex()}", flush=True)
checker = pathlib.Path(__file__).with_name("check_proof.py")
code = subprocess.run([sys.executable, str(checker), sys.argv[1], fields[7].hex()]).returncode
if code == 0:
    # What is proven are these bytes; whatever else the file says of the entry is its author's word.
    print("key", msgpack.unpackb(raw(proof["key"])), "value", msgpack.unpackb(raw(proof.get("value", "c0"))))
sys.exit(code)
