"""Who a node is to others: its peer id, and the proof that a validator's or solver's key is at home there."""

from __future__ import annotations

from dataclasses import dataclass

from intents.errors import WalrasError, WrongValue
from intents.signing import SigningKey, verify_ed25519
from node.home.peer_id import peer_id
from node.live.settings import LiveSettings
from node.live.wire import VERSION, Hello, Refusal, peer_proof
from node.served import Role

_PREFIX = bytes([0x00, 0x24, 0x08, 0x01, 0x12, 0x20])


def identity_of(peer: str) -> bytes:
    """The Ed25519 public key in a peer id. Raises ``WrongValue`` where there is none."""
    from base58 import b58decode

    try:
        data = b58decode(peer)
    except ValueError:
        data = b""
    if len(data) != len(_PREFIX) + 32 or not data.startswith(_PREFIX):
        raise WrongValue("peer", "the id of an Ed25519 key", peer[:80])
    return bytes(data[len(_PREFIX) :])


@dataclass(frozen=True, slots=True)
class Self:
    """This node. ``key`` and ``proof`` are empty where it has neither a vote nor a bond."""

    network: bytes
    role: Role
    name: str
    identity: SigningKey
    peer: str
    key: bytes
    proof: bytes

    def hello(self, height: int, addresses: tuple[str, ...]) -> Hello:
        return Hello(VERSION, self.network, self.role, self.name, self.key, self.proof, height, addresses)


def self_of(settings: LiveSettings, network: bytes) -> Self:
    identity = SigningKey.from_seed(settings.seed)
    key, proof = b"", b""
    digest = peer_proof(network, identity.public)
    if settings.role is Role.VALIDATOR and settings.key is not None:
        key, proof = settings.key.public, settings.key.sign(digest)
    elif settings.role is Role.SOLVER and settings.solver is not None:
        key, proof = settings.solver.public, settings.solver.sign(digest)
    return Self(network, settings.role, settings.name, identity, peer_id(identity.public), key, proof)


def check_hello(hello: Hello, peer: str, network: bytes) -> None:
    """Raises ``Refusal``, with one word why."""
    if hello.network != network:
        raise Refusal("network")
    if hello.role is Role.VALIDATOR and not hello.key:
        raise Refusal("proof")
    if hello.key:
        try:
            verify_ed25519(hello.key, peer_proof(network, identity_of(peer)), hello.proof)
        except WalrasError as error:
            raise Refusal("proof") from error
