"""The orders near the margin by a primal-dual interior-point method, weights and pools moving along.

An order's fill f in (0, 1) has a slack on each side: with δ its log price above its limit, δ = u − z, z·f = μ and
u·(1 − f) = μ; a pool's depth τ > 0 has δ = τ − y, τ·y = μ. Together with balanced tokens that is the equilibrium
as μ → 0. Newton on all of it costs O(n + T³) a step; each step is a predictor and a corrector (Mehrotra 1992).
Orders with the same limit have the same fill all along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Bools, Floats, Ints
from solver.equilibrium.pools import Curves


@dataclass(frozen=True, slots=True)
class Near:
    """n levels of orders (``sell``, ``buy``, ``limit``, ``value``) to fill partly or not, orders certain to be
    filled (``full_sell``, ``full_buy``, ``full_value``), and pools; all relative to guessed prices."""

    tokens: int
    sell: Ints
    buy: Ints
    limit: Floats
    value: Floats
    full_sell: Ints
    full_buy: Ints
    full_value: Floats
    curves: Curves


@dataclass(frozen=True, slots=True)
class Point:
    """Log prices ``x`` (T,), fills ``f`` with slacks ``z`` and ``u`` (n,), pool depths ``tau`` with slack ``y``."""

    x: Floats
    f: Floats
    z: Floats
    u: Floats
    tau: Floats
    y: Floats

    @property
    def marginal(self) -> Bools:
        """Levels that both slacks release."""
        return (self.z < self.f) & (self.u < 1 - self.f)

    @property
    def mu(self) -> float:
        """The mean product of a variable and its slack."""
        count = 2 * len(self.f) + len(self.tau)
        return float(self.f @ self.z + (1 - self.f) @ self.u + self.tau @ self.y) / max(count, 1)


#: A step keeps this share of the way to the boundary.
KEEP: Final = 0.999
#: No step changes a rate by more than this factor (in logs): weights are exponentials.
REACH: Final = 1.0
STEPS: Final = 100
#: Steps allowed at the end of the path.
LAST: Final = 10
#: Where the path ends: slacks of order 1e-13 in log rates, tokens in balance.
CENTRED, BALANCED = 1e-13, 1e-9


def follow(near: Near, x: Floats, mu: float, scale: float) -> tuple[Point, int]:
    """The end of the central path, beginning at prices ``x`` with slacks of order ``mu``, and the steps it took.

    ``scale``: a typical distance of limits from prices. A token that nothing holds is held to its guessed price by
    a pull that vanishes with μ.
    """
    capacity = capacity_of(near)
    at = begin(near, x, mu)
    left = LAST
    for done in range(STEPS):
        at, length, imbalance = step(near, at, mu, capacity / scale**2)
        if TRACE:
            print(f"{done:3d} mu {mu:.1e} {at.mu:.1e} len {length:.3f} imb {imbalance:.1e} x {np.abs(at.x).max():.2f} {at.marginal.sum()}")
        if mu <= CENTRED and imbalance <= BALANCED and length > 0.9:
            return at, done + 1
        left -= mu <= CENTRED
        if left == 0:
            return at, done + 1
        if length > 0.1 :
            mu = max((min(mu,at.mu) if M else mu) * (FAST if length > 0.9 and imbalance<1e-2 else G[0] if length > 0.9 else G[1] if length > 0.5 else G[2]), CENTRED/2)
    return at, STEPS

FAST=.1
KAPPA=1e8
G=[.1,.3,.6]
M=1

SEP=True
TRACE=False

def begin(near: Near, x: Floats, mu: float) -> Point:
    """The centred point for these prices."""
    delta = x[near.sell] - x[near.buy] - near.limit
    half = delta / (2 * mu)
    # The root of δ = μ/(1−f) − μ/f in (0, 1), written without cancellation.
    small = 1 / (1 + np.abs(half) + np.sqrt(half * half + 1))
    f = np.where(half < 0, small, 1 - small)
    rest = np.where(half < 0, 1 - small, small)
    c = near.curves
    depth = x[c.sell] - x[c.buy] - c.limit
    wide = np.sqrt(depth * depth / 4 + mu)
    tau = np.where(depth > 0, depth / 2 + wide, mu / (wide - depth / 2))
    return Point(x, f, mu / f, mu / rest, tau, mu / tau)


def step(near: Near, at: Point, mu: float, pull: Floats) -> tuple[Point, float, float]:
    """A predictor to the boundary, then the step; the imbalance is that before it."""
    t, c = near.tokens, near.curves
    f, z, u, tau, y = at.f, at.z, at.u, at.tau, at.y
    rest = 1 - f
    up = np.exp(at.x)
    value = near.value * up[near.sell]
    reserve = c.reserve * up[c.sell]
    stay = np.exp(-c.weight * tau)
    certain = near.full_value * up[near.full_sell]
    theta = 1 / (u / rest + z / f)
    ease = 1 / (1 + y / tau)
    sell = np.concatenate([near.sell, near.full_sell, c.sell])
    buy = np.concatenate([near.buy, near.full_buy, c.buy])
    flow = np.concatenate([value * f, certain, -reserve * np.expm1(-c.weight * tau)])
    bend = reserve * c.weight * stay
    hold = np.zeros(len(certain))
    steep = np.concatenate([value * theta, hold, bend * ease])
    sold, bought = np.bincount(sell, flow, t), np.bincount(buy, flow, t)
    matrix = laplacian(t, sell, buy, flow + steep, steep)
    pull = pull * mu
    net = sold - bought + pull * at.x
    scale = np.maximum(np.diag(matrix), pull)
    scale = np.where(scale > 0, scale, 1.0)
    matrix[np.arange(t), np.arange(t)] += pull + 1e-14 * scale
    matrix /= scale[:, None]
    miss = u - z - (at.x[near.sell] - at.x[near.buy] - near.limit)
    gap = at.x[c.sell] - at.x[c.buy] - c.limit + y - tau

    def direction(rz: Floats, ru: Floats, ry: Floats) -> tuple[Floats, ...]:
        rho = miss + ru / rest - rz / f
        lift = gap + ry / tau
        shift = np.concatenate([-value * theta * rho, hold, bend * ease * lift])
        push = np.bincount(sell, shift, t) - np.bincount(buy, shift, t)
        dx = np.linalg.solve(matrix, -(net + push) / scale)
        df = (dx[near.sell] - dx[near.buy] - rho) * theta
        dtau = (dx[c.sell] - dx[c.buy] + lift) * ease
        return dx, df, (rz - z * df) / f, (ru + u * df) / rest, dtau, (ry - y * dtau) / tau

    dx, df, dz, du, dtau, dy = direction(mu - z * f, mu - u * rest, mu - tau * y)
    first = max(least(df, f), least(-df, rest))
    second = max(least(dz, z), least(du, u), least(dtau, tau), least(dy, y), float(np.abs(dx).max(initial=0.0)) / REACH)
    if not SEP:
        first = second = max(first, second)
    share = min(1.0, KEEP / first) if first > 0 else 1.0
    length = min(1.0, KEEP / second) if second > 0 else 1.0
    turnover = sold + bought + pull
    imbalance = float(np.max(np.abs(net) / np.maximum(turnover, 1e-300), initial=0.0))
    f = f + share * df
    rest = 1 - f
    tau = tau + length * dtau
    z, u, y = z + length * dz, u + length * du, y + length * dy
    # Products that fell far behind would shorten every later step.
    z = np.clip(z, mu / KAPPA / f, mu * KAPPA**2 / f)
    u = np.clip(u, mu / KAPPA / rest, mu * KAPPA**2 / rest)
    y = np.clip(y, mu / KAPPA / tau, mu * KAPPA**2 / tau)
    return Point(at.x + length * dx, f, z, u, tau, y), min(length, share), imbalance


def laplacian(t: int, sell: Ints, buy: Ints, by_sell: Floats, by_buy: Floats) -> Floats:
    """The Jacobian of value sold less value bought: each arc's flow rises by ``by_sell`` with its sell token's log
    price and falls by ``by_buy`` with the other's."""
    matrix = np.bincount(sell * t + sell, by_sell, t * t)
    matrix += np.bincount(buy * t + buy, by_buy, t * t)
    matrix -= np.bincount(sell * t + buy, by_buy, t * t)
    matrix -= np.bincount(buy * t + sell, by_sell, t * t)
    return matrix.reshape(t, t)


def least(change: Floats, room: Floats) -> float:
    """How many times over ``change`` would use up ``room`` where that is most."""
    return float((-change / room).max(initial=0.0))


def capacity_of(near: Near) -> Floats:
    """(T,) all value that could be sold or bought of each token, at the guessed prices."""
    c, t = near.curves, near.tokens
    sell = np.concatenate([near.sell, near.full_sell, c.sell])
    buy = np.concatenate([near.buy, near.full_buy, c.buy])
    value = np.concatenate([near.value, near.full_value, c.reserve * 1e-2])
    return np.bincount(sell, value, t) + np.bincount(buy, value, t)
