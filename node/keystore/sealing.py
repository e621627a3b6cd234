"""Secrets under a password: scrypt (RFC 7914) makes a key, ChaCha20-Poly1305 (RFC 8439) seals with it."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from intents.errors import InputError, UsageError, WrongValue

KEY_BYTES: Final = 32
SALT_BYTES: Final = 32
NONCE_BYTES: Final = 12
MAX_PASSWORD: Final = 1_024
#: What opening a stranger's file may cost: 2^20 · 8 · 128 bytes are a gibibyte.
MIN_COST: Final = 1 << 14
MAX_COST: Final = 1 << 20
MAX_BLOCK: Final = 8
MAX_PARALLEL: Final = 4


@dataclass(frozen=True, slots=True)
class Scrypt:
    """``n`` is the cost, a power of two; ``r`` the block size; ``p`` how often. Memory is 128·n·r bytes."""

    salt: bytes
    n: int = 1 << 17
    r: int = 8
    p: int = 1


@dataclass(frozen=True, slots=True)
class Sealed:
    """``text`` is the secret, encrypted, and its tag."""

    kdf: Scrypt
    nonce: bytes
    text: bytes


def check_cost(kdf: Scrypt, where: str) -> None:
    """Raises ``WrongValue`` for parameters that protect nothing or that ask for too much work."""
    if not MIN_COST <= kdf.n <= MAX_COST or kdf.n & (kdf.n - 1):
        raise WrongValue(f"{where}.n", f"a power of two from {MIN_COST} to {MAX_COST}", str(kdf.n))
    if not (1 <= kdf.r <= MAX_BLOCK and 1 <= kdf.p <= MAX_PARALLEL):
        raise WrongValue(where, f"r up to {MAX_BLOCK} and p up to {MAX_PARALLEL}", f"r {kdf.r}, p {kdf.p}")


def seal(secret: bytes, password: str, bound: bytes, *, n: int = 1 << 17) -> Sealed:
    """``secret`` under ``password``. ``bound`` is not hidden, but opening fails where it differs."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    kdf, nonce = Scrypt(secrets.token_bytes(SALT_BYTES), n), secrets.token_bytes(NONCE_BYTES)
    return Sealed(kdf, nonce, ChaCha20Poly1305(_key(password, kdf)).encrypt(nonce, secret, bound))


def unseal(sealed: Sealed, password: str, bound: bytes) -> bytes | None:
    """The secret; ``None`` where the password is another one."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        return ChaCha20Poly1305(_key(password, sealed.kdf)).decrypt(sealed.nonce, sealed.text, bound)
    except InvalidTag:
        return None


def check_password(password: str) -> str:
    """Raises ``UsageError`` for one that cannot be."""
    if not 0 < len(password) <= MAX_PASSWORD:
        raise UsageError("password", f"of 1 to {MAX_PASSWORD} characters")
    return password


def _key(password: str, kdf: Scrypt) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as Kdf

    # The same letters, however the keyboard composes them.
    data = unicodedata.normalize("NFKC", check_password(password)).encode("utf-8")
    try:
        return Kdf(salt=kdf.salt, length=KEY_BYTES, n=kdf.n, r=kdf.r, p=kdf.p).derive(data)
    except MemoryError as error:
        raise InputError(f"scrypt needs {128 * kdf.n * kdf.r >> 20} MiB of memory") from error
