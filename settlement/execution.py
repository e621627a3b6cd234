"""From a fill and clearing prices to amounts: the arithmetic every trade shares.

A sell executes ``executed`` of the given asset and gets ⌈executed·p_give/p_want⌉; a buy executes
``executed`` of the wanted asset and gives ⌊executed·p_want/p_give⌋. Both roundings favour the
owner, as in CoW Protocol's settlement contract (GPv2Settlement.computeTradeExecution). The fee is
in the given asset and comes on top. Of every trade there are many of these, so they are structs.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from intents.amounts import mul_div_ceil, mul_div_floor
from intents.intent import Kind


class Limit(Struct, frozen=True, gc=False):
    """At most ``give`` for at least ``want``: one directed pair's limit price as two amounts."""

    give: int
    want: int


class Amounts(Struct, frozen=True, gc=False):
    """What changes hands in one trade: ``given`` by the owner in all, ``got`` by the owner."""

    given: int
    got: int


@dataclass(frozen=True, slots=True)
class SwapFill:
    """One swap at clearing prices: ``executed`` is without ``fee``; prices are positive integers."""

    kind: Kind
    executed: int
    fee: int
    give_price: int
    want_price: int

    @property
    def amounts(self) -> Amounts:
        return amounts_of(self.kind, self.executed, self.fee, self.give_price, self.want_price)


def amounts_of(kind: Kind, executed: int, fee: int, give_price: int, want_price: int) -> Amounts:
    """What changes hands where ``executed`` trades at these prices."""
    if kind is Kind.EXACT_OUT:
        return Amounts(sold(executed, give_price, want_price) + fee, executed)
    return Amounts(executed + fee, bought(executed, give_price, want_price))


def bought(sold_amount: int, give_price: int, want_price: int) -> int:
    """What selling exactly ``sold_amount`` gets, rounded up: ⌈sold·p_give/p_want⌉."""
    return mul_div_ceil(sold_amount, give_price, want_price)


def sold(bought_amount: int, give_price: int, want_price: int) -> int:
    """What buying exactly ``bought_amount`` gives, rounded down: ⌊bought·p_want/p_give⌋."""
    return mul_div_floor(bought_amount, want_price, give_price)


def meets_limit(amounts: Amounts, limit: Limit) -> bool:
    """got/given ≥ want/give, compared without division."""
    return amounts.got * limit.give >= limit.want * amounts.given


def surplus_over(kind: Kind, amounts: Amounts, limit: Limit) -> int:
    """What the owner got over ``limit``, negative when under it.

    In the wanted asset for sells, got − ⌈given·want/give⌉, and in the given asset for buys,
    ⌊give·got/want⌋ − given; the rounding is that of the limit's own execution.
    """
    if kind is Kind.EXACT_OUT:
        return mul_div_floor(limit.give, amounts.got, limit.want) - amounts.given
    return amounts.got - mul_div_ceil(amounts.given, limit.want, limit.give)
