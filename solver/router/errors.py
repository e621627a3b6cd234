"""What can be wrong with an order to be routed, and with asking for what no venue has.

RouteError
├── SameToken          the token given is the token wanted            exit 2
├── AmountOutOfRange   nothing, or more than any amount may be        exit 2
├── CostOutOfRange     a venue's cost is negative or no number        exit 2
├── NoRoute            no venues lead from one token to the other     exit 5
└── NotEnough          the venues do not hold the amount wanted       exit 5
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class RouteError(WalrasError):
    code: ClassVar[str] = "route"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class SameToken(RouteError):
    code: ClassVar[str] = "route.same-token"
    text: ClassVar[str] = "{token} is both given and wanted"
    exit_code: ClassVar[int] = 2

    token: str


@dataclass(eq=False)
class AmountOutOfRange(RouteError):
    code: ClassVar[str] = "route.amount"
    text: ClassVar[str] = "an amount of {amount} is not within 1 .. {limit}"
    exit_code: ClassVar[int] = 2

    amount: int
    limit: int


@dataclass(eq=False)
class CostOutOfRange(RouteError):
    code: ClassVar[str] = "route.cost"
    text: ClassVar[str] = "a cost of {cost} is not finite and at least 0"
    exit_code: ClassVar[int] = 2

    cost: float


@dataclass(eq=False)
class NoRoute(RouteError):
    code: ClassVar[str] = "route.none"
    text: ClassVar[str] = "no venues lead from {give} to {want}"

    give: str
    want: str


@dataclass(eq=False)
class NotEnough(RouteError):
    code: ClassVar[str] = "route.not-enough"
    text: ClassVar[str] = "{asked} wanted, {available} is the most found"

    asked: int
    available: int
