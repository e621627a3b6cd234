"""The orders near the margin by a primal-dual interior-point method, weights and pools moving along.

A level's fill f in (0, 1) has a slack on each side: with δ its log price above its limit, δ = u − z, z·f = μ and
u·(1 − f) = μ; a pool's depth τ > 0 has δ = τ − y, τ·y = μ·edge, where the edge is a log rate that makes both of a
kind. Together with balanced tokens that is the equilibrium as μ → 0. Newton on all of it costs O(n + T³) a step;
every step is made twice, first towards μ = 0 and then with what that showed of the products' curvature (Mehrotra's
corrector, held within a bound as Colombo & Gondzio advise). Orders with the same limit have the same fill all
along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Bools, Floats
from solver.equilibrium.flows import factored, laplacian, net_of
from solver.equilibrium.near import Near
from solver.tally import totals

#: A step keeps this share of the way to the boundary.
KEEP: Final = 0.999
#: No step changes a price by more than this (in logs): weights are exponentials.
REACH: Final = 1.0
#: The corrector may claim this much of a product, in units of their mean; nothing after a step as short as this.
CURVATURE, SHORT = 1.5, 0.02
STEPS: Final = 60
#: Where the path ends: products this small, tokens in balance, and the steps allowed for that.
CENTRED, BALANCED, LAST = 1e-13, 1e-9, 10
#: Where the path is looked at a first time, to see at its end what still falls; and by how much it must have.
LOOK, CHANGE = 1e-10, 30.0
#: The least of what a pool's products count by, of a typical distance of limits.
LEAST_EDGE: Final = 1e-12
#: The pull on prices, of what the orders near the margin resist.
PULL: Final = 0.1
#: ... and of the reserves of pools.
DEEP: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Point:
    """Log prices ``x`` (T,), fills ``f`` with slacks ``z`` and ``u`` (n,), pool depths ``tau`` with slack ``y``,
    whose products count by ``edge``: (m,) each."""

    x: Floats
    f: Floats
    z: Floats
    u: Floats
    tau: Floats
    y: Floats
    edge: Floats

    @property
    def mu(self) -> float:
        """The mean product of a variable and its slack."""
        count = 2 * len(self.f) + len(self.tau)
        return float(self.f @ self.z + (1 - self.f) @ self.u + self.tau @ (self.y / self.edge)) / max(count, 1)


@dataclass(frozen=True, slots=True)
class End:
    """Where a path ended, after so many ``steps``: which levels are ``marginal`` and which pools ``active``."""

    at: Point
    marginal: Bools
    active: Bools
    steps: int


def released(variable: Floats, slack: Floats, earlier_variable: Floats, earlier_slack: Floats) -> Bools:
    """Whether of each pair it is the slack that goes to zero: it fell by more than its variable since an earlier
    point of the path (Tapia's indicators), whatever their sizes."""
    fell: Bools = slack * earlier_variable < variable * earlier_slack
    return fell


def ended(at: Point, earlier: Point | None, steps: int) -> End:
    """Judged by the change since ``earlier``, or by size when the path was too short for that."""
    if earlier is None or earlier.mu < at.mu * CHANGE:
        ones = (np.ones(len(at.f)), np.ones(len(at.f)))
        pools = (np.ones(len(at.tau)), np.ones(len(at.tau)))
        low, high = released(at.f, at.z, *ones), released(1 - at.f, at.u, *ones)
        return End(at, low & high, released(at.tau, at.y, *pools), steps)
    low = released(at.f, at.z, earlier.f, earlier.z)
    high = released(1 - at.f, at.u, 1 - earlier.f, earlier.u)
    return End(at, low & high, released(at.tau, at.y, earlier.tau, earlier.y), steps)


#: Changes of a point's six parts, in their order.
Direction = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
#: Targets of the three kinds of products, less what they are → the direction there.
Solver = Callable[[Floats, Floats, Floats], Direction]


def follow(near: Near, x: Floats, mu: float, scale: float, *, careful: bool = False) -> End:
    """The end of the central path, beginning at prices ``x`` with slacks of order ``mu``.

    ``scale``: a typical distance of limits from prices. ``careful``: small steps without the corrector, for
    markets of which parts hardly hang together.
    """
    pull = holds(near, scale)
    at = begin(near, x, mu, scale)
    left, length, steps, earlier = LAST, 1.0, 0, None
    for _ in range(2 * STEPS if careful else STEPS):
        steps += 1
        at, length, imbalance = step(near, at, mu, pull, 0.0 if careful or length < SHORT else CURVATURE)
        left -= mu <= CENTRED
        if earlier is None and at.mu <= LOOK:
            earlier = at
        if left == 0 or (mu <= CENTRED and imbalance <= BALANCED and length > 0.9):
            break
        # The shorter the step was, the more of the next one goes to the middle.
        mu = max(at.mu * max(0.2 if careful else 0.05, 0.6 * (1 - length) ** 2), CENTRED / 2)
    return ended(at, earlier, steps)


def begin(near: Near, x: Floats, mu: float, scale: float) -> Point:
    """The centred point for these prices."""
    half = (x[near.sell] - x[near.buy] - near.limit) / (2 * mu)
    # The root of δ = μ/(1−f) − μ/f in (0, 1), written without cancellation.
    small = 1 / (1 + np.abs(half) + np.sqrt(half * half + 1))
    f = np.where(half < 0, small, 1 - small)
    rest = np.where(half < 0, 1 - small, small)
    c, edge = near.curves, edges(near, scale)
    depth = x[c.sell] - x[c.buy] - c.limit
    wide = np.sqrt(depth * depth / 4 + mu * edge)
    tau = np.where(depth > 0, depth / 2 + wide, mu * edge / (wide - depth / 2))
    return Point(x, f, mu / f, mu / rest, tau, mu * edge / tau, edge)


def edges(near: Near, scale: float) -> Floats:
    """(m,) the log rate that each pool's products count by: over a typical distance of limits a pool far deeper
    than the orders at its tokens would trade many times what they do, so for it that over which it would trade as
    much. A token counts at least what orders come to on average: were it nothing, pools between tokens that nobody
    orders would be all but decided at the first guess of prices, and the path would end there.
    """
    t, c = near.tokens, near.curves
    value = np.concatenate([near.value, near.full_value])
    count = len(value)
    orders = totals(near.all_sell[:count], value, t) + totals(near.all_buy[:count], value, t)
    orders = np.maximum(orders, orders.sum() / max(t, 1) or np.inf)
    at = np.maximum(orders[c.sell], orders[c.buy])
    return np.clip(at / c.reserve, LEAST_EDGE * scale, scale)


def holds(near: Near, scale: float) -> Floats:
    """(T,) what pulls each token towards its guessed price, by log price and μ: weak against orders near the
    margin, something where there are none, and gone with μ."""
    t, c = near.tokens, near.curves
    value = totals(near.sell, near.value, t) + totals(near.buy, near.value, t)
    value += DEEP * (totals(c.sell, c.reserve, t) + totals(c.buy, c.reserve, t))
    pull: Floats = PULL * value / scale**2 + np.finfo(float).tiny
    return pull


def step(near: Near, at: Point, mu: float, pull: Floats, curvature: float) -> tuple[Point, float, float]:
    """One step towards products of ``mu``: the next point, the step's length, and the imbalance before it."""
    now = at.mu
    toward, imbalance = linearised(near, at, pull * mu)
    f, z, u, tau, y = at.f, at.z, at.u, at.tau, at.y
    rest = 1 - f
    _, df, dz, du, dtau, dy = toward(-z * f, -u * rest, -tau * y)
    most = curvature * now
    low = mu - z * f - np.clip(dz * df, -most, most)
    high = mu - u * rest + np.clip(du * df, -most, most)
    deep = mu * at.edge - tau * y - np.clip(dtau * dy, -most * at.edge, most * at.edge)
    dx, df, dz, du, dtau, dy = toward(low, high, deep)
    primal = max(used(df, f), used(-df, rest), used(dtau, tau))
    dual = max(used(dz, z), used(du, u), used(dy, y), float(np.abs(dx).max(initial=0.0)) / REACH)
    share = min(1.0, KEEP / primal) if primal > 0 else 1.0
    length = min(1.0, KEEP / dual) if dual > 0 else 1.0
    there = Point(
        at.x + length * dx,
        f + share * df,
        z + length * dz,
        u + length * du,
        tau + share * dtau,
        y + length * dy,
        at.edge,
    )
    return there, min(share, length), imbalance


def linearised(near: Near, at: Point, pull: Floats) -> tuple[Solver, float]:
    """The Newton system at a point, eliminated down to (T, T), and the worst token's imbalance."""
    t, c = near.tokens, near.curves
    x, f, z, u, tau, y = at.x, at.f, at.z, at.u, at.tau, at.y
    rest, up = 1 - f, np.exp(at.x)
    value, reserve = near.value * up[near.sell], c.reserve * up[c.sell]
    certain = near.full_value * up[near.full_sell]
    theta, ease = 1 / (u / rest + z / f), 1 / (1 + y / tau)
    bend = reserve * c.weight * np.exp(-c.weight * tau) * ease
    firm, none = value * theta, np.zeros(len(certain))
    flow = np.concatenate([value * f, certain, -reserve * np.expm1(-c.weight * tau)])
    steep = np.concatenate([firm, none, bend])
    sold, bought = totals(near.all_sell, flow, t), totals(near.all_buy, flow, t)
    net = sold - bought + pull * x
    matrix = laplacian(t, near.all_sell, near.all_buy, flow + steep, steep)
    diagonal = np.arange(t)
    scale = np.maximum(matrix[diagonal, diagonal], pull)
    scale = np.where(scale > 0, scale, 1.0)
    matrix[diagonal, diagonal] += pull + 1e-14 * scale
    matrix /= scale[:, None]
    solve = factored(matrix)
    miss = u - z - (x[near.sell] - x[near.buy] - near.limit)
    gap = x[c.sell] - x[c.buy] - c.limit + y - tau

    def toward(low: Floats, high: Floats, deep: Floats) -> Direction:
        rho = miss + high / rest - low / f
        lift = gap + deep / tau
        push = net_of(t, near.all_sell, near.all_buy, np.concatenate([-firm * rho, none, bend * lift]))
        dx = solve(-(net + push) / scale)
        df = (dx[near.sell] - dx[near.buy] - rho) * theta
        dtau = (dx[c.sell] - dx[c.buy] + lift) * ease
        return dx, df, (low - z * df) / f, (high + u * df) / rest, dtau, (deep - y * dtau) / tau

    turnover = np.maximum(sold + bought + pull, np.finfo(float).tiny)
    return toward, float(np.max(np.abs(net) / turnover, initial=0.0))


def used(change: Floats, room: Floats) -> float:
    """How many times over a fall of ``change`` would use up ``room``, where that is most."""
    return float((-change / room).max(initial=0.0))
