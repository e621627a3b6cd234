"""The master program of the bound: the relaxed batch over the trades that venues have offered so far.

Its duals are prices; its value is what no bound can be below as long as venues offer nothing better (Dantzig and
Wolfe).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from intents.assets import AssetId
from solver.flagship.lp import INFINITY, Program
from solver.flagship.market import Market
from solver.flagship.relaxed import Relaxed
from solver.flagship.replies import Edge
from solver.protocol import Deadline

#: Orders smaller than this do not move prices, nor do larger ones more than it: what linear programs can scale.
DUST: Final = 1e-9
MOST: Final = 1e7
#: Any prices prove a bound, so near enough is good enough.
LOOSE: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Duals:
    """Prices per measured unit (1 is the reference price), and the weight of costs."""

    prices: Mapping[AssetId, float]
    weight: float


@dataclass(frozen=True, slots=True)
class Trade:
    """What one direction of a venue would trade, measured, and its gain at the prices asked."""

    edge: Edge
    paid: float
    got: float
    gain: float


class Master:
    """Rows: what each asset has to balance, ``cost`` and ``kept`` for what leftovers pay, balances that orders
    share, and directions of venues. Columns: leftovers, orders, and trades as they are offered."""

    def __init__(self, market: Market, batch: Relaxed) -> None:
        self.market, self.batch = market, batch
        self.program = Program()
        self.rows = {asset: self.program.row(0.0, INFINITY) for asset in market.unit}
        self.shares: dict[tuple[int, AssetId, AssetId], int] = {}
        # Leftovers pay for costs: at most the costs, at most what they are worth.
        self.cost = self.program.row(-INFINITY, market.settlement_cost)
        self.kept = self.program.row(-INFINITY, 0.0)
        self._add_leftovers()
        self._add_orders()

    def _add_leftovers(self) -> None:
        covered = self.program.variable(0.0, INFINITY, 1.0)
        self.program.add(self.cost, covered, 1.0)
        self.program.add(self.kept, covered, 1.0)
        for asset, row in self.rows.items():
            if self.market.auction.reference_price(asset):
                left = self.program.variable(0.0, INFINITY, 1.0 if asset in self.batch.handed else 0.0)
                self.program.add(row, left, -1.0)
                if asset not in self.batch.handed:
                    self.program.add(self.kept, left, -1.0)

    def _add_orders(self) -> None:
        legs, program = self.batch.offers, self.program
        # Counted in value, not in parts of the order: sizes may be many powers of ten apart.
        size = np.bincount(legs.of, np.abs(legs.amount), legs.count).astype(np.float64)
        taken = (size >= DUST) & (legs.first >= DUST * size)
        sizes = size[taken]
        cost = -self.market.trade_cost / sizes
        first = program.variables(np.zeros(len(sizes)), np.minimum(sizes, MOST), cost)
        column = first + np.cumsum(taken) - 1
        program.add_all(np.full(len(sizes), self.cost), column[taken], cost)
        rows = np.array([self.rows[asset] for asset in self.batch.assets])
        kept = taken[legs.of] & ((legs.amount >= 0.0) | (-legs.amount > DUST * size[legs.of]))
        of, amount = legs.of[kept], legs.amount[kept]
        program.add_all(rows[legs.asset[kept]], column[of], amount / size[of])
        for balance in self.batch.sharing:
            row = program.row(-INFINITY, balance.held)
            for i in balance.members:
                if taken[i]:
                    program.add(row, int(column[i]), float(legs.first[i] / size[i]))

    def offer(self, venue: int, trade: Trade, share: float) -> None:
        """The trade as a column at its ``share`` of the venue's cost; columns of one direction share a whole."""
        key = (venue, trade.edge.asset_in, trade.edge.asset_out)
        if key not in self.shares:
            self.shares[key] = self.program.row(-INFINITY, 1.0)
        cost = share * self.batch.costs[venue]
        y = self.program.variable(0.0, INFINITY, -cost)
        self.program.add(self.cost, y, -cost)
        self.program.add(self.shares[key], y, 1.0)
        self.program.add(self.rows[trade.edge.asset_in], y, -trade.paid)
        self.program.add(self.rows[trade.edge.asset_out], y, trade.got)

    def solve(self, deadline: Deadline) -> tuple[Duals, float] | None:
        """Duals and value net of the settlement's cost; ``None`` where there was no time for them."""
        if not self.program.solve(deadline, tolerance=LOOSE):
            return None
        prices = {asset: max(0.0, -float(self.program.duals[row])) for asset, row in self.rows.items()}
        weight = min(1.0, max(0.0, 1.0 - float(self.program.duals[self.cost])))
        return Duals(prices, weight), self.program.value - self.market.settlement_cost
