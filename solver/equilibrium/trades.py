"""What trades, in whole units: orders and pools, and the levels of orders that may trade in part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Trade:
    """Something that sells ``sold`` (at most ``most``) of one token for at least ``least`` of another."""

    sell: int
    buy: int
    sold: int
    most: int
    least: int
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


def shared(total: int, amounts: list[int]) -> list[int]:
    """``total`` in proportion to ``amounts``; what division leaves goes unit by unit to the first with room."""
    whole = sum(amounts)
    parts = [total * amount // whole for amount in amounts] if whole else [0] * len(amounts)
    left = total - sum(parts)
    for k, amount in enumerate(amounts):
        more = min(left, 1, amount - parts[k])
        parts[k] += more
        left -= more
    return parts
