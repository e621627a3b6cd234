"""Two libraries, one accepted set: what OpenSSL alone would accept."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.ed25519 import (
    COFACTORED_ONLY,
    OFF_KEY,
    fastest,
    holds,
    libsodium_accepts,
    openssl_accepts,
    without_cofactor,
)
from intents.keys import GROUP_ORDER, SMALL_ORDER_Y
from intents.signing import SignatureMismatch, SigningKey, verify_ed25519
from tests.unit.intents import edwards

SCALARS = st.integers(1, GROUP_ORDER - 1)


def test_plain_integers_sign_as_rfc_8032_does() -> None:
    """The curve of these tests gives a library's keys, and signatures that libraries accept."""
    key = SigningKey.from_seed(bytes(32))
    half = hashlib.sha512(bytes(32)).digest()[:32]
    secret = int.from_bytes(half, "little") & ((1 << 254) - 8) | 1 << 254
    assert edwards.encoded(edwards.times(secret, edwards.BASE)) == key.public
    public, signature = edwards.made(secret, 5, b"message")
    assert openssl_accepts(public, b"message", signature)
    assert libsodium_accepts(public, b"message", signature)


def test_the_signatures_that_tell_are_off_by_a_small_point_each() -> None:
    """They are what the plain curve makes, of order 8, 4 and 2: only multiplied by 8 does their equation hold."""
    secret, nonce = edwards.reduced(b"a"), edwards.reduced(b"r")
    expected = [edwards.made(secret, nonce, b"", r_off=off) for off in (1, 2, 4)]
    assert expected == [(OFF_KEY, signature) for signature in COFACTORED_ONLY]
    assert edwards.made(secret, nonce, b"")[0] == OFF_KEY


@pytest.mark.parametrize("signature", COFACTORED_ONLY, ids=["order 8", "order 4", "order 2"])
def test_the_cofactor_is_not_used(signature: bytes) -> None:
    """What holds only with it is refused, whoever is asked."""
    assert not openssl_accepts(OFF_KEY, b"", signature)
    assert not holds(OFF_KEY, b"", signature)
    with pytest.raises(SignatureMismatch):
        verify_ed25519(OFF_KEY, b"", signature)


@given(SCALARS, SCALARS, st.binary(max_size=9), st.integers(0, 7), st.integers(0, 7))
def test_one_set_is_accepted(secret: int, nonce: int, message: bytes, key_off: int, r_off: int) -> None:
    """Points of small order added to key and R pass exactly where they cancel, as OpenSSL has it."""
    key, signature = edwards.made(secret, nonce, message, key_off, r_off)
    expected = edwards.holds(key_off, r_off, key, message, signature)
    assert openssl_accepts(key, message, signature) == expected
    assert holds(key, message, signature) == expected


@given(st.sampled_from(sorted(SMALL_ORDER_Y)), SCALARS, st.binary(max_size=9), st.booleans())
def test_what_libsodium_refuses_more_is_openssls_to_judge(y: int, secret: int, message: bytes, sign: bool) -> None:
    """An R of small order, which libsodium never takes, counts where OpenSSL takes it."""
    key = edwards.encoded(edwards.times(secret, edwards.BASE))
    r = (y | sign << 255).to_bytes(32, "little")
    signature = r + (edwards.reduced(r, key, message) * secret % GROUP_ORDER).to_bytes(32, "little")
    assert not libsodium_accepts(key, message, signature)
    assert holds(key, message, signature) == openssl_accepts(key, message, signature) == (y == 1 and not sign)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=9), st.binary(min_size=64, max_size=64))
def test_libsodium_never_says_more_than_openssl(key: bytes, message: bytes, signature: bytes) -> None:
    """Whatever the bytes."""
    assert openssl_accepts(key, message, signature) or not libsodium_accepts(key, message, signature)


def _takes(taken: bytes, public: bytes, message: bytes, signature: bytes) -> bool:
    """A library that accepts one signature, under every key and of every message."""
    return signature == taken


def test_a_library_that_uses_the_cofactor_is_not_asked() -> None:
    """One that accepts any of the signatures that tell leaves OpenSSL alone to answer; another is asked first."""
    for telling in COFACTORED_ONLY:
        assert fastest(partial(_takes, telling)) is openssl_accepts
    key, signature = edwards.made(7, 11, b"message")
    assert fastest(partial(_takes, b""))(key, b"message", signature)
    assert not fastest(partial(_takes, b""))(key, b"another", signature)
    assert fastest(partial(_takes, signature))(key, b"another", signature)


def test_the_installed_libsodium_is_asked() -> None:
    """The pinned one works without the cofactor, or checks would take twice the time."""
    assert without_cofactor(libsodium_accepts)
    assert holds is not openssl_accepts
