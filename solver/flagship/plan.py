"""A plan: how much of each order and venue, at which prices. Floats, in measured units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from intents.assets import AssetId
from intents.intent import IntentId
from solver.flagship.ladders import Ladder
from solver.flagship.market import Market, Order
from solver.flagship.tables import Tables, tables


@dataclass(frozen=True, slots=True)
class Floor:
    """What a pair is to get in a batch: a rival's ``score``, measured, and a margin.

    The pair's share of the batch's cost comes off the margin. Missing the floor costs ``penalty`` per unit
    missed, against a gain of one per unit of surplus.
    """

    score: float
    margin: float = 0.03
    penalty: float = 2.0


@dataclass(frozen=True)
class Problem:
    """What a program may use: orders near the money and the ladders between their assets.

    ``floors`` are what rivals' bids for one pair alone are worth: a batch that gives a pair less is refused.
    ``start`` are prices at which the search begins, where there are any. ``room`` is what has to be left over of
    every payout, in parts of it.
    """

    market: Market
    orders: tuple[Order, ...]
    ladders: tuple[Ladder, ...]
    floors: Mapping[tuple[AssetId, AssetId], Floor] = field(default_factory=dict)
    start: Mapping[AssetId, float] = field(default_factory=dict)
    room: float = 0.0

    @cached_property
    def tables(self) -> Tables:
        """The orders and ladders as arrays."""
        return tables(self.orders, self.ladders)

    def rate(self, order: Order, prices: Mapping[AssetId, float]) -> float:
        """What the owner gets per unit given, both measured, after the hair withheld."""
        return prices.get(order.give, 1.0) / prices.get(order.want, 1.0) * (1.0 - order.fee)

    def inside(self, order: Order, prices: Mapping[AssetId, float]) -> bool:
        """Whether the owner's limit holds at ``prices``."""
        return self.rate(order, prices) >= order.floor


@dataclass(frozen=True)
class Plan:
    """``fills`` are fractions of what remains; ``flows`` inputs per ladder; ``net`` what it is worth."""

    fills: Mapping[IntentId, float]
    flows: Mapping[tuple[str, AssetId, AssetId], float]
    prices: Mapping[AssetId, float]
    net: float


def order_surplus(order: Order, rate: float) -> float:
    """Scored surplus of a whole fill at ``rate``, in the numeraire (CoW's rule for buys: at the limit price)."""
    if order.sells:
        return order.scores * order.size * (rate - order.limit)
    return order.scores * order.size * (1.0 - order.limit / rate)
