"""The rules of the ledger that a transition can break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class LedgerError(WalrasError):
    """A transition is refused; the state is as before."""

    code: ClassVar[str] = "ledger"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class Overdrawn(LedgerError):
    code: ClassVar[str] = "ledger.overdrawn"
    text: ClassVar[str] = "{account} holds {held} of {asset}, {wanted} would leave"

    account: str
    asset: str
    held: int
    wanted: int


@dataclass(eq=False)
class NotPositive(LedgerError):
    code: ClassVar[str] = "ledger.not-positive"
    text: ClassVar[str] = "an entry of {amount} {asset}: entries are positive"

    asset: str
    amount: int


@dataclass(eq=False)
class Unbalanced(LedgerError):
    code: ClassVar[str] = "ledger.unbalanced"
    text: ClassVar[str] = "{asset} sums to {total} over all accounts, not to zero"

    asset: str
    total: int


@dataclass(eq=False)
class IllegalStep(LedgerError):
    code: ClassVar[str] = "ledger.illegal-step"
    text: ClassVar[str] = "an intent that is {now} cannot become {wanted}"

    now: str
    wanted: str


@dataclass(eq=False)
class WrongNonce(LedgerError):
    code: ClassVar[str] = "ledger.nonce"
    text: ClassVar[str] = "nonce {nonce} where {expected} is next"

    nonce: int
    expected: int


@dataclass(eq=False)
class UnknownVenue(LedgerError):
    code: ClassVar[str] = "ledger.unknown-venue"
    text: ClassVar[str] = "there is no venue {venue}"

    venue: str


@dataclass(eq=False)
class VenueExists(LedgerError):
    code: ClassVar[str] = "ledger.venue-exists"
    text: ClassVar[str] = "venue {venue} exists already"

    venue: str


@dataclass(eq=False)
class NoSharesThere(LedgerError):
    code: ClassVar[str] = "ledger.shares"
    text: ClassVar[str] = "{held} shares of {venue} are held, {wanted} are to be withdrawn"

    venue: str
    held: int
    wanted: int


@dataclass(eq=False)
class BelowMinimum(LedgerError):
    code: ClassVar[str] = "ledger.below-minimum"
    text: ClassVar[str] = "{what} of {amount}, at least {least} is needed"

    what: str
    amount: int
    least: int


@dataclass(eq=False)
class NotProportional(LedgerError):
    code: ClassVar[str] = "ledger.not-proportional"
    text: ClassVar[str] = "{venue} takes no deposits of this kind: {why}"

    venue: str
    why: str


@dataclass(eq=False)
class StillLocked(LedgerError):
    code: ClassVar[str] = "ledger.still-locked"
    text: ClassVar[str] = "a bond is locked until auction {until}, this is auction {now}"

    until: int
    now: int


@dataclass(eq=False)
class NotAGateway(LedgerError):
    code: ClassVar[str] = "ledger.not-a-gateway"
    text: ClassVar[str] = "{sender} may not credit deposits"

    sender: str


@dataclass(eq=False)
class NotTheirs(LedgerError):
    code: ClassVar[str] = "ledger.not-theirs"
    text: ClassVar[str] = "intent {intent} is not an open one of the sender's"

    intent: str


@dataclass(eq=False)
class NotAnOrderBook(LedgerError):
    code: ClassVar[str] = "ledger.not-an-order-book"
    text: ClassVar[str] = "venue {venue} takes no quotes"

    venue: str


@dataclass(eq=False)
class NotAnOracle(LedgerError):
    code: ClassVar[str] = "ledger.not-an-oracle"
    text: ClassVar[str] = "{sender} may not report prices"

    sender: str


@dataclass(eq=False)
class UnknownAsset(LedgerError):
    code: ClassVar[str] = "ledger.unknown-asset"
    text: ClassVar[str] = "the ledger knows no asset {asset}"

    asset: str


@dataclass(eq=False)
class NotOnLedger(LedgerError):
    code: ClassVar[str] = "ledger.not-on-ledger"
    text: ClassVar[str] = "{venue} cannot be opened here: {why}"

    venue: str
    why: str


@dataclass(eq=False)
class WrongRange(LedgerError):
    code: ClassVar[str] = "ledger.wrong-range"
    text: ClassVar[str] = "ticks {lower} to {upper} are no range of multiples of {spacing}"

    lower: int
    upper: int
    spacing: int


@dataclass(eq=False)
class TooMuch(LedgerError):
    code: ClassVar[str] = "ledger.too-much"
    text: ClassVar[str] = "{what} would be {amount}, at most {most} is possible"

    what: str
    amount: int
    most: int


@dataclass(eq=False)
class NotAGuardian(LedgerError):
    code: ClassVar[str] = "ledger.not-a-guardian"
    text: ClassVar[str] = "{sender} has no say in the trading state"

    sender: str


@dataclass(eq=False)
class TradingStopped(LedgerError):
    code: ClassVar[str] = "ledger.trading-stopped"
    text: ClassVar[str] = "{action} while trading is {trading}"

    action: str
    trading: str


@dataclass(eq=False)
class BadName(LedgerError):
    code: ClassVar[str] = "ledger.bad-name"
    text: ClassVar[str] = "a solver's name is 1 to 64 printable ASCII characters without spaces, not {name!r}"

    name: str


@dataclass(eq=False)
class NameTaken(LedgerError):
    code: ClassVar[str] = "ledger.name-taken"
    text: ClassVar[str] = "another solver is called {name}"

    name: str
