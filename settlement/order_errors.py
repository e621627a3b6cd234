"""The root of the law's refusals, and those about a solution's shape, orders, fills and fees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class LawError(WalrasError):
    """A rule of the auction is broken; the whole solution is void."""

    code: ClassVar[str] = "law"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class NotAnInteger(LawError):
    code: ClassVar[str] = "law.not-an-integer"
    text: ClassVar[str] = "{got} is not an integer"

    got: str


@dataclass(eq=False)
class TooManyInteractions(LawError):
    code: ClassVar[str] = "law.too-many-interactions"
    text: ClassVar[str] = "{count} interactions, at most {limit} are allowed"

    count: int
    limit: int


@dataclass(eq=False)
class NothingFilled(LawError):
    code: ClassVar[str] = "law.nothing-filled"
    text: ClassVar[str] = "the solution fills no order (fills: {fills})"

    fills: int


# -- orders ------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnknownOrder(LawError):
    code: ClassVar[str] = "law.unknown-order"
    text: ClassVar[str] = "order {order} is not in auction {auction}"

    order: str
    auction: str


@dataclass(eq=False)
class DuplicateFill(LawError):
    code: ClassVar[str] = "law.duplicate-fill"
    text: ClassVar[str] = "order {order} is filled already by {first}"

    order: str
    first: str


@dataclass(eq=False)
class WrongNetwork(LawError):
    code: ClassVar[str] = "law.wrong-network"
    text: ClassVar[str] = "signed for network {signed}, this auction is on {network}"

    signed: str
    network: str


@dataclass(eq=False)
class IdMismatch(LawError):
    code: ClassVar[str] = "law.id-mismatch"
    text: ClassVar[str] = "the intent hashes to {computed}, not to its id {claimed}"

    computed: str
    claimed: str


@dataclass(eq=False)
class BadSignature(LawError):
    code: ClassVar[str] = "law.bad-signature"
    text: ClassVar[str] = "the signature is not that of {owner}: {reason}"

    owner: str
    reason: str


@dataclass(eq=False)
class NotYetValid(LawError):
    code: ClassVar[str] = "law.not-yet-valid"
    text: ClassVar[str] = "valid from {valid_from}, this is {number}"

    valid_from: int
    number: int


@dataclass(eq=False)
class Expired(LawError):
    code: ClassVar[str] = "law.expired"
    text: ClassVar[str] = "valid to {valid_to}, this is {number}"

    valid_to: int
    number: int


@dataclass(eq=False)
class ReservedForAnother(LawError):
    code: ClassVar[str] = "law.reserved-for-another"
    text: ClassVar[str] = "only {reserved} may fill this now, not {solver}"

    reserved: str
    solver: str


# -- fills -------------------------------------------------------------------------------------


@dataclass(eq=False)
class NegativeAmount(LawError):
    code: ClassVar[str] = "law.negative-amount"
    text: ClassVar[str] = "{value} is below {low}"

    value: int
    low: int = 0


@dataclass(eq=False)
class AmountTooLarge(LawError):
    code: ClassVar[str] = "law.amount-too-large"
    text: ClassVar[str] = "{value} is above {high}"

    value: int
    high: int


@dataclass(eq=False)
class NothingExecuted(LawError):
    code: ClassVar[str] = "law.nothing-executed"
    text: ClassVar[str] = "nothing executes ({executed} given or taken of {remaining} remaining)"

    executed: int
    remaining: int


@dataclass(eq=False)
class ExceedsRemaining(LawError):
    code: ClassVar[str] = "law.exceeds-remaining"
    text: ClassVar[str] = "{filled} would be filled, {remaining} remains"

    filled: int
    remaining: int


@dataclass(eq=False)
class PartialFillOfWhole(LawError):
    code: ClassVar[str] = "law.partial-fill-of-whole"
    text: ClassVar[str] = "fill-or-kill: {filled} would be filled, {remaining} remains"

    filled: int
    remaining: int


@dataclass(eq=False)
class BelowMinimumFill(LawError):
    code: ClassVar[str] = "law.below-minimum-fill"
    text: ClassVar[str] = "{filled} would be filled, at least {min_fill} is asked for"

    filled: int
    min_fill: int


# -- fees --------------------------------------------------------------------------------------


@dataclass(eq=False)
class FeeNotAllowed(LawError):
    code: ClassVar[str] = "law.fee-not-allowed"
    text: ClassVar[str] = "a fee of {fee} on an order whose solver may set {allowed}"

    fee: int
    allowed: int = 0


@dataclass(eq=False)
class FeeAboveMaximum(LawError):
    """``allowed`` is the signed maximum at this fraction of a full fill, rounded down."""

    code: ClassVar[str] = "law.fee-above-maximum"
    text: ClassVar[str] = "a fee of {fee}, at most {allowed} may be withheld at this fill"

    fee: int
    allowed: int
