"""Signatures over intents: who may say that an intent is theirs.

Ed25519 (RFC 8032) signs H(domain(network) ‖ type tag ‖ canonical bytes), so that a signature made for
one network, or for another kind of message, proves nothing here. The EIP-712 scheme is for Ethereum
wallets (``intents.eip712``). Recorded owners carry no checkable signature and are counted apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from intents import eip712
from intents.codec import INTENT_TAG, encode_intent
from intents.ed25519 import holds
from intents.intent import Intent, IntentId, OwnerScheme
from intents.keys import GROUP_ORDER, SIGNATURE_BYTES, CryptoError, NotAKey, check_public_key
from intents.remember import forget_oldest, remembered

_DOMAIN: Final = b"walras/signature/1\0"
#: Signatures found to hold, and digests of intents, that are remembered: an intent passes many checks in its life.
_REMEMBERED: Final = 1 << 14
#: Signatures known to hold, as (key, message, signature), the oldest first.
_held: Final[dict[tuple[bytes, bytes, bytes], None]] = {}


@dataclass(eq=False)
class SignatureMismatch(CryptoError):
    code: ClassVar[str] = "crypto.signature"
    text: ClassVar[str] = "the signature does not verify under the owner {owner}"

    owner: str


@dataclass(eq=False)
class MalleableSignature(CryptoError):
    """RFC 8032 section 5.1.7 asks S < L; a larger S would be a second form of one signature."""

    code: ClassVar[str] = "crypto.malleable-signature"
    text: ClassVar[str] = "the signature's S is {s}, not below the group order"

    s: int


@dataclass(eq=False)
class WrongSignatureLength(CryptoError):
    code: ClassVar[str] = "crypto.signature-length"
    text: ClassVar[str] = "a signature of {length} bytes, expected {expected}"

    length: int
    expected: int


class SigningKey:
    """An Ed25519 private key. ``public`` is the 32-byte key an ``Owner`` carries."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()})"

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes, where: str = "seed") -> SigningKey:
        """The key of a 32-byte secret seed."""
        if len(seed) != 32:
            raise NotAKey(where, len(seed), 32)
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """64 bytes over ``message`` as it is; use ``sign_intent`` for intents."""
        return self._key.sign(message)


@remembered(_REMEMBERED)
def signing_digest(intent: Intent) -> bytes:
    """The 32 bytes an Ed25519 owner signs."""
    return hashlib.sha256(_DOMAIN + intent.network + INTENT_TAG + encode_intent(intent)).digest()


def sign_intent(key: SigningKey, intent: Intent) -> bytes:
    """The owner's signature of ``intent``."""
    return key.sign(signing_digest(intent))


def sign_known(key: SigningKey, intent: Intent) -> bytes:
    """As ``sign_intent``, where signer and checkers share a process: what was made here counts as checked."""
    return sign_held(key, signing_digest(intent))


def sign_held(key: SigningKey, message: bytes) -> bytes:
    """As ``key.sign``, and what was made counts as checked in this process: that it is the right message of the
    right signer is still looked at."""
    signature = key.sign(message)
    _hold(key.public, message, signature)
    return signature


def verify_signature(intent: Intent, intent_id: IntentId, signature: bytes, where: str = "signature") -> None:
    """Return if ``signature`` proves the owner's will, else raise a ``CryptoError``.

    For an EIP-712 owner ``intent_id`` may be a recorded order's uid, whose digest is then what was
    signed. A ``RECORDED`` owner has nothing to check and passes: callers count these.
    """
    match intent.owner.scheme:
        case OwnerScheme.ED25519:
            verify_ed25519(intent.owner.key, signing_digest(intent), signature, where)
        case OwnerScheme.EIP712:
            digest = eip712.signed_digest(intent, intent_id)
            eip712.check_signer(digest, signature, intent.owner.key, where)
        case OwnerScheme.RECORDED:
            return


def verify_ed25519(public: bytes, message: bytes, signature: bytes, where: str = "signature") -> None:
    """RFC 8032 verification with small-order keys and non-canonical encodings refused."""
    if (public, message, signature) in _held:
        return
    check_public_key(public, where)
    if len(signature) != SIGNATURE_BYTES:
        raise WrongSignatureLength(where, len(signature), SIGNATURE_BYTES)
    s = int.from_bytes(signature[32:], "little")
    if s >= GROUP_ORDER:
        raise MalleableSignature(where, s)
    if not holds(public, message, signature):
        raise SignatureMismatch(where, public.hex())
    _hold(public, message, signature)


def _hold(public: bytes, message: bytes, signature: bytes) -> None:
    """Only what holds is remembered: what does not is looked at each time."""
    if len(_held) >= _REMEMBERED:
        forget_oldest(_held)
    _held[public, message, signature] = None


def forget_signatures() -> None:
    """Nothing counts as checked any more: for whoever measures what checking costs."""
    _held.clear()
