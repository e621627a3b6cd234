"""EIP-712 signatures of Ethereum wallets: over native intents, and over recorded CoW orders.

The digest is keccak256(0x1901 ‖ domain separator ‖ struct hash). A CoW order's uid is
digest ‖ owner ‖ validTo (GPv2Order.sol), so a recorded order whose uid matches its fields proves
which fields were signed. Signatures are r ‖ s ‖ v with low s only (EIP-2) and v in {27, 28}.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from intents.codec import encode_intent
from intents.intent import Intent, IntentId
from intents.keys import CryptoError

#: secp256k1 group order (SEC 2, section 2.4.1).
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
UID_BYTES: Final = 56
COW_SETTLEMENT: Final = bytes.fromhex("9008d19f58aabd9ed0d60971565aa8510560ab41")

_DOMAIN_TYPE: Final = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_COW_ORDER_TYPE: Final = (
    b"Order(address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,"
    b"uint32 validTo,bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,"
    b"string sellTokenBalance,string buyTokenBalance)"
)
_INTENT_DOMAIN_TYPE: Final = b"EIP712Domain(string name,string version,bytes32 salt)"
_INTENT_TYPE: Final = b"Intent(bytes intent)"


@dataclass(eq=False)
class WrongSigner(CryptoError):
    code: ClassVar[str] = "crypto.wrong-signer"
    text: ClassVar[str] = "signed by {signer}, not by the owner {owner}"

    signer: str
    owner: str


@dataclass(eq=False)
class HighS(CryptoError):
    """Of the two s that verify, EIP-2 allows the lower one."""

    code: ClassVar[str] = "crypto.high-s"
    text: ClassVar[str] = "s is {s}, above half the group order"

    s: int


@dataclass(eq=False)
class BadEthereumSignature(CryptoError):
    code: ClassVar[str] = "crypto.ethereum-signature"
    text: ClassVar[str] = "not a signature: {reason}"

    reason: str


@dataclass(frozen=True, slots=True)
class CowOrder:
    """The fields a CoW order signs. Addresses are 20 bytes, ``app_data`` 32; ``kind`` is sell or buy."""

    sell_token: bytes
    buy_token: bytes
    receiver: bytes
    sell_amount: int
    buy_amount: int
    valid_to: int
    app_data: bytes
    fee_amount: int
    kind: str
    partially_fillable: bool
    sell_token_balance: str = "erc20"
    buy_token_balance: str = "erc20"


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (the padding of the submission, not of FIPS 202)."""
    from Crypto.Hash import keccak as implementation

    digest: bytes = implementation.new(digest_bits=256, data=data).digest()
    return digest


def cow_domain(chain_id: int, contract: bytes = COW_SETTLEMENT) -> bytes:
    """The domain separator of CoW's settlement contract on ``chain_id``."""
    return keccak(
        keccak(_DOMAIN_TYPE)
        + keccak(b"Gnosis Protocol")
        + keccak(b"v2")
        + _word(chain_id)
        + contract.rjust(32, b"\0")
    )


def cow_digest(order: CowOrder, domain: bytes) -> bytes:
    """What the order's owner signs."""
    struct = keccak(
        keccak(_COW_ORDER_TYPE)
        + order.sell_token.rjust(32, b"\0")
        + order.buy_token.rjust(32, b"\0")
        + order.receiver.rjust(32, b"\0")
        + _word(order.sell_amount)
        + _word(order.buy_amount)
        + _word(order.valid_to)
        + order.app_data
        + _word(order.fee_amount)
        + keccak(order.kind.encode())
        + _word(int(order.partially_fillable))
        + keccak(order.sell_token_balance.encode())
        + keccak(order.buy_token_balance.encode())
    )
    return typed_digest(domain, struct)


def cow_uid(order: CowOrder, owner: bytes, domain: bytes) -> bytes:
    """The 56-byte uid: digest ‖ owner ‖ validTo."""
    return cow_digest(order, domain) + owner + order.valid_to.to_bytes(4, "big")


def typed_digest(domain: bytes, struct: bytes) -> bytes:
    return keccak(b"\x19\x01" + domain + struct)


def intent_digest(intent: Intent) -> bytes:
    """What a wallet signs for a native intent: its canonical bytes, the network as the domain's salt."""
    domain = keccak(keccak(_INTENT_DOMAIN_TYPE) + keccak(b"Walras") + keccak(b"1") + intent.network)
    return typed_digest(domain, keccak(keccak(_INTENT_TYPE) + keccak(encode_intent(intent))))


def signed_digest(intent: Intent, intent_id: IntentId) -> bytes:
    """The digest behind ``intent_id``: the one in a recorded order's uid, else the native intent's."""
    return bytes(intent_id[:32]) if len(intent_id) == UID_BYTES else intent_digest(intent)


def check_signer(digest: bytes, signature: bytes, owner: bytes, where: str = "signature") -> None:
    """Return if ``owner`` (20 bytes) signed ``digest``, else raise a ``CryptoError``."""
    signer = recover(digest, signature, where)
    if signer != owner:
        raise WrongSigner(where, "0x" + signer.hex(), "0x" + owner.hex())


def recover(digest: bytes, signature: bytes, where: str = "signature") -> bytes:
    """The address that signed ``digest``; r and s in range, s low, v 27 or 28."""
    if len(signature) != 65:
        raise BadEthereumSignature(where, f"{len(signature)} bytes, expected 65")
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:64], "big")
    v = signature[64]
    if not 0 < r < CURVE_ORDER or not 0 < s < CURVE_ORDER:
        raise BadEthereumSignature(where, "r or s is zero or not below the group order")
    if s > CURVE_ORDER // 2:
        raise HighS(where, s)
    if v not in (27, 28):
        raise BadEthereumSignature(where, f"v is {v}, expected 27 or 28")
    from coincurve import PublicKey

    try:
        # coincurve's recovery accepts high s, hence the check above.
        public = PublicKey.from_signature_and_message(signature[:64] + bytes([v - 27]), digest, hasher=None)
    except Exception as error:  # libsecp256k1 reports unrecoverable points as a plain Exception
        raise BadEthereumSignature(where, "no public key fits it") from error
    return address_of(public.format(compressed=False))


def address_of(public_key: bytes) -> bytes:
    """The address of an uncompressed secp256k1 public key (65 bytes, leading 04)."""
    return keccak(public_key[1:])[-20:]


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
