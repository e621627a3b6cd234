"""Optimal routing, start to end: prepare once, then per goal guess → Newton → (descent) → trades → repair → gap."""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.router.dual import Dual, Point, dual_of, evaluate, first_guess, start_from
from solver.router.families import Floats, Goal, Routing
from solver.router.newton import Found, newton
from solver.router.prepare import Prepared
from solver.router.primal import ROUNDING, Trades, trades_at

#: Over which widths jumps are spread, one after the other, where venues jump.
WIDTHS: Final = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
#: Newton's evaluations, per width.
LIMIT: Final = 200


def maximise(prepared: Prepared, goal: Goal, start: Floats | None = None, gap: float = 1e-9) -> Routing:
    """The best routing for the goal, and its bound.

    ``start``: (T,) log prices to begin from; otherwise they are guessed. ``gap``: relative, asked between bound and
    value. Never raises for numbers' sake: a routing that could not be finished says ``converged=False`` and is still
    feasible within its ``shortfall``, with a bound that holds.
    """
    dual = dual_of(prepared, goal)
    with np.errstate(all="ignore"):
        y = first_guess(dual) if start is None else start_from(dual, start)
        found, width = least(dual, y, gap)
        trades = trades_at(dual, found.point, width)
        certain = evaluate(dual, found.point.y) if width else found.point
        return certified(dual, certain, trades, gap, found.evaluations)


def least(dual: Dual, y: Floats, gap: float) -> tuple[Found, float]:
    if not dual.prepared.kinked:
        return newton(dual, y, 0.0, gap, LIMIT), 0.0
    evaluations, found = 0, None
    for width in WIDTHS:
        found = newton(dual, y, width, max(gap, width), LIMIT)
        evaluations += found.evaluations
        y = found.point.y
    assert found is not None
    return Found(found.point, evaluations, found.done), WIDTHS[-1]


def certified(dual: Dual, point: Point, trades: Trades, gap: float, evaluations: int) -> Routing:
    value = float(dual.worth @ trades.net)
    apart = (point.value - value) / max(abs(point.value), 1e-200)
    shortfall = trades.shortfall(dual)
    return Routing(
        point.prices, trades.flows, trades.net, value, point.value, apart, shortfall, evaluations,
        bool(shortfall <= ROUNDING and apart <= gap),
    )  # fmt: skip
