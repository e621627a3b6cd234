"""The settlement contract's rules beyond the published cases."""

from __future__ import annotations

import pytest

from intents.intent import Kind
from settlement.errors import ExceedsRemaining, Expired, NonPositivePrice
from settlement.gpv2 import ContractOrder, ContractTrade, execute_trade


def test_a_signed_fee_is_charged_pro_rata() -> None:
    """A partial fill pays its part of the signed fee, rounded down, on top of what it sells."""
    order = ContractOrder(Kind.EXACT_IN, True, 100, 10, fee=7)
    assert execute_trade(order, 50, 1, 1) == ContractTrade(sell=53, buy=50, fee=3, filled=50)


def test_a_whole_order_cannot_follow_another_fill() -> None:
    """Fill-or-kill takes the full amount, so anything filled before leaves too little."""
    order = ContractOrder(Kind.EXACT_IN, False, 100, 10)
    with pytest.raises(ExceedsRemaining):
        execute_trade(order, 1, 1, 1, filled=1)


def test_the_last_second_counts() -> None:
    """An order is live in the second it is valid to, and expired in the next."""
    order = ContractOrder(Kind.EXACT_IN, False, 100, 10, valid_to=5)
    assert execute_trade(order, 0, 1, 1, now=5).filled == 100
    with pytest.raises(Expired):
        execute_trade(order, 0, 1, 1, now=6)


def test_a_price_of_zero_is_refused() -> None:
    """Where the contract would divide by zero or give for nothing, the price is named."""
    order = ContractOrder(Kind.EXACT_IN, False, 100, 0)
    with pytest.raises(NonPositivePrice):
        execute_trade(order, 0, 1, 0)
