"""Where to start: the batch as if every order could be paid its own price.

A linear program over orders and ladders that hands each order its limit plus a bounded surplus. Its
optimum is no solution, because one price per pair is not asked for; but its dual values are the prices at
which the marginal orders and venues meet, and that is where the search begins.
"""

from __future__ import annotations

from typing import Any, Final

from intents.assets import AssetId
from solver.flagship.lp import INFINITY, Program
from solver.flagship.plan import Problem

#: Surplus an order may be handed, per unit of its size: keeps arbitrage between venues from
#: posing as price improvement.
MOST_SURPLUS: Final = 0.05


def marginal_prices(problem: Problem, *, seconds: float) -> dict[AssetId, float] | None:
    """Dual prices of the pay-as-bid program, or ``None`` when nothing trades."""
    program = Program()
    rows: dict[AssetId, Any] = {}

    def row(asset: AssetId) -> Any:
        if asset not in rows:
            rows[asset] = program.row(0.0, INFINITY)
        return rows[asset]

    trade = problem.market.trade_cost
    fills = []
    for order in problem.orders:
        x = program.variable(0.0, 1.0, -trade)
        surplus = program.variable(0.0, MOST_SURPLUS * order.size, order.scores)
        capped = program.row(-INFINITY, 0.0)
        capped.SetCoefficient(surplus, 1.0)
        capped.SetCoefficient(x, -MOST_SURPLUS * order.size)
        given = order.size if order.sells else order.size / order.limit
        got = order.size * order.limit if order.sells else order.size
        row(order.give).SetCoefficient(x, given)
        row(order.want).SetCoefficient(x, -got)
        # A buyer's surplus is kept in the asset given, valued at the limit price.
        row(order.want if order.sells else order.give).SetCoefficient(
            surplus, -1.0 if order.sells else -1.0 / order.limit
        )
        fills.append(x)
    for ladder in problem.ladders:
        widest = sum(size for size, _ in ladder.pieces)
        for size, rate in ladder.pieces:
            y = program.variable(0.0, size, -ladder.cost / widest)
            row(ladder.asset_in).SetCoefficient(y, -1.0)
            row(ladder.asset_out).SetCoefficient(y, rate)
    if not program.solve(seconds=seconds) or all(x.solution_value() < 1e-9 for x in fills):
        return None
    duals = {asset: -float(made.dual_value()) for asset, made in rows.items()}
    return {asset: price for asset, price in duals.items() if 0.05 < price < 20.0}
