"""Items: what users and solvers ask to have put into blocks; each is for one phase, and its hash is its id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from msgspec import Struct

from intents.canonical import pack, unpack
from intents.codec import TERMS, intent_id
from intents.errors import WrongValue
from intents.intent import Intent
from intents.keys import PUBLIC_KEY_BYTES
from intents.schema import Integer, Octets, OneOf, Record
from intents.signing import verify_ed25519, verify_signature
from node.chain.blocks import MAX_ITEM_BYTES, Phase
from settlement.ledger.transactions import TRANSACTION, Transaction, check_transaction

#: A solution of some seven thousand fills fits.
MAX_SOLUTION_BYTES: Final = 1 << 20
SALT_BYTES: Final = 32
#: A seal of nothing: its solver sits the auction out, so that nobody waits for it, and has nothing to open.
NOTHING_SEALED: Final = bytes(32)
#: The seal of a solver that has not got through the batch in time: nobody waits for it, and nothing opens it.
OUT_OF_TIME: Final = b"\xff" * 32
SITTING_OUT: Final = frozenset({NOTHING_SEALED, OUT_OF_TIME})
#: Items up to so many bytes have their ids remembered.
MAX_SMALL_BYTES: Final = 1024
_COMMIT_DOMAIN: Final = b"walras/commit/1\0"
_SEAL_DOMAIN: Final = b"walras/seal/1\0"
_REVEAL_DOMAIN: Final = b"walras/reveal/1\0"
_ITEM_DOMAIN: Final = b"walras/item/1\0"


class Submission(Struct, frozen=True, gc=False):
    """An intent with its owner's signature."""

    intent: Intent
    signature: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """A solver's sealed answer to ``auction``: ``seal`` binds it to one solution and hides which."""

    auction: int
    solver: bytes
    seal: bytes
    signature: bytes = b""

    def signed(self, network: bytes) -> bytes:
        return hashlib.sha256(_COMMIT_DOMAIN + network + pack([self.auction, self.solver, self.seal])).digest()


@dataclass(frozen=True, slots=True)
class Reveal:
    """What a seal contains: canonical bytes of solutions, and the salt."""

    auction: int
    solver: bytes
    salt: bytes
    solutions: bytes
    signature: bytes = b""

    def signed(self, network: bytes) -> bytes:
        body = pack([self.auction, self.solver, self.salt, hashlib.sha256(self.solutions).digest()])
        return hashlib.sha256(_REVEAL_DOMAIN + network + body).digest()

    def opens(self, network: bytes) -> bytes:
        """The seal that this reveal opens."""
        return seal_of(network, self.auction, self.solver, self.salt, self.solutions)


Item = Submission | Transaction | Commit | Reveal

_PHASES: Final = {
    Submission: Phase.BATCH,
    Transaction: Phase.BATCH,
    Commit: Phase.SEAL,
    Reveal: Phase.SETTLE,
}
_KEY: Final[Octets[bytes]] = Octets(length=PUBLIC_KEY_BYTES)
_SIGNATURE: Final[Octets[bytes]] = Octets(limit=65)
ITEM: Final = OneOf(
    {
        "intent": Record(Submission, {"intent": TERMS, "signature": _SIGNATURE}),
        "transaction": TRANSACTION,
        "commit": Record(
            Commit, {"auction": Integer(), "solver": _KEY, "seal": Octets(length=32), "signature": _SIGNATURE}
        ),
        "reveal": Record(
            Reveal,
            {
                "auction": Integer(),
                "solver": _KEY,
                "salt": Octets(length=SALT_BYTES),
                "solutions": Octets(limit=MAX_SOLUTION_BYTES),
                "signature": _SIGNATURE,
            },
        ),
    }
)


def seal_of(network: bytes, auction: int, solver: bytes, salt: bytes, solutions: bytes) -> bytes:
    """Binding: to network, auction, solver and every byte. Hiding: by 32 random bytes of salt."""
    return hashlib.sha256(
        _SEAL_DOMAIN + network + pack([auction, solver, len(solutions)]) + salt + solutions
    ).digest()


def encode_item(item: Item) -> bytes:
    return pack(ITEM.to_wire(item))


def decode_item(data: bytes, where: str = "item") -> Item:
    found: Item = ITEM.from_wire(unpack(data, where, limit=MAX_ITEM_BYTES), where)
    return found


def item_id(data: bytes) -> bytes:
    """Asked for many times of each item: of small ones it is remembered."""
    return _small_id(data) if len(data) <= MAX_SMALL_BYTES else _hash(data)


@lru_cache(maxsize=1 << 13)
def _small_id(data: bytes) -> bytes:
    return _hash(data)


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(_ITEM_DOMAIN + data).digest()


def phase_for(item: Item) -> Phase:
    """The kind of height that takes the item."""
    return _PHASES[type(item)]


def check_item(item: Item, network: bytes, where: str = "item") -> None:
    """Signatures and network: all that can be told without the state. Raises a ``WalrasError``."""
    match item:
        case Submission():
            if item.intent.network != network:
                raise WrongValue(f"{where}.network", network.hex(), item.intent.network.hex())
            verify_signature(item.intent, intent_id(item.intent), item.signature, where)
        case Transaction():
            check_transaction(item, network, where)
        case Commit() | Reveal():
            verify_ed25519(item.solver, item.signed(network), item.signature, where)
