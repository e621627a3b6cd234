"""What CoW Protocol's settlement contract does with one trade, for judging recorded settlements.

GPv2Settlement.computeTradeExecution: the order must be live and its limit met by the prices as
stated; a fill-or-kill order executes in full whatever the solver's ``executed`` says; a signed fee
(before CIP-38) is added to the sell amount, pro rata. The contract asks neither for one price per
pair nor for conservation beyond transfers that succeed, so it is no verifier; the arithmetic is
``settlement.execution``'s. Times are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from intents.amounts import mul_div_floor
from intents.intent import Kind
from settlement.errors import ExceedsRemaining, Expired, LimitNotMet, NonPositivePrice
from settlement.execution import SwapFill


@dataclass(frozen=True, slots=True)
class ContractOrder:
    """The signed order: ``fee`` is its signed fee in the sell token, 0 for today's orders."""

    kind: Kind
    partial: bool
    sell: int
    buy: int
    fee: int = 0
    valid_to: int = 2**32 - 1


@dataclass(frozen=True, slots=True)
class ContractTrade:
    """``sell`` leaves the owner with ``fee`` in it, ``buy`` reaches it, ``filled`` is the order's new total."""

    sell: int
    buy: int
    fee: int
    filled: int


def execute_trade(
    order: ContractOrder, executed: int, sell_price: int, buy_price: int, *, filled: int = 0, now: int = 0
) -> ContractTrade:
    """Execute as the contract would, or raise what it would revert with.

    ``Expired``, ``LimitNotMet`` and ``ExceedsRemaining`` are its "order expired", "limit price not
    respected" and "order filled"; a price of zero is ``NonPositivePrice``.
    """
    if order.valid_to < now:
        raise Expired("valid_to", order.valid_to, now)
    for where, price in (("sell_price", sell_price), ("buy_price", buy_price)):
        if price < 1:
            raise NonPositivePrice(where, price)
    if order.sell * sell_price < order.buy * buy_price:
        raise LimitNotMet("prices", buy_price, sell_price, order.sell, order.buy)
    whole = order.buy if order.kind is Kind.EXACT_OUT else order.sell
    if not order.partial:
        executed = whole
    fee = mul_div_floor(order.fee, executed, whole)
    if filled + executed > whole:
        raise ExceedsRemaining("executed", executed, whole - filled)
    amounts = SwapFill(order.kind, executed, fee, sell_price, buy_price).amounts
    return ContractTrade(amounts.given, amounts.got, fee, filled + executed)
