"""What is left of an order that has traded, and whether it can still be an order.

Solvers trade in whole lots and whole units, so an order often keeps a few base units that no trade will ever take.
Such an order would be carried from batch to batch until it expires, in the place of one that could trade. So it
ends where what is left buys nothing, or is less than an intent must be worth to be taken at all. Nothing is lost
by that: what is left was never moved, and is its owner's.
"""

from __future__ import annotations

from intents.amounts import mul_div_floor
from intents.intent import Intent, Kind, Leg
from settlement.ledger.feeds import value_of
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft


def is_over(draft: Draft, rules: Rules, intent: Intent, filled: int, now: int) -> bool:
    """Whether an intent is done with once ``filled`` units of its reference leg have traded."""
    left = intent.reference_leg.amount - filled
    return left <= 0 or is_dust(intent, left) or _is_too_small(draft, rules, intent, left, now)


def is_dust(intent: Intent, left: int) -> bool:
    """Whether ``left`` units of the reference leg come to less than one unit of all that they trade for.

    At the limit that allows the most: of a limit that moves, the most wanted or given that it ever comes to. A
    sell's remainder would get less than a unit of the wanted asset, a basket's of each of them; a buy's would be
    paid for with less than a unit.
    """
    whole = intent.reference_leg.amount
    others = intent.give if intent.kind is Kind.EXACT_OUT else intent.want
    most = [leg.amount for leg in others]
    if intent.curve is not None:
        most += [point.amount for point in intent.curve.points]
    return left * max(most) < whole


def _is_too_small(draft: Draft, rules: Rules, intent: Intent, left: int, now: int) -> bool:
    """Whether what is left is worth less than an intent must be to be taken at all: ``min_notional``."""
    if not rules.min_notional:
        return False
    whole = intent.reference_leg.amount
    for legs in (intent.give, intent.want):
        parts = tuple(Leg(leg.asset, mul_div_floor(leg.amount, left, whole)) for leg in legs)
        worth = value_of(draft, rules, parts, now)
        if worth is not None:
            return worth < rules.min_notional
    return False
