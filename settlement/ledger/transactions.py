"""Transactions: what an account holder can do besides trading, signed, one nonce after the other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from intents.assets import AssetId
from intents.canonical import Value, pack, unpack
from intents.codec import ASSET, LEG
from intents.intent import IntentId, Leg, OwnerScheme
from intents.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from intents.schema import Amount, Choice, Integer, Many, Octets, OneOf, Record, Text
from intents.signing import verify_ed25519
from intents.venue_codec import VENUE
from intents.venue_states import VenueId, VenueState
from liquidity.book import Side
from liquidity.tick_math import MAX_TICK, MIN_TICK
from settlement.ledger.stakes import MAX_VOTES
from settlement.ledger.trading import TradingState
from settlement.ledger.venues import VENUE_ID

MAX_TRANSACTION_BYTES: Final = 64 << 10
MAX_CANCELS: Final = 256
MAX_LEGS: Final = 16
MAX_REPORTED: Final = 1024
_DOMAIN: Final = b"walras/transaction/1\0"
_HOLDER: Final[Octets[bytes]] = Octets(limit=128)


@dataclass(frozen=True, slots=True)
class Deposit:
    """A gateway credits ``to`` with what arrived outside, named by ``reference``."""

    to: bytes
    asset: AssetId
    amount: int
    reference: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The sender's units leave; ``reference`` says where to."""

    asset: AssetId
    amount: int
    reference: bytes


@dataclass(frozen=True, slots=True)
class Transfer:
    to: bytes
    asset: AssetId
    amount: int


@dataclass(frozen=True, slots=True)
class PostBond:
    """Become (or stay) a solver called ``name``."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class LeaveBond:
    """Stop solving; ``ReleaseBond`` may follow when the bond is free."""


@dataclass(frozen=True, slots=True)
class ReleaseBond:
    """Take the bond back."""


@dataclass(frozen=True, slots=True)
class OpenVenue:
    """``holdings``: the most that a pool in ticks may take, whose state names no amounts; others say theirs."""

    venue: VenueState
    holdings: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class AddLiquidity:
    """Mint ``shares``, paying at most ``most`` of each asset."""

    venue: VenueId
    shares: int
    most: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class RemoveLiquidity:
    """Burn ``shares`` for at least ``least`` of each asset."""

    venue: VenueId
    shares: int
    least: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class PlaceQuote:
    """Rest an order on a book, post-only: ``price`` in ticks per lot, ``quantity`` in lots."""

    venue: VenueId
    side: Side
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CancelQuote:
    venue: VenueId
    order: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """The sender's open intents with these ids trade no more."""

    intents: tuple[IntentId, ...]


@dataclass(frozen=True, slots=True)
class ReportPrices:
    """An oracle's word: numeraire base units per 10^18 base units of each asset."""

    prices: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class PostStake:
    """Buy ``votes`` in the agreement, for the sender's own key."""

    votes: int


@dataclass(frozen=True, slots=True)
class Unstake:
    """Give up ``votes``; ``ReleaseStake`` may follow when what they cost is free."""

    votes: int


@dataclass(frozen=True, slots=True)
class ReleaseStake:
    """Take back what of the stake is free."""


@dataclass(frozen=True, slots=True)
class Unjail:
    """Vote again, after a time in jail for turns missed."""


@dataclass(frozen=True, slots=True)
class AddPosition:
    """Provide ``liquidity`` more between two ticks of a concentrated pool, paying at most ``most`` of each asset.

    The fees that the position has earned so far are paid out with it.
    """

    venue: VenueId
    lower: int
    upper: int
    liquidity: int
    most: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class RemovePosition:
    """Take ``liquidity`` out again, at least ``least`` of each asset, and the fees; of 0: the fees alone."""

    venue: VenueId
    lower: int
    upper: int
    liquidity: int
    least: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class SetTrading:
    """What a guardian asks the trading state to be, until it asks otherwise."""

    trading: TradingState


