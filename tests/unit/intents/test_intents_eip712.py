"""EIP-712: CoW's domain and a real mainnet order, wallets' signatures over intents, and refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from intents.codec import encode_intent, intent_id
from intents.eip712 import (
    COW_SETTLEMENT,
    CURVE_ORDER,
    UID_BYTES,
    BadEthereumSignature,
    CowOrder,
    HighS,
    WrongSigner,
    check_signer,
    cow_digest,
    cow_domain,
    cow_uid,
    intent_digest,
    keccak,
    recover,
)
from intents.intent import Intent, IntentId, Owner, OwnerScheme
from intents.records import replace
from intents.signing import verify_signature
from tests.shared import shared
from tests.strategies import wallet, wallet_signature
from tests.unit.intents.examples import SWAP

DIGEST = keccak(b"a message")


def test_keccak_is_ethereum_s() -> None:
    """The hash of nothing, as every Ethereum document prints it."""
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_the_domain_separator_of_cow_on_mainnet() -> None:
    """The value that the deployed settlement contract returns."""
    assert cow_domain(1).hex() == "c078f884a2676e1345748b1feace7b0abee5d00ecadb6e574dcdd109a63e8943"
    assert len({cow_domain(1), cow_domain(100), cow_domain(1, bytes(20))}) == 3


def recorded_trade() -> dict[str, Any]:
    path = shared("vectors/cow/real_settlements_decoded.json")
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    case = next(case for case in cases if case["name"] == "settlement_with_protocol_fee")
    trade: dict[str, Any] = case["trades"][0]
    return trade


def cow_order(trade: dict[str, Any]) -> CowOrder:
    return CowOrder(
        sell_token=bytes.fromhex(trade["sell_token"][2:]),
        buy_token=bytes.fromhex(trade["buy_token"][2:]),
        receiver=bytes.fromhex(trade["receiver"][2:]),
        sell_amount=int(trade["sell_amount"]),
        buy_amount=int(trade["buy_amount"]),
        valid_to=trade["valid_to"],
        app_data=bytes.fromhex(trade["app_data"][2:]),
        fee_amount=int(trade["fee_amount"]),
        kind=trade["kind"],
        partially_fillable=trade["partially_fillable"],
    )


def test_a_real_order_was_signed_by_its_receiver() -> None:
    """A mainnet order's signature recovers its owner, and no longer does when any field differs."""
    trade = recorded_trade()
    order, domain = cow_order(trade), cow_domain(1, COW_SETTLEMENT)
    signature = bytes.fromhex(trade["signature"][2:])
    owner = bytes.fromhex(trade["receiver"][2:])
    assert owner.hex().startswith("f87da2")
    assert recover(cow_digest(order, domain), signature) == owner
    check_signer(cow_digest(order, domain), signature, owner)
    for change in (
        {"sell_token": bytes(20)},
        {"buy_token": bytes(20)},
        {"receiver": bytes(20)},
        {"sell_amount": order.sell_amount + 1},
        {"buy_amount": order.buy_amount - 1},
        {"valid_to": order.valid_to + 1},
        {"app_data": bytes(32)},
        {"fee_amount": 1},
        {"kind": "buy"},
        {"partially_fillable": not order.partially_fillable},
        {"sell_token_balance": "internal"},
        {"buy_token_balance": "internal"},
    ):
        changed: dict[str, Any] = change
        with pytest.raises((WrongSigner, BadEthereumSignature)):
            check_signer(cow_digest(replace(order, **changed), domain), signature, owner)
    with pytest.raises((WrongSigner, BadEthereumSignature)):
        check_signer(cow_digest(order, cow_domain(100)), signature, owner)


