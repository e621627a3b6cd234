"""Why a venue refuses: one class per rule, each with the values it compared.

    VenueError
    ├── InvalidVenue          the state itself can be no venue                        exit 3
    ├── NotTraded             the asset is not one this venue trades
    ├── SameAsset             input and output are one asset
    ├── ZeroAmount            nothing was asked for
    ├── AmountTooLarge        an amount over what may exist
    ├── NothingPaid           the input is too small to be paid a single unit
    ├── InsufficientLiquidity more was asked for than the venue can pay
    ├── TradeRatioExceeded    over the share of a reserve that one trade may move
    ├── MathOutOfRange        outside the domain of the venue's own arithmetic
    └── NotConverged          an iteration reached its bound without settling

``where`` is the venue's id. All but the first mean that an interaction cannot execute (exit 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class VenueError(WalrasError):
    """A venue refuses a trade, or cannot be opened."""

    code: ClassVar[str] = "venue"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class InvalidVenue(VenueError):
    code: ClassVar[str] = "venue.invalid"
    text: ClassVar[str] = "{reason}"
    exit_code: ClassVar[int] = 3

    reason: str


@dataclass(eq=False)
class NotTraded(VenueError):
    code: ClassVar[str] = "venue.not-traded"
    text: ClassVar[str] = 'asset "{asset}" is not traded here'

    asset: str


@dataclass(eq=False)
class SameAsset(VenueError):
    code: ClassVar[str] = "venue.same-asset"
    text: ClassVar[str] = 'asset "{asset}" is both the input and the output'

    asset: str


@dataclass(eq=False)
class ZeroAmount(VenueError):
    code: ClassVar[str] = "venue.zero-amount"
    text: ClassVar[str] = "an amount of {amount} trades nothing"

    amount: int


@dataclass(eq=False)
class AmountTooLarge(VenueError):
    code: ClassVar[str] = "venue.amount-too-large"
    text: ClassVar[str] = "{amount} exceeds the largest amount, {limit}"

    amount: int
    limit: int


@dataclass(eq=False)
class NothingPaid(VenueError):
    code: ClassVar[str] = "venue.nothing-paid"
    text: ClassVar[str] = "an input of {amount_in} is too small to be paid one unit"

    amount_in: int


@dataclass(eq=False)
class InsufficientLiquidity(VenueError):
    code: ClassVar[str] = "venue.insufficient-liquidity"
    text: ClassVar[str] = "{asked} asked for, {available} is the most available"

    asked: int
    available: int


@dataclass(eq=False)
class TradeRatioExceeded(VenueError):
    code: ClassVar[str] = "venue.trade-ratio-exceeded"
    text: ClassVar[str] = "{amount} moves more than {limit}, the most one trade may move"

    amount: int
    limit: int


@dataclass(eq=False)
class MathOutOfRange(VenueError):
    code: ClassVar[str] = "venue.math-out-of-range"
    text: ClassVar[str] = "{what} of {value} is outside {low} .. {high}"

    what: str
    value: int
    low: int
    high: int


@dataclass(eq=False)
class NotConverged(VenueError):
    code: ClassVar[str] = "venue.not-converged"
    text: ClassVar[str] = "{what} did not settle within {iterations} iterations"

    what: str
    iterations: int