Action = (
    Deposit
    | Withdraw
    | Transfer
    | PostBond
    | LeaveBond
    | ReleaseBond
    | OpenVenue
    | AddLiquidity
    | RemoveLiquidity
    | PlaceQuote
    | CancelQuote
    | Cancel
    | ReportPrices
    | PostStake
    | Unstake
    | ReleaseStake
    | AddPosition
    | RemovePosition
    | SetTrading
    | Unjail
)
_LEGS: Final = Many(LEG, MAX_LEGS)
_UNITS: Final = Amount(low=1)
_VOTES: Final = Integer(low=1, high=MAX_VOTES)
_MOVED: Final[dict[str, Any]] = {"asset": ASSET, "amount": _UNITS}
_TICK: Final = Integer(low=MIN_TICK, high=MAX_TICK)
_RANGE: Final[dict[str, Any]] = {"venue": VENUE_ID, "lower": _TICK, "upper": _TICK}
#: Appended to, never reordered.
ACTION: Final = OneOf(
    {
        "deposit": Record(Deposit, {"to": _HOLDER, **_MOVED, "reference": Octets(limit=64)}),
        "withdraw": Record(Withdraw, {**_MOVED, "reference": Octets(limit=64)}),
        "transfer": Record(Transfer, {"to": _HOLDER, **_MOVED}),
        "post_bond": Record(PostBond, {"name": Text(64), "amount": _UNITS}),
        "leave_bond": Record(LeaveBond, {}),
        "release_bond": Record(ReleaseBond, {}),
        "open_venue": Record(OpenVenue, {"venue": VENUE, "holdings": _LEGS}),
        "add_liquidity": Record(AddLiquidity, {"venue": VENUE_ID, "shares": _UNITS, "most": _LEGS}),
        "remove_liquidity": Record(RemoveLiquidity, {"venue": VENUE_ID, "shares": _UNITS, "least": _LEGS}),
        "place_quote": Record(
            PlaceQuote,
            {"venue": VENUE_ID, "side": Choice(Side), "price": Integer(low=1), "quantity": Integer(low=1)},
        ),
        "cancel_quote": Record(CancelQuote, {"venue": VENUE_ID, "order": Integer()}),
        "cancel": Record(Cancel, {"intents": Many(Octets(limit=64, made=IntentId), MAX_CANCELS, 1)}),
        "report_prices": Record(ReportPrices, {"prices": Many(LEG, MAX_REPORTED, 1)}),
        "post_stake": Record(PostStake, {"votes": _VOTES}),
        "unstake": Record(Unstake, {"votes": _VOTES}),
        "release_stake": Record(ReleaseStake, {}),
        "add_position": Record(AddPosition, {**_RANGE, "liquidity": _UNITS, "most": _LEGS}),
        "remove_position": Record(RemovePosition, {**_RANGE, "liquidity": Amount(), "least": _LEGS}),
        "set_trading": Record(SetTrading, {"trading": Choice(TradingState)}),
        "unjail": Record(Unjail, {}),
    }
)


@dataclass(frozen=True, slots=True)
class Transaction:
    """``sender``: an Ed25519 public key; ``nonce``: how many of its transactions came before."""

    sender: bytes
    nonce: int
    action: Action
    signature: bytes = b""

    @property
    def holder(self) -> bytes:
        """The sender's account."""
        return bytes([list(OwnerScheme).index(OwnerScheme.ED25519)]) + self.sender

    def signed(self, network: bytes) -> bytes:
        body = pack([self.sender, self.nonce, ACTION.to_wire(self.action)])
        return hashlib.sha256(_DOMAIN + network + body).digest()


TRANSACTION: Final = Record(
    Transaction,
    {
        "sender": Octets(length=PUBLIC_KEY_BYTES),
        "nonce": Integer(),
        "action": ACTION,
        "signature": Octets(length=SIGNATURE_BYTES),
    },
)


def encode_transaction(transaction: Transaction) -> bytes:
    return pack(TRANSACTION.to_wire(transaction))


def decode_transaction(data: bytes, where: str = "transaction") -> Transaction:
    value: Value = unpack(data, where, limit=MAX_TRANSACTION_BYTES)
    return TRANSACTION.from_wire(value, where)


def check_transaction(transaction: Transaction, network: bytes, where: str = "transaction") -> None:
    """Raises a ``CryptoError`` where the signature is not the sender's."""
    verify_ed25519(transaction.sender, transaction.signed(network), transaction.signature, where)
