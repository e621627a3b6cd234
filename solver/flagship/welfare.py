"""Where to start: the batch as if every order could be paid its own price.

A linear program over orders and ladders that hands each order its limit plus a bounded surplus. Its
optimum is no solution, because one price per pair is not asked for; but its dual values are the prices at
which the marginal orders and venues meet, and that is where the search begins.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from intents.assets import AssetId
from solver.flagship.lp import INFINITY, Program
from solver.flagship.plan import Problem
from solver.protocol import Deadline

#: Surplus an order may be handed, per unit of its size: keeps arbitrage between venues from
#: posing as price improvement.
MOST_SURPLUS: Final = 0.05
#: Of the time left, at most.
SHARE: Final = 0.3


def marginal_prices(problem: Problem, deadline: Deadline) -> dict[AssetId, float] | None:
    """Dual prices of the pay-as-bid program, or ``None`` when nothing trades."""
    program = Program()
    rows: dict[AssetId, int] = {}

    def row(asset: AssetId) -> int:
        if asset not in rows:
            rows[asset] = program.row(0.0, INFINITY)
        return rows[asset]

    trade = problem.market.trade_cost
    fills = []
    for order in problem.orders:
        x = program.variable(0.0, 1.0, -trade)
        surplus = program.variable(0.0, MOST_SURPLUS * order.size, order.scores)
        capped = program.row(-INFINITY, 0.0)
        program.add(capped, surplus, 1.0)
        program.add(capped, x, -MOST_SURPLUS * order.size)
        given = order.size if order.sells else order.size / order.limit
        got = order.size * order.limit if order.sells else order.size
        program.add(row(order.give), x, given)
        program.add(row(order.want), x, -got)
        # A buyer's surplus is kept in the asset given, valued at the limit price.
        program.add(
            row(order.want if order.sells else order.give), surplus, -1.0 if order.sells else -1.0 / order.limit
        )
        fills.append(x)
    for ladder in problem.ladders:
        widest = math.fsum(size for size, _ in ladder.pieces)
        for size, rate in ladder.pieces:
            y = program.variable(0.0, size, -ladder.cost / widest)
            program.add(row(ladder.asset_in), y, -1.0)
            program.add(row(ladder.asset_out), y, rate)
    if not program.solve(deadline, share=SHARE) or not np.any(program.values[fills] >= 1e-9):
        return None
    duals = {asset: -float(program.duals[made]) for asset, made in rows.items()}
    return {asset: price for asset, price in duals.items() if 0.05 < price < 20.0}