def test_a_recorded_order_is_checked_against_its_uid() -> None:
    """The uid is digest, owner and expiry; the wallet's signature fits the digest in it."""
    trade = recorded_trade()
    order, signature = cow_order(trade), bytes.fromhex(trade["signature"][2:])
    owner = bytes.fromhex(trade["receiver"][2:])
    uid = cow_uid(order, owner, cow_domain(1))
    assert len(uid) == UID_BYTES
    assert uid[32:52] == owner
    assert int.from_bytes(uid[52:], "big") == trade["valid_to"]
    intent = replace(SWAP, owner=Owner(OwnerScheme.EIP712, owner))
    verify_signature(intent, IntentId(uid), signature)
    with pytest.raises((WrongSigner, BadEthereumSignature)):
        verify_signature(intent, IntentId(b"\0" + uid[1:]), signature)
    with pytest.raises((WrongSigner, BadEthereumSignature)):
        verify_signature(intent, intent_id(intent), signature)


def wallet_intent(number: int) -> Intent:
    return replace(SWAP, owner=Owner(OwnerScheme.EIP712, wallet(number)[1]))


def test_wallets_sign_native_intents() -> None:
    """A wallet's signature fits its intent, network and owner only."""
    intent = wallet_intent(0)
    signature = wallet_signature(0, intent_digest(intent))
    verify_signature(intent, intent_id(intent), signature)
    for other in (replace(intent, nonce=8), replace(intent, network=bytes(32)), wallet_intent(1)):
        with pytest.raises((WrongSigner, BadEthereumSignature)):
            verify_signature(other, intent_id(other), signature)


def test_the_typed_data_of_an_intent_never_changes() -> None:
    """What wallets sign, spelled out from EIP-712: a domain salted by the network, one field of bytes."""
    domain_type = keccak(b"EIP712Domain(string name,string version,bytes32 salt)")
    domain = keccak(domain_type + keccak(b"Walras") + keccak(b"1") + SWAP.network)
    struct = keccak(keccak(b"Intent(bytes intent)") + keccak(encode_intent(SWAP)))
    assert intent_digest(SWAP) == keccak(b"\x19\x01" + domain + struct)


def test_addresses_are_ethereum_s() -> None:
    """The secret key 1 has the address everybody knows."""
    assert wallet(0)[1].hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"
    assert recover(DIGEST, wallet_signature(0, DIGEST)) == wallet(0)[1]


def test_the_higher_s_is_refused() -> None:
    """Of the two signatures that verify only the one with the lower s is accepted."""
    signature = wallet_signature(0, DIGEST)
    s = int.from_bytes(signature[32:64], "big")
    assert s <= CURVE_ORDER // 2
    other = signature[:32] + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - signature[64]])
    with pytest.raises(HighS, match=str(CURVE_ORDER - s)):
        recover(DIGEST, other)
    with pytest.raises(HighS):
        recover(DIGEST, signature[:32] + (CURVE_ORDER // 2 + 1).to_bytes(32, "big") + signature[64:])


@pytest.mark.parametrize("v", [0, 1, 26, 29, 37, 255])
def test_other_recovery_numbers_are_refused(v: int) -> None:
    """v is 27 or 28: anything else would be a second form of one signature."""
    with pytest.raises(BadEthereumSignature, match=f"v is {v}, expected 27 or 28"):
        recover(DIGEST, wallet_signature(0, DIGEST)[:64] + bytes([v]))


@pytest.mark.parametrize("place", [slice(0, 32), slice(32, 64)], ids=["r", "s"])
@pytest.mark.parametrize("value", [0, CURVE_ORDER, 2**256 - 1])
def test_r_and_s_lie_within_the_group_order(place: slice, value: int) -> None:
    """Zero and anything not below the group order are refused before recovery."""
    signature = bytearray(wallet_signature(0, DIGEST))
    signature[place] = value.to_bytes(32, "big")
    with pytest.raises(BadEthereumSignature, match="r or s is zero or not below the group order"):
        recover(DIGEST, bytes(signature))


@pytest.mark.parametrize("size", [0, 64, 66])
def test_signatures_have_65_bytes(size: int) -> None:
    """Other lengths, compact ones among them, are named."""
    with pytest.raises(BadEthereumSignature, match=f"{size} bytes, expected 65"):
        recover(DIGEST, bytes(size))


def test_an_r_that_is_on_no_point_is_refused() -> None:
    """x = 5 has no point on secp256k1: there is no key to recover."""
    with pytest.raises(BadEthereumSignature, match="no public key fits it"):
        recover(DIGEST, (5).to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\x1b")
