"""Optimal routing, start to end: prepare once, then per goal guess → Newton → trades → gap."""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.router.dual import Dual, Point, dual_of, evaluate, first_guess, start_from
from solver.router.families import Floats, Goal, Routing
from solver.router.kinks import RAMPED, follow
from solver.router.newton import newton
from solver.router.prepare import Prepared
from solver.router.primal import ROUNDING, Trades, summed, trades_at

#: Newton's evaluations.
LIMIT: Final = 200


def maximise(prepared: Prepared, goal: Goal, start: Floats | None = None, gap: float = 1e-9) -> Routing:
    """The best routing for the goal, and its bound.

    ``start``: (T,) log prices to begin from; otherwise they are guessed. ``gap``: relative, asked between bound
    and value. Never raises for numbers' sake: a routing that could not be finished says ``converged=False``, is
    feasible but for its ``shortfall``, and its bound holds all the same.
    """
    dual = dual_of(prepared, goal)
    with np.errstate(all="ignore"):
        y = first_guess(dual) if start is None else start_from(dual, start)
        if prepared.kinked:
            found, ramped = follow(dual, y, gap)
            trades = trades_at(ramped, found.point, RAMPED)
            certain = evaluate(dual, found.point.y)
        else:
            found = newton(dual, y, 0.0, gap, LIMIT)
            trades = trades_at(dual, found.point, 0.0)
            certain = found.point
        return certified(dual, certain, trades, gap, found.evaluations)


def certified(dual: Dual, point: Point, trades: Trades, gap: float, evaluations: int) -> Routing:
    # Amounts lost in rounding: not to trade is better, and allowed where nothing has to come out.
    if dual.worth @ trades.net < 0 and not (dual.given < 0).any():
        trades = summed(dual, [np.zeros_like(flow) for flow in trades.flows])
    value = float(dual.worth @ trades.net)
    apart = (point.value - value) / max(abs(point.value), 1e-200)
    shortfall = trades.shortfall(dual)
    return Routing(
        point.prices, trades.flows, trades.net, value, point.value, apart, shortfall, evaluations,
        bool(shortfall <= ROUNDING and apart <= gap),
    )  # fmt: skip
