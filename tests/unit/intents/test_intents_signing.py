"""Ed25519: RFC 8032's vectors, and refusal of weak keys and second forms of a signature."""

from __future__ import annotations

import hashlib

import pytest

from intents.codec import decode_intent, encode_intent, intent_id
from intents.intent import Owner, OwnerScheme
from intents.keys import (
    FIELD_PRIME,
    GROUP_ORDER,
    CryptoError,
    NonCanonicalKey,
    NotAKey,
    SmallOrderKey,
    check_public_key,
)
from intents.records import replace
from intents.signing import (
    MalleableSignature,
    SignatureMismatch,
    SigningKey,
    WrongSignatureLength,
    sign_intent,
    signing_digest,
    verify_ed25519,
    verify_signature,
)
from tests.unit.intents.examples import KEY, SWAP

#: RFC 8032 section 7.1: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
#: Every 32-byte encoding of the eight points whose order divides 8, canonical or not, as listed in
#: "Taming the many EdDSAs" and by libsodium.
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


@pytest.mark.parametrize("vector", RFC_8032, ids=["empty", "one byte", "two bytes", "sha(abc)"])
def test_published_signatures(vector: tuple[str, str, str, str]) -> None:
    """Keys, signatures and their verification are RFC 8032's."""
    seed, public, message, signature = vector
    key = SigningKey.from_seed(bytes.fromhex(seed))
    assert key.public == bytes.fromhex(public)
    assert key.sign(bytes.fromhex(message)) == bytes.fromhex(signature)
    verify_ed25519(key.public, bytes.fromhex(message), bytes.fromhex(signature))
    with pytest.raises(SignatureMismatch):
        verify_ed25519(key.public, bytes.fromhex(message) + b"\0", bytes.fromhex(signature))


@pytest.mark.parametrize("encoding", SMALL_ORDER)
def test_keys_of_small_order_are_refused(encoding: str) -> None:
    """In every spelling, by the key check, at decode of an intent and before any signature is looked at."""
    key = bytes.fromhex(encoding)
    with pytest.raises(SmallOrderKey, match=encoding):
        check_public_key(key, "owner")
    with pytest.raises(SmallOrderKey):
        decode_intent(encode_intent(replace(SWAP, owner=Owner(OwnerScheme.ED25519, key))))
    # S = 0 and R = the identity: what OpenSSL alone takes for a signature under the identity.
    with pytest.raises(SmallOrderKey):
        verify_ed25519(key, b"anything", b"\1" + bytes(63))


@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_coordinates_beyond_the_prime_are_refused(sign: int) -> None:
    """All nineteen second spellings of a y-coordinate, with either sign."""
    for y in range(FIELD_PRIME, 2**255):
        with pytest.raises((NonCanonicalKey, SmallOrderKey)):
            check_public_key((y | sign).to_bytes(32, "little"), "owner")
    with pytest.raises(NonCanonicalKey):
        check_public_key((FIELD_PRIME + 3 | sign).to_bytes(32, "little"), "owner")


def test_keys_have_32_bytes() -> None:
    """Other lengths are no keys, and neither are bytes that are no point."""
    for size in (0, 31, 33, 64):
        with pytest.raises(NotAKey, match=f"a key of {size} bytes, expected 32"):
            check_public_key(bytes(size), "owner")
        with pytest.raises(NotAKey):
            SigningKey.from_seed(bytes(size))
    with pytest.raises(CryptoError):  # y = 2 is on no point of the curve
        verify_ed25519(b"\2" + bytes(31), b"", KEY.sign(b""))


def test_a_second_form_of_a_signature_is_refused() -> None:
    """S and S + L sign alike; only the smaller is accepted, as is nothing at or above L."""
    signature = KEY.sign(b"message")
    s = int.from_bytes(signature[32:], "little")
    verify_ed25519(KEY.public, b"message", signature)
    for second in (s + GROUP_ORDER, GROUP_ORDER, 2**256 - 1):
        with pytest.raises(MalleableSignature, match=str(second)):
            verify_ed25519(KEY.public, b"message", signature[:32] + second.to_bytes(32, "little"))
    with pytest.raises(SignatureMismatch):
        verify_ed25519(KEY.public, b"message", signature[:32] + (GROUP_ORDER - 1).to_bytes(32, "little"))


@pytest.mark.parametrize("size", [0, 63, 65, 128])
def test_signatures_have_64_bytes(size: int) -> None:
    """Other lengths are named."""
    with pytest.raises(WrongSignatureLength, match=f"a signature of {size} bytes, expected 64"):
        verify_ed25519(KEY.public, b"", bytes(size))


def test_an_intent_is_signed_for_one_network_and_one_purpose() -> None:
    """The signature fits this intent only: not its bytes, its id, another network or another owner."""
    signature = sign_intent(KEY, SWAP)
    verify_signature(SWAP, intent_id(SWAP), signature)
    for other in (replace(SWAP, network=bytes(32)), replace(SWAP, nonce=8)):
        with pytest.raises(SignatureMismatch):
            verify_signature(other, intent_id(other), signature)
    stranger = SigningKey.from_seed(b"\1" * 32)
    mine = replace(SWAP, owner=Owner(OwnerScheme.ED25519, stranger.public))
    with pytest.raises(SignatureMismatch, match=stranger.public.hex()):
        verify_signature(mine, intent_id(mine), sign_intent(KEY, mine))
    for loose in (encode_intent(SWAP), bytes(intent_id(SWAP))):
        with pytest.raises(SignatureMismatch):
            verify_signature(SWAP, intent_id(SWAP), KEY.sign(loose))
    verify_ed25519(KEY.public, signing_digest(SWAP), signature)


def test_the_signed_bytes_never_change() -> None:
    """Signatures are out there: domain, network, tag and canonical bytes, in this order."""
    message = b"walras/signature/1\0" + SWAP.network + b"walras/intent/1\0" + encode_intent(SWAP)
    assert signing_digest(SWAP) == hashlib.sha256(message).digest()


def test_recorded_owners_have_nothing_to_check() -> None:
    """A public record passes without a signature; who judges it counts it as unsigned."""
    recorded = replace(SWAP, owner=Owner(OwnerScheme.RECORDED, b"someone"))
    verify_signature(recorded, intent_id(recorded), b"")


def test_keys_do_not_show_their_secret() -> None:
    """Printing a key shows the public half; fresh keys differ."""
    assert repr(KEY) == f"SigningKey(public={KEY.public.hex()})"
    assert SigningKey.generate().public != SigningKey.generate().public
