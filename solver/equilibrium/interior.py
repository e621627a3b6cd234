"""The orders near the margin by a primal-dual interior-point method, weights and pools moving along.

An order's fill f in (0, 1) has a slack on each side: with δ its log price above its limit, δ = u − z, z·f = μ and
u·(1 − f) = μ; a pool's depth τ > 0 has δ = τ − z, τ·z = μ. Together with balanced tokens that is the equilibrium
as μ → 0. Newton on all of it costs O(n + T³) a step. Orders with the same limit have the same fill all along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats, Ints
from solver.equilibrium.pools import Curves


@dataclass(frozen=True, slots=True)
class Near:
    """n orders (``sell``, ``buy``, ``limit``, ``value``) to fill partly or not, orders certain to be filled
    (``full_sell``, ``full_buy``, ``full_value``), and pools; all relative to guessed prices."""

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
    mu: float


#: A token is held to its guessed price by this share of its capacity times μ: what nothing else determines.
TETHER: Final = 0.1
#: A step keeps this share of the way to the boundary.
KEEP: Final = 0.995
STEPS: Final = 100


def begin(near: Near, x: Floats, mu: float) -> Point:
    """The centred point for these prices."""
    delta = x[near.sell] - x[near.buy] - near.limit
    half = delta / (2 * mu)
    # The root of δ = μ/(1−f) − μ/f in (0, 1), written without cancellation.
    root = np.sqrt(half * half + 1)
    small = 1 / (1 + np.abs(half) + root)
    f = np.where(half < 0, small, 1 - small)
    rest = np.where(half < 0, 1 - small, small)
    c = near.curves
    depth = x[c.sell] - x[c.buy] - c.limit
    wide = np.sqrt(depth * depth / 4 + mu)
    tau = np.where(depth > 0, depth / 2 + wide, mu / (wide - depth / 2))
    return Point(x, f, mu / f, mu / rest, tau, mu / tau, mu)


def step(near: Near, at: Point, mu: float, capacity: Floats) -> tuple[Point, float, float]:
    """One Newton step towards the centre ``mu``: the next point, its step length and the imbalance before it."""
    t, c = near.tokens, near.curves
    f, z, u = at.f, at.z, at.u
    rest = 1 - f
    up = np.exp(at.x)
    value = near.value * up[near.sell]
    delta = at.x[near.sell] - at.x[near.buy] - near.limit
    theta = u / rest + z / f
    rho = (mu / rest - mu / f) - delta
    # Pools
    depth = at.x[c.sell] - at.x[c.buy] - c.limit
    stay = np.exp(-c.weight * at.tau)
    reserve = c.reserve * up[c.sell]
    out, bend = -reserve * np.expm1(-c.weight * at.tau), reserve * c.weight * stay
    ease = 1 / (1 + at.y / at.tau)
    gap = depth + mu / at.tau - at.tau  # depth + (y + Δy at Δτ = 0) − τ
    certain = near.full_value * up[near.full_sell]
    sell = np.concatenate([near.sell, near.full_sell, c.sell])
    buy = np.concatenate([near.buy, near.full_buy, c.buy])
    flow = np.concatenate([value * f, certain, out])
    steep = np.concatenate([value / theta, np.zeros(len(certain)), bend * ease])
    shift = np.concatenate([-value * rho / theta, np.zeros(len(certain)), bend * ease * gap])
    net = np.bincount(sell, flow, t) - np.bincount(buy, flow, t)
    push = np.bincount(sell, shift, t) - np.bincount(buy, shift, t)
    both = flow + steep
    matrix = np.bincount(sell * t + sell, both, t * t)
    matrix += np.bincount(sell * t + buy, -steep, t * t)
    matrix -= np.bincount(buy * t + sell, both, t * t)
    matrix += np.bincount(buy * t + buy, steep, t * t)
    matrix = matrix.reshape(t, t)
    pull = TETHER * mu * capacity
    scale = np.maximum(np.diag(matrix), pull)
    scale = np.where(scale > 0, scale, 1.0)
    matrix[np.arange(t), np.arange(t)] += pull + 1e-14 * scale
    dx = np.linalg.solve(matrix / scale[:, None], -(net + push + pull * at.x) / scale)
    d = dx[near.sell] - dx[near.buy]
    df = (d - rho) / theta
    dz = (mu - z * f - z * df) / f
    du = (mu - u * rest + u * df) / rest
    dtau = (dx[c.sell] - dx[c.buy] + gap) * ease
    dy = (mu - at.y * at.tau - at.y * dtau) / at.tau
    most = max(
        worst(-df, f), worst(df, rest), worst(-dz, z), worst(-du, u), worst(-dtau, at.tau), worst(-dy, at.y),
        float(np.abs(d).max(initial=0.0)) / REACH,
    )  # fmt: skip
    length = min(1.0, KEEP / most) if most > 0 else 1.0
    turnover = np.bincount(sell, flow, t) + np.bincount(buy, flow, t)
    imbalance = float(np.max(np.abs(net) / np.maximum(turnover, 1e-12 * capacity + 1e-300), initial=0.0))
    return (
        Point(
            at.x + length * dx, f + length * df, z + length * dz, u + length * du, at.tau + length * dtau,
            at.y + length * dy, mu,
        ),
        length,
        imbalance,
    )  # fmt: skip


#: No step changes a rate by more than this factor (in logs): weights are exponentials.
REACH: Final = 1.0


def worst(down: Floats, room: Floats) -> float:
    """The greatest of down/room."""
    return float((down / room).max(initial=0.0))


def capacity_of(near: Near) -> Floats:
    """(T,) all value that could be sold or bought of each token, at the guessed prices."""
    c, t = near.curves, near.tokens
    sell = np.concatenate([near.sell, near.full_sell, c.sell])
    buy = np.concatenate([near.buy, near.full_buy, c.buy])
    value = np.concatenate([near.value, near.full_value, c.reserve * 1e-2])
    return np.bincount(sell, value, t) + np.bincount(buy, value, t)
