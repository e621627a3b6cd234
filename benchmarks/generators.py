"""Instance families by seed: the same draws, in the same order, as the published reference values were made with.

Everything comes from NumPy's PCG64, so an instance is named by its family and seed alone. Families: pools for
arbitrage as in CFMMRouter.jl's ``benchmark/scaling.jl``; one order through a hub-and-spoke network of pools;
a batch of limit orders with pools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Fees a pool may charge, as fractions.
FEES = (1e-4, 5e-4, 3e-3, 1e-2)
#: Weights of the first token of a weighted pool.
WEIGHTS = (0.2, 0.3, 0.6, 0.7, 0.8)


@dataclass(frozen=True, slots=True)
class Pools:
    """P two-token pools. ``a``, ``b``: (P,) token indices; ``reserves``: (P, 2); ``gamma`` = 1 − fee and
    ``weight`` of the first token: (P,)."""

    a: Ints
    b: Ints
    reserves: Floats
    gamma: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class Arbitrage:
    """Find trades whose net is nowhere negative and worth most at ``values`` (T,)."""

    pools: Pools
    values: Floats


@dataclass(frozen=True, slots=True)
class Route:
    """Sell ``amount_in`` of token ``token_in`` for as much of ``token_out`` as ``pools`` give."""

    tokens: int
    pools: Pools
    token_in: int
    token_out: int
    amount_in: float


@dataclass(frozen=True, slots=True)
class Batch:
    """N orders: at most ``amount`` of token ``sell`` for ``buy`` at no less than ``limit`` (buy per sell)."""

    values: Floats
    sell: Ints
    buy: Ints
    amount: Floats
    limit: Floats
    fill_or_kill: Bools
    pools: Pools


def arbitrage(pools: int, factor: float = 2, seed: int = 1234) -> Arbitrage:
    """``factor``·√pools tokens; reserves uniform in 0 … 1000, half the pools without fee."""
    rng = np.random.default_rng(seed)
    tokens = round(factor * np.sqrt(pools))
    a = rng.integers(0, tokens, pools)
    b = (a + 1 + rng.integers(0, tokens - 1, pools)) % tokens
    reserves = 1000 * rng.random((pools, 2))
    gamma = np.where(rng.random(pools) < 0.5, 0.997, 1.0)
    return Arbitrage(Pools(a, b, reserves, gamma, np.full(pools, 0.5)), rng.random(tokens))


def route(
    pools: int, tokens: int | None = None, seed: int = 0, weighted: float = 0.0, size: float = 0.02
) -> Route:
    """Pools near one true price vector (0.5 % noise), lognormal depth, three hubs in 60 % of the pools.

    The order sells ``size`` of the liquidity that lies at its token.
    """
    rng = np.random.default_rng(seed)
    n = tokens or max(3, round(2 * np.sqrt(pools)))
    values = np.exp(rng.normal(0, 1.5, n))
    hubs = min(3, n - 1)
    a, b = rng.integers(0, n, pools), np.empty(pools, np.int64)
    hub = rng.random(pools) < 0.6
    b[hub] = rng.integers(0, hubs, hub.sum())
    b[~hub] = rng.integers(0, n, (~hub).sum())
    b = np.where(a == b, (b + 1) % n, b)
    # A tree first, so that every token can be reached.
    for i in range(min(pools, n - 1)):
        a[i], b[i] = i + 1, rng.integers(0, min(hubs, i + 1))
    depth = np.exp(rng.normal(np.log(1e6), 1.2, pools))
    weight = np.where(rng.random(pools) < weighted, rng.choice(WEIGHTS, pools), 0.5)
    noise = np.exp(rng.normal(0, 0.005, pools))
    reserves = np.stack([2 * weight * depth / values[a] * noise, 2 * (1 - weight) * depth / values[b]], 1)
    gamma = 1 - rng.choice(FEES, pools)
    near = depth[(a == 0) | (b == 0)].sum()
    return Route(n, Pools(a, b, reserves, gamma, weight), 0, n - 1, float(size * near / values[0]))


def batch(orders: int, tokens: int, pools: int, seed: int = 0, fill_or_kill: float = 0.0) -> Batch:
    """Tokens drawn by a Zipf law (0.8), order values lognormal around 1,000, limits around the true prices
    (0.4 % ± 1 % better for the counterparty), pools of about 10^6 a side, three in ten weighted."""
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(0, 1.5, tokens))
    values /= values[0]
    popular = 1 / np.arange(1, tokens + 1) ** 0.8
    popular /= popular.sum()
    sell, buy = _pairs(rng, orders, popular)
    amount = np.exp(rng.normal(np.log(1000), 1.3, orders)) / values[sell]
    limit = values[sell] / values[buy] * np.exp(-rng.normal(0.004, 0.01, orders))
    whole = rng.random(orders) < fill_or_kill
    a, b = _pairs(rng, pools, popular) if pools else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    depth = np.exp(rng.normal(np.log(1e6), 1.2, pools))
    weight = np.where(rng.random(pools) < 0.3, rng.choice(WEIGHTS, pools), 0.5)
    noise = np.exp(rng.normal(0, 0.003, pools))
    first = 2 * weight * depth / values[a] * noise
    second = 2 * (1 - weight) * depth / values[b]
    reserves = np.stack([first, second], 1) if pools else np.zeros((0, 2))
    gamma = 1 - rng.choice(FEES, pools) if pools else np.zeros(0)
    return Batch(values, sell, buy, amount, limit, whole, Pools(a, b, reserves, gamma, weight))


def _pairs(rng: np.random.Generator, count: int, popular: Floats) -> tuple[Ints, Ints]:
    """Two different tokens each; the second is drawn again until it differs."""
    first = rng.choice(len(popular), count, p=popular)
    second = rng.choice(len(popular), count, p=popular)
    while (same := first == second).any():
        second[same] = rng.choice(len(popular), same.sum(), p=popular)
    return first, second
