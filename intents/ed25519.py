"""Whether an Ed25519 signature holds: OpenSSL's answer, mostly found by libsodium in half the time.

What nodes accept must be one and the same set, and RFC 8032 (section 5.1.7) leaves verifiers the choice of
multiplying their equation by the cofactor, which lets more signatures pass. Our set is OpenSSL's: no cofactor. A
libsodium that works without it accepts part of that set, so its yes is ours; its no is put to OpenSSL. A libsodium
that multiplies is not asked: it shows itself by accepting any of ``COFACTORED_ONLY``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

#: Whether a signature of 64 bytes with S below the group order holds for (public key, message, signature).
Verifier = Callable[[bytes, bytes, bytes], bool]

#: A key of ours and signatures of the empty message that hold only multiplied by the cofactor: R is off by a point
#: of order 8, 4 and 2. The tests make them anew.
OFF_KEY: Final = bytes.fromhex("88aa55e6afeed8960a3191de78600347db8acd0a3795412f275f049b86260488")
COFACTORED_ONLY: Final = tuple(
    bytes.fromhex(signature)
    for signature in (
        "8d8faa35c2b55750d969e504ed4e19f58a05377063d9f00da7f99ce244d96ea6"
        "da39a8455469e5cc1f7d71cc8562af0358d25048067e2c6db10c921f6c7a7d0c",
        "d3f149b866f1a4ed683984ddeb000a43d0edd47ca8f86feed1ade712c8e01440"
        "265ed65e0d857f37b8899d3eadb72a726ed8d73d67efa81fc96fe05a91b5c50b",
        "afab3bbe6d8060f11a1ec1cb0f4fbfb3afbc9ae570b4810f785e3bdd9d57a2f5"
        "42eaecf4662bcfd985803d3dd17e257b90279c072d0dc3b694064c6d33c94d07",
    )
)


def openssl_accepts(public: bytes, message: bytes, signature: bytes) -> bool:
    """The law. Raises ``ValueError`` where ``public`` has not 32 bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def libsodium_accepts(public: bytes, message: bytes, signature: bytes) -> bool:
    """Part of what OpenSSL accepts (points of small order are refused), if it works without the cofactor."""
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def without_cofactor(accepts: Verifier) -> bool:
    """Whether it refuses what holds only with the cofactor."""
    return not any(accepts(OFF_KEY, b"", signature) for signature in COFACTORED_ONLY)


def fastest(quick: Verifier) -> Verifier:
    """``quick``'s yes, else OpenSSL's answer; OpenSSL alone where ``quick`` accepts more than it."""
    if not without_cofactor(quick):
        return openssl_accepts

    def accepts(public: bytes, message: bytes, signature: bytes) -> bool:
        return quick(public, message, signature) or openssl_accepts(public, message, signature)

    return accepts


#: Whether a signature holds. ``ValueError`` where the key has not 32 bytes.
holds: Final = fastest(libsodium_accepts)
