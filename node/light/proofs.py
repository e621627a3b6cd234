"""A full node's answer about one entry of the ledger, checked: its header, and the proof that leads to its
root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from intents.canonical import unpack
from intents.errors import InputError, WrongType, WrongValue
from intents.fields import Fields, hex_bytes, kind_of
from node.agreement.messages import MAX_ROUND, Ballot, Certificate
from node.agreement.validators import MAX_POWER, MAX_VALIDATORS, Validator
from node.catchup.messages import Checkpoint
from node.chain.blocks import MAX_HEADER_BYTES
from node.light.chain import LightChain
from node.light.errors import LyingNode, NotBelieved
from node.light.telling import told
from settlement.ledger.proofs import FORMAT, FORMAT_ABSENT
from settlement.ledger.state import MAX_ENTRY_BYTES, Table
from settlement.ledger.tree import BITS, Absence, Neighbour, Proof, check, check_absent

_HASH_BYTES: Final = 32
#: Hashes of a path within a bucket: more entries than that there are not in the world.
_MAX_PATH: Final = 64


@dataclass(frozen=True, slots=True)
class Proven:
    """``value`` is the entry's as its table reads it, ``None`` where its absence is proven; ``height`` is that of
    the block whose root it is under, ``document`` what was checked of the answer, in its form."""

    value: Any
    height: int
    root: bytes
    document: dict[str, Any]


def proven(answer: Fields, table: Table[Any, Any], key: object, chain: LightChain) -> Proven:
    """Raises ``LyingNode`` where anything does not hold, ``NotBelieved`` where its header does not follow."""
    values: list[bytes] = []
    proof: Proof | Absence
    try:
        checkpoint = _checkpoint(answer)
        wanted = table.key_bytes(key)
        if answer.text("format") == FORMAT_ABSENT:
            proof, values = _absence(answer, wanted)
            value = None
        else:
            answer.choice("format", (FORMAT,))
            proof = _proof(answer, wanted)
            value = table.value.from_wire(
                unpack(proof.value, answer.at("value"), limit=MAX_ENTRY_BYTES), table.name
            )
    except InputError as error:
        raise LyingNode(answer.where, f"its answer is malformed ({error})") from error
    light = chain.take(checkpoint, answer.where)
    chain.recent(light, answer.where)
    root = light.header.state_root
    holds = check(proof, root) if isinstance(proof, Proof) else check_absent(proof, values, root)
    if not holds:
        raise LyingNode(answer.where, f"its proof does not lead to the root of height {light.header.height}")
    document = told(table, key, value, root, proof, values, checkpoint)
    return Proven(value, light.header.height, root, document)


def _checkpoint(answer: Fields) -> Checkpoint:
    if answer.document.get("certified") is None:
        raise NotBelieved(answer.where, "no certificate for its root is at hand yet")
    given = answer.child("certified")
    if given.document.get("validators") is None:
        raise NotBelieved(answer.where, "the validators have just changed")
    members = tuple(_validator(item, place) for item, place in given.items("validators", limit=MAX_VALIDATORS))
    certificate = Certificate(
        Ballot.PRECOMMIT,
        given.integer("height"),
        given.integer("round", high=MAX_ROUND),
        given.hex("block", length=_HASH_BYTES),
        tuple(_vote(item, place) for item, place in given.items("votes", limit=MAX_VALIDATORS)),
    )
    header = given.hex("header", limit=MAX_HEADER_BYTES)
    return Checkpoint(header, given.hex("body_hash", length=_HASH_BYTES), certificate, members, members)


def _pair(item: object, where: str) -> tuple[object, object]:
    if not isinstance(item, list) or len(item) != 2:
        raise WrongType(where, "a pair", kind_of(item))
    return item[0], item[1]


def _integer(value: object, where: str, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise WrongValue(where, f"an integer of 0 … {high}", repr(value)[:40])
    return value


def _validator(item: object, where: str) -> Validator:
    key, power = _pair(item, where)
    return Validator(hex_bytes(key, where, length=32), _integer(power, where, MAX_POWER))


def _vote(item: object, where: str) -> tuple[int, bytes]:
    place, signature = _pair(item, where)
    return _integer(place, where, MAX_VALIDATORS - 1), hex_bytes(signature, where, limit=64)


def _proof(answer: Fields, wanted: bytes) -> Proof:
    return Proof(
        wanted if _plain(answer, "key") == wanted else _other_key(answer),
        _plain(answer, "value"),
        answer.integer("index"),
        answer.integer("size"),
        _path(answer, "in_bucket", _MAX_PATH),
        _path(answer, "to_root", BITS),
    )


def _absence(answer: Fields, wanted: bytes) -> tuple[Absence, list[bytes]]:
    near, values = [], []
    for one in answer.objects("neighbours", limit=2):
        near.append(Neighbour(_plain(one, "key"), one.integer("index"), _path(one, "in_bucket", _MAX_PATH)))
        values.append(_plain(one, "value"))
    key = wanted if _plain(answer, "key") == wanted else _other_key(answer)
    to_root = _path(answer, "to_root", BITS)
    return Absence(key, answer.integer("place"), answer.integer("size"), tuple(near), to_root), values


def _other_key(answer: Fields) -> bytes:
    raise WrongValue(answer.at("key"), "the key that was asked for", "another")


def _plain(answer: Fields, name: str) -> bytes:
    """Hex without 0x, as proofs have it."""
    return _bytes(answer.text(name, limit=2 * MAX_ENTRY_BYTES), answer.at(name))


def _path(answer: Fields, name: str, limit: int) -> tuple[bytes, ...]:
    found = []
    for item, where in answer.items(name, limit=limit):
        if not isinstance(item, str) or len(item) != 2 * _HASH_BYTES:
            raise WrongValue(where, "a hash in hex", repr(item)[:40])
        found.append(_bytes(item, where))
    return tuple(found)


def _bytes(text: str, where: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise WrongValue(where, "hex", repr(text[:40])) from error
