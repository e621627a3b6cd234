"""Ed25519 public keys: which are acceptable.

OpenSSL accepts keys of small order, under which one signature fits many messages (see "Taming the
many EdDSAs", Chalkias et al., 2020). We refuse them, and encodings that are not canonical, before any
signature is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from intents.errors import WalrasError

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
#: The field prime and the group order of edwards25519 (RFC 8032, section 5.1).
FIELD_PRIME: Final = 2**255 - 19
GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493


@dataclass(eq=False)
class CryptoError(WalrasError):
    """A key or signature is refused."""

    code: ClassVar[str] = "crypto"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class SmallOrderKey(CryptoError):
    code: ClassVar[str] = "crypto.small-order-key"
    text: ClassVar[str] = "public key {key} has small order: its signatures prove nothing"

    key: str


@dataclass(eq=False)
class NonCanonicalKey(CryptoError):
    code: ClassVar[str] = "crypto.non-canonical-key"
    text: ClassVar[str] = "public key {key} encodes a coordinate beyond the field prime"

    key: str


@dataclass(eq=False)
class NotAKey(CryptoError):
    code: ClassVar[str] = "crypto.not-a-key"
    text: ClassVar[str] = "a key of {length} bytes, expected {expected}"

    length: int
    expected: int


#: y-coordinates of the points whose order divides 8: the identity (y = 1), the point of order 2
#: (y = −1), of order 4 (y = 0), and the two pairs of order 8.
_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER_Y: Final = frozenset({0, 1, FIELD_PRIME - 1, _ORDER_8, FIELD_PRIME - _ORDER_8})


def check_public_key(key: bytes, where: str) -> bytes:
    """Return ``key`` if it is a canonical 32-byte encoding of a point of large order."""
    if len(key) != PUBLIC_KEY_BYTES:
        raise NotAKey(where, len(key), PUBLIC_KEY_BYTES)
    y = int.from_bytes(key, "little") & (2**255 - 1)
    if y % FIELD_PRIME in SMALL_ORDER_Y:
        raise SmallOrderKey(where, key.hex())
    if y >= FIELD_PRIME:
        raise NonCanonicalKey(where, key.hex())
    return key
