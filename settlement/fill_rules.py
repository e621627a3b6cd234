"""How much of an order may execute, and what may be withheld from it for network cost."""

from __future__ import annotations

from intents.auction import AuctionOrder
from intents.intent import Kind
from settlement.errors import (
    BelowMinimumFill,
    ExceedsRemaining,
    FeeAboveMaximum,
    FeeNotAllowed,
    NothingExecuted,
    PartialFillOfWhole,
)
from settlement.solution import Fill


def filled_amount(order: AuctionOrder, fill: Fill) -> int:
    """What ``fill`` takes from the order's remaining amount: the fee is given too, never wanted."""
    return fill.executed if order.intent.kind is Kind.EXACT_OUT else fill.executed + fill.fee


def check_fill(order: AuctionOrder, fill: Fill, where: str) -> int:
    """Check remaining, fill mode and minimum; returns the filled amount.

    Whatever completes an order is no partial fill, so the last remainder may be below ``min_fill``.
    """
    filled, remaining = filled_amount(order, fill), order.remaining
    if fill.executed == 0:
        raise NothingExecuted(where, fill.executed, remaining)
    if filled > remaining:
        raise ExceedsRemaining(where, filled, remaining)
    if filled == remaining:
        return filled
    if not order.intent.partial:
        raise PartialFillOfWhole(where, filled, remaining)
    if filled < order.intent.fill.min_fill:
        raise BelowMinimumFill(where, filled, order.intent.fill.min_fill)
    return filled


def check_fee(order: AuctionOrder, fill: Fill, filled: int, where: str) -> None:
    """A fee only where the solver sets it, and at most the signed maximum pro rata: fee/max_fee ≤ filled/full."""
    if not fill.fee:
        return
    if not order.fee_by_solver:
        raise FeeNotAllowed(where, fill.fee)
    full = order.intent.reference_leg.amount
    if fill.fee * full > order.intent.max_fee * filled:
        raise FeeAboveMaximum(where, fill.fee, order.intent.max_fee * filled // full)
