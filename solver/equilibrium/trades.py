"""What trades, in whole units: orders and pools, and the levels of orders that may trade in part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Grains are no larger than this many units.
GRAIN: Final = 2**16


@dataclass(slots=True)
class Trade:
    """Something that sells ``sold`` (at most ``most``) of one token for at least ``least`` of another: an
    order with its ``limit``, or a pool."""

    sell: int
    buy: int
    sold: int
    most: int
    least: int
    limit: float = 0.0
    bought: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """The marginal orders of one pair and limit: ``orders`` with their ``amounts``, sharing fills pro rata."""

    sell: int
    buy: int
    limit: float
    fill: float
    orders: list[int]
    amounts: list[int]


def units(amount: float, decimals: int) -> int:
    """The whole units in a float amount, exactly: floats are fractions."""
    top, bottom = float(amount).as_integer_ratio()
    whole: int = top * 10**decimals // bottom
    return whole


def at_least(limit: float, sold: int) -> int:
    top, bottom = limit.as_integer_ratio()
    return -(-sold * top // bottom)


def shared(total: int, amounts: list[int], limit: float) -> list[int]:
    """``total`` in proportion to ``amounts``; what division leaves goes grain by grain to the first with room.

    A grain is what ``limit`` turns into whole units, when that is little: orders whose limits are powers of two
    can meet exactly, and lose nothing to rounding then.
    """
    whole, bottom = sum(amounts), limit.as_integer_ratio()[1]
    grain = bottom if bottom <= GRAIN else 1
    parts = [total * amount // whole // grain * grain for amount in amounts] if whole else [0] * len(amounts)
    left = total - sum(parts)
    for most in (grain, left):
        for k, amount in enumerate(amounts):
            more = min(left, most, amount - parts[k])
            parts[k] += more
            left -= more
    return parts
