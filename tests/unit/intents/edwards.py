"""edwards25519 in plain integers (RFC 8032, section 5.1), for signatures that no library would make."""

from __future__ import annotations

import hashlib
from typing import Final

from intents.keys import FIELD_PRIME as P
from intents.keys import GROUP_ORDER

Point = tuple[int, int]

_D: Final = -121665 * pow(121666, -1, P) % P
IDENTITY: Final[Point] = (0, 1)


def _on_curve(y: int) -> Point | None:
    """A point with this y, if there is one."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    for root in (x, x * pow(2, (P - 1) // 4, P) % P):
        if root * root % P == square:
            return min(root, P - root), y
    return None


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    cross = _D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + cross, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - cross, -1, P) % P


def times(factor: int, point: Point) -> Point:
    total = IDENTITY
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def encoded(point: Point) -> bytes:
    """32 bytes: y, and the parity of x above it."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _base() -> Point:
    x, y = _on_curve(4 * pow(5, -1, P) % P) or IDENTITY
    return (x, y) if x % 2 == 0 else (P - x, y)


def _of_order_8() -> Point:
    for y in range(2, 100):
        point = _on_curve(y)
        if point is not None and times(4, small := times(GROUP_ORDER, point)) != IDENTITY:
            return small
    raise AssertionError("a quarter of all points would have done")


BASE: Final = _base()
ORDER_8: Final = _of_order_8()


def reduced(*parts: bytes) -> int:
    """SHA-512 of the parts as an integer below the group order."""
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % GROUP_ORDER


def made(secret: int, nonce: int, message: bytes, key_off: int = 0, r_off: int = 0) -> tuple[bytes, bytes]:
    """A key and its signature of ``message``, with that many times ``ORDER_8`` added to the key and to R.

    Multiplied by the cofactor, 8, the equation holds for all; as it stands, only where what was added cancels.
    """
    key = encoded(add(times(secret, BASE), times(key_off, ORDER_8)))
    r = encoded(add(times(nonce, BASE), times(r_off, ORDER_8)))
    s = (nonce + reduced(r, key, message) * secret) % GROUP_ORDER
    return key, r + s.to_bytes(32, "little")


def holds(key_off: int, r_off: int, key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether what was added cancels: R' + k·A' = S·B without the cofactor."""
    return (r_off + reduced(signature[:32], key, message) * key_off) % 8 == 0
