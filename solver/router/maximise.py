"""Optimal routing, start to end: prepare once, then per goal guess → Newton → trades → gap."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from solver.router.dual import Dual, Point, dual_of, evaluate, first_guess, start_from
from solver.router.families import Floats, Goal, Routing
from solver.router.kinks import RAMPED, follow
from solver.router.newton import newton
from solver.router.prepare import Prepared
from solver.router.primal import ROUNDING, Trades, cut_back, summed, trades_at

#: Newton's evaluations.
LIMIT: Final = 200
#: How often a search that did not finish begins anew, and how far away in log prices.
RESTARTS: Final = 8
AWAY: Final = (1.0, 0.1, 3.0)
#: Roundings of what prices move that the gap may consist of.
ROUNDINGS: Final = 64


def maximise(prepared: Prepared, goal: Goal, start: Floats | None = None, gap: float = 1e-9) -> Routing:
    """The best routing for the goal, and its bound.

    ``start``: (T,) log prices to begin from; otherwise they are guessed. ``gap``: relative, asked between bound
    and value. Never raises for numbers' sake: a routing that could not be finished says ``converged=False``, is
    feasible but for its ``shortfall``, and its bound holds all the same.
    """
    dual = dual_of(prepared, goal)
    with np.errstate(all="ignore"):
        y = first_guess(dual) if start is None else start_from(dual, start)
        best = _from(dual, prepared, y, gap)
        for attempt in range(0 if prepared.kinked else RESTARTS):
            if best.converged or (best.shortfall <= ROUNDING and best.gap <= best.resolution):
                break
            # Where pools switch on and off around the optimum, steps can circle: from elsewhere they do not.
            away = np.random.default_rng(attempt).normal(0.0, AWAY[attempt % len(AWAY)], len(y))
            again = _from(dual, prepared, start_from(dual, y + away), gap)
            again = replace(again, iterations=again.iterations + best.iterations)
            best = min(best, again, key=lambda found: (not found.converged, max(found.shortfall, abs(found.gap))))
        return best


def _from(dual: Dual, prepared: Prepared, y: Floats, gap: float) -> Routing:
    """One search, from log prices ``y``."""
    if prepared.kinked:
        found, ramped = follow(dual, y, gap)
        trades = trades_at(ramped, found.point, RAMPED)
        return certified(dual, evaluate(dual, found.point.y), trades, gap, found.evaluations)
    found = newton(dual, y, 0.0, gap, LIMIT)
    return certified(dual, found.point, trades_at(dual, found.point, 0.0), gap, found.evaluations)


def certified(dual: Dual, point: Point, trades: Trades, gap: float, evaluations: int) -> Routing:
    shortfall = trades.shortfall(dual)
    if shortfall > 0.0 and not (dual.given < 0).any():
        trades = cut_back(dual, trades)
        shortfall = trades.shortfall(dual)
    # Amounts lost in rounding: not to trade is better, and allowed where nothing has to come out.
    if dual.worth @ trades.net < 0 and not (dual.given < 0).any():
        trades = summed(dual, [np.zeros_like(flow) for flow in trades.flows])
    value, scale = float(dual.worth @ trades.net), point.scale
    bound = bound_at(dual, point, value)
    apart = (point.value - value) / scale if bound else 0.0
    return Routing(
        point.prices, trades.flows, trades.net, value, bound, apart, shortfall, evaluations,
        bool(shortfall <= ROUNDING and apart <= gap), ROUNDINGS * point.rounding / scale,
    )  # fmt: skip


def bound_at(dual: Dual, point: Point, value: float) -> float:
    """The dual's value, or more where rounding took it below that of trades there are.

    Tokens from which nothing of worth can be reached add nothing: the lower their prices, the less, without end.
    """
    beyond = float(point.left[dual.dead].sum())
    bound = point.value - beyond
    if abs(bound) <= ROUNDINGS * np.finfo(float).eps * abs(beyond):
        return 0.0
    return bound if bound >= value else value + ROUNDINGS * point.rounding
