"""A problem as arrays: its assets numbered, its orders and the pieces of its ladders in columns.

Programs are built from these some hundred times a second, so they are made once per problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.assets import AssetId
from intents.intent import IntentId
from solver.flagship.ladders import Ladder
from solver.flagship.market import Order

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OrderTable:
    """Orders in columns, as ``market.Order`` has them; ``give`` and ``want`` are places of assets."""

    ids: tuple[IntentId, ...]
    place: Mapping[IntentId, int]
    give: Places
    want: Places
    sells: Flags
    size: Floats
    limit: Floats
    floor: Floats
    fee: Floats
    whole: Flags
    least: Floats
    scores: Floats

    def rates(self, prices: Floats) -> Floats:
        """What each owner gets per unit given, after the hair withheld."""
        return prices[self.give] / prices[self.want] * (1.0 - self.fee)

    def surplus(self, rates: Floats) -> Floats:
        """Scored surplus of whole fills, in the numeraire (CoW's rule for buys: at the limit price)."""
        gained = np.where(self.sells, rates - self.limit, 1.0 - self.limit / rates)
        return self.scores * self.size * gained

    def amounts(self, fractions: Mapping[IntentId, float], missing: float) -> Floats:
        """``fractions`` in the order of the table."""
        return np.array([fractions.get(order, missing) for order in self.ids])


@dataclass(frozen=True, slots=True)
class LadderTable:
    """Ladders in columns, then their pieces one after the other; ``starts`` are first pieces."""

    names: tuple[tuple[str, AssetId, AssetId], ...]
    into: Places
    out: Places
    cost: Floats
    widest: Floats
    starts: Places
    of: Places
    size: Floats
    rate: Floats

    def flows(self, pieces: Floats) -> Floats:
        """Total per ladder of what its pieces take."""
        return np.add.reduceat(pieces, self.starts) if len(self.starts) else np.zeros(0)


@dataclass(frozen=True, slots=True)
class Tables:
    """``assets`` sorted; ``traded`` are those some order gives or wants, ``priced`` those that pay for costs."""

    assets: tuple[AssetId, ...]
    place: Mapping[AssetId, int]
    traded: Places
    orders: OrderTable
    ladders: LadderTable

    def prices(self, prices: Mapping[AssetId, float]) -> Floats:
        """By place, 1 where nothing is said."""
        return np.array([prices.get(asset, 1.0) for asset in self.assets])


def tables(orders: Sequence[Order], ladders: Sequence[Ladder]) -> Tables:
    """The arrays of these orders and ladders."""
    used = {asset for order in orders for asset in (order.give, order.want)}
    assets = tuple(sorted(used.union(*((ladder.asset_in, ladder.asset_out) for ladder in ladders))))
    place = {asset: i for i, asset in enumerate(assets)}
    traded = np.array(sorted(place[asset] for asset in used), np.intp)
    return Tables(assets, place, traded, _orders(orders, place), _ladders(ladders, place))


def _orders(orders: Sequence[Order], place: Mapping[AssetId, int]) -> OrderTable:
    return OrderTable(
        ids=tuple(order.id for order in orders),
        place={order.id: i for i, order in enumerate(orders)},
        give=np.array([place[order.give] for order in orders], np.intp),
        want=np.array([place[order.want] for order in orders], np.intp),
        sells=np.array([order.sells for order in orders], np.bool_),
        size=np.array([order.size for order in orders], np.float64),
        limit=np.array([order.limit for order in orders], np.float64),
        floor=np.array([order.floor for order in orders], np.float64),
        fee=np.array([order.fee for order in orders], np.float64),
        whole=np.array([order.whole for order in orders], np.bool_),
        least=np.array([order.least for order in orders], np.float64),
        scores=np.array([order.scores for order in orders], np.float64),
    )


def _ladders(ladders: Sequence[Ladder], place: Mapping[AssetId, int]) -> LadderTable:
    counts = np.array([len(ladder.pieces) for ladder in ladders], np.intp)
    pieces = np.array([piece for ladder in ladders for piece in ladder.pieces], np.float64).reshape(-1, 2)
    starts = np.cumsum(counts) - counts
    return LadderTable(
        names=tuple(ladder.name for ladder in ladders),
        into=np.array([place[ladder.asset_in] for ladder in ladders], np.intp),
        out=np.array([place[ladder.asset_out] for ladder in ladders], np.intp),
        cost=np.array([ladder.cost for ladder in ladders], np.float64),
        widest=np.add.reduceat(pieces[:, 0], starts) if len(ladders) else np.zeros(0),
        starts=starts,
        of=np.repeat(np.arange(len(ladders)), counts),
        size=np.ascontiguousarray(pieces[:, 0]),
        rate=np.ascontiguousarray(pieces[:, 1]),
    )
