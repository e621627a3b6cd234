"""The law's refusals about prices, limits, baskets, venues, conservation and score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settlement.order_errors import LawError

# -- prices and limits ---------------------------------------------------------------------------


@dataclass(eq=False)
class MissingPrice(LawError):
    code: ClassVar[str] = "law.missing-price"
    text: ClassVar[str] = 'no clearing price for asset "{asset}"'

    asset: str


@dataclass(eq=False)
class NonPositivePrice(LawError):
    code: ClassVar[str] = "law.non-positive-price"
    text: ClassVar[str] = "a clearing price of {price}, at least {low} is required"

    price: int
    low: int = 1


@dataclass(eq=False)
class PriceTooLarge(LawError):
    code: ClassVar[str] = "law.price-too-large"
    text: ClassVar[str] = "a clearing price of {price}, at most {high} is allowed"

    price: int
    high: int


@dataclass(eq=False)
class UnknownPricedAsset(LawError):
    """A clearing price names an asset the auction does not know."""

    code: ClassVar[str] = "law.unknown-asset"
    text: ClassVar[str] = 'asset "{asset}" is not in auction {auction}'

    asset: str
    auction: str


@dataclass(eq=False)
class LimitNotMet(LawError):
    """``given`` of the give leg and ``got`` of the want leg, against the limit's two amounts."""

    code: ClassVar[str] = "law.limit-not-met"
    text: ClassVar[str] = "gives {given} for {got}; the limit is {limit_give} for {limit_want}"

    given: int
    got: int
    limit_give: int
    limit_want: int


# -- baskets -------------------------------------------------------------------------------------


@dataclass(eq=False)
class LegsOnSwap(LawError):
    code: ClassVar[str] = "law.legs-on-swap"
    text: ClassVar[str] = "{legs} leg amounts on a swap, whose amounts follow from the prices (allowed: {allowed})"

    legs: int
    allowed: int = 0


@dataclass(eq=False)
class LegCountMismatch(LawError):
    code: ClassVar[str] = "law.leg-count-mismatch"
    text: ClassVar[str] = "{got} leg amounts for {expected} legs"

    got: int
    expected: int


@dataclass(eq=False)
class ReferenceLegMismatch(LawError):
    code: ClassVar[str] = "law.reference-leg-mismatch"
    text: ClassVar[str] = "the first give leg is {leg}, executed is {executed}"

    leg: int
    executed: int


@dataclass(eq=False)
class GivesTooMuch(LawError):
    code: ClassVar[str] = "law.gives-too-much"
    text: ClassVar[str] = "gives {given}, at most {allowed} at this fraction"

    given: int
    allowed: int


@dataclass(eq=False)
class BasketUnderpaid(LawError):
    """Both sides valued at the solution's clearing prices."""

    code: ClassVar[str] = "law.basket-underpaid"
    text: ClassVar[str] = "gets a value of {got} for a value of {given}"

    got: int
    given: int


@dataclass(eq=False)
class BasketOverpaid(LawError):
    """More than one unit of the dearest want leg over the value given: not one price for all."""

    code: ClassVar[str] = "law.basket-overpaid"
    text: ClassVar[str] = "gets a value of {got}, at most {allowed} at clearing prices"

    got: int
    allowed: int


@dataclass(eq=False)
class PolicyNotForBaskets(LawError):
    code: ClassVar[str] = "law.policy-not-for-baskets"
    text: ClassVar[str] = "fee policy {policy} has no meaning for {legs} legs"

    policy: str
    legs: int


# -- venues --------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnknownVenue(LawError):
    code: ClassVar[str] = "law.unknown-venue"
    text: ClassVar[str] = 'venue "{venue}" is not in auction {auction}'

    venue: str
    auction: str


@dataclass(eq=False)
class VenueRefused(LawError):
    """The venue itself cannot execute the interaction; ``code_of`` is its own error's code."""

    code: ClassVar[str] = "law.venue-refused"
    text: ClassVar[str] = 'venue "{venue}" refuses: {reason} [{code_of}]'

    venue: str
    reason: str
    code_of: str


@dataclass(eq=False)
class OutputOverstated(LawError):
    code: ClassVar[str] = "law.output-overstated"
    text: ClassVar[str] = "claims an output of {claimed}, the venue pays {paid}"

    claimed: int
    paid: int


@dataclass(eq=False)
class OutputUnderstated(LawError):
    code: ClassVar[str] = "law.output-understated"
    text: ClassVar[str] = "claims an output of {claimed}, the venue pays {paid}"

    claimed: int
    paid: int


# -- assets --------------------------------------------------------------------------------------


@dataclass(eq=False)
class NotConserved(LawError):
    """``paid_out`` counts what protocol fees withhold: it too must really be there."""

    code: ClassVar[str] = "law.not-conserved"
    text: ClassVar[str] = "{paid_out} goes out, only {taken_in} came in"

    paid_out: int
    taken_in: int


@dataclass(eq=False)
class LeftoversTooLarge(LawError):
    """Both values at the solution's clearing prices; ``where`` names one asset of the component."""

    code: ClassVar[str] = "law.leftovers-too-large"
    text: ClassVar[str] = "leftovers worth {left}, at most {allowed} may stay in the settlement"

    left: int
    allowed: int


@dataclass(eq=False)
class UnpricedLeftover(LawError):
    code: ClassVar[str] = "law.unpriced-leftover"
    text: ClassVar[str] = "{left} is left over of an asset without trades, at most {allowed} may be"

    left: int
    allowed: int


@dataclass(eq=False)
class BalanceExceeded(LawError):
    code: ClassVar[str] = "law.balance-exceeded"
    text: ClassVar[str] = "{owner} gives {given} in all, the balance is {balance}"

    owner: str
    given: int
    balance: int


# -- score ---------------------------------------------------------------------------------------


@dataclass(eq=False)
class NegativeSurplus(LawError):
    """The amounts are worse than the limit once rounded as the score rounds them."""

    code: ClassVar[str] = "law.negative-surplus"
    text: ClassVar[str] = "{amount} against a limit of {limit}"

    amount: int
    limit: int


@dataclass(eq=False)
class MissingReferencePrice(LawError):
    code: ClassVar[str] = "law.missing-reference-price"
    text: ClassVar[str] = 'gets {got} of asset "{asset}", whose surplus has no reference price to be scored at'

    asset: str
    got: int


@dataclass(eq=False)
class BadFeePolicy(LawError):
    """A recorded policy that cannot be applied, such as a factor of one or a quote of nothing."""

    code: ClassVar[str] = "law.bad-fee-policy"
    text: ClassVar[str] = "{what} of {value} is not {expected}"

    what: str
    value: str
    expected: str


@dataclass(eq=False)
class WorthNothing(LawError):
    code: ClassVar[str] = "law.worth-nothing"
    text: ClassVar[str] = "a net score of {net}: surplus {surplus} less uncovered cost {uncovered}"

    net: int
    surplus: int
    uncovered: int
