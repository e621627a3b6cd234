"""Batches for tests: written order by order, and drawn by seed from families that are hard in one way each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.equilibrium.batch import Batch, Floats, Pools

Order = tuple[int, int, float, float]
Pool = tuple[int, int, float, float, float, float]

#: What is hard about a drawn market.
FAMILIES = (
    "plain", "one way", "two halves", "lattice", "decimal", "all at one", "absurd", "wide", "thin pools",
    "pools off", "no fee", "equal pools",
)  # fmt: skip


def batch(tokens: int, orders: Sequence[Order], pools: Sequence[Pool] = (), values: Floats | None = None) -> Batch:
    """Orders (sell, buy, amount, limit); pools (a, b, reserve a, reserve b, weight of a, 1 − fee)."""
    o = np.array(orders, float).reshape(-1, 4)
    p = np.array(pools, float).reshape(-1, 6)
    return Batch(
        np.ones(tokens) if values is None else values,
        o[:, 0].astype(np.int64),
        o[:, 1].astype(np.int64),
        o[:, 2],
        o[:, 3],
        np.zeros(len(o), bool),
        Pools(p[:, 0].astype(np.int64), p[:, 1].astype(np.int64), p[:, 2:4], p[:, 5], p[:, 4]),
    )


def drawn(family: str, seed: int) -> Batch:
    """Up to 12 tokens, 200 orders and 50 pools."""
    rng = np.random.default_rng([FAMILIES.index(family), seed])
    t = int(rng.integers(4 if family == "two halves" else 2, 13))
    n, m = int(np.exp(rng.uniform(0, np.log(200)))), int(rng.choice([0, 0, 1, 5, 50]))
    values = np.exp(rng.normal(0, 1.5, t))
    sell = rng.integers(0, t, n)
    buy = (sell + rng.integers(1, t, n)) % t
    if family == "one way":
        sell = rng.integers(0, t - 1, n)
        buy = sell + 1
    if family == "two halves":
        half = t // 2
        sell = rng.integers(0, half, n) + half * (rng.random(n) < 0.5)
        buy = np.where(sell < half, (sell + 1) % half, half + (sell + 1 - half) % (t - half))
        buy = np.where(buy == sell, (sell + half) % t, buy)
    amount = np.exp(rng.normal(np.log(1000), 1.3, n)) / values[sell]
    limit = values[sell] / values[buy] * np.exp(-rng.normal(0.004, 0.01, n))
    if family == "lattice":
        values, amount = np.ones(t), rng.integers(1, 5, n).astype(float)
        limit = np.exp(rng.integers(-2, 3, n) * np.log(1.001))
    if family == "decimal":
        limit = np.maximum(np.round(limit, 2), 0.01)
    if family == "all at one":
        values, limit, amount = np.ones(t), np.ones(n), rng.integers(1, 5, n).astype(float)
    if family == "absurd":
        limit = limit * np.where(rng.random(n) < 0.3, 111.0 ** rng.choice([-1, 1], n), 1.0)
    if family == "wide":
        limit = limit * np.exp(rng.normal(0, 3, n))
    a = rng.integers(0, t, m)
    b = (a + rng.integers(1, t, m)) % t
    depth = np.exp(rng.normal(np.log(1e3 if family == "thin pools" else 1e6), 1.2, m))
    weight = np.where(rng.random(m) < 0.3, rng.choice([0.2, 0.3, 0.6, 0.7, 0.8], m), 0.5)
    noise = np.exp(rng.normal(0, 2 if family == "pools off" else 0.003, m))
    reserves = np.stack([2 * weight * depth / values[a] * noise, 2 * (1 - weight) * depth / values[b]], 1)
    gamma = 1 - rng.choice([0.0] if family == "no fee" else [0, 1e-4, 5e-4, 3e-3, 1e-2], m)
    if family == "equal pools" and m:
        a, b, weight, gamma = (np.full(m, part[0]) for part in (a, b, weight, gamma))
        reserves = np.tile(reserves[0], (m, 1))
    return Batch(values, sell, buy, amount, limit, np.zeros(n, bool), Pools(a, b, reserves, gamma, weight))
