"""Spreads and price improvement of a single execution, as 17 CFR 242.600 (Regulation NMS, Rule 605) defines them.

``side`` is +1 for a buy and −1 for a sell; prices in any one unit. The midpoint is that at the receipt of the
order, or some time after its execution. Effective = realised + twice the midpoint's move (adverse selection).
"""

from __future__ import annotations


def effective_spread(side: int, price: float, mid_at_receipt: float) -> float:
    """2 · side · (price − midpoint at receipt): what the taker paid."""
    return 2 * side * (price - mid_at_receipt)


def realized_spread(side: int, price: float, mid_after: float) -> float:
    """2 · side · (price − midpoint later): what the other side was left with."""
    return 2 * side * (price - mid_after)


def price_improvement(side: int, price: float, best_bid: float, best_ask: float) -> float:
    """How far the price is inside the quote it could have hit: ask − price for buys, price − bid for sells."""
    return best_ask - price if side > 0 else price - best_bid


def effective_over_quoted(
    side: int, price: float, mid_at_receipt: float, best_bid: float, best_ask: float
) -> float:
    """E/Q: the effective spread as a share of the quoted one, ask − bid."""
    return effective_spread(side, price, mid_at_receipt) / (best_ask - best_bid)
