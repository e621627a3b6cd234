"""Random networks of every kind of venue around one true price vector: deterministic from a seed.

Half the venues have two tokens on a curve (of these a third weighted), a fifth are concentrated pools with gaps,
the rest stableswap pools, weighted pools of three to five tokens, and order books. Stable pools join tokens that
are worth the same, so the last fifth of the tokens come in groups of equal price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.router.books import Book, Books
from solver.router.constant_product import constant_product
from solver.router.families import Family, Floats, Goal, Network, route
from solver.router.stable import Stable
from solver.router.ticks import Ranges, Ticks
from solver.router.weighted_many import WeightedMany
from solver.router.weighted_pairs import weighted_pairs

FEES = (1e-4, 5e-4, 3e-3, 1e-2)
#: Value on either side of an average venue.
DEPTH = 1e6


@dataclass(frozen=True, slots=True)
class Mixed:
    network: Network
    goal: Goal
    values: Floats


def mixed(venues: int, seed: int = 0, size: float = 0.02, tokens: int | None = None) -> Mixed:
    """``venues`` venues; the order sells ``size`` of an average token's liquidity of token 0 for the last
    token."""
    rng = np.random.default_rng(seed)
    n = tokens or max(4, round(2 * np.sqrt(venues)))
    values = np.exp(rng.normal(0, 1.5, n))
    pegged = max(2, n // 5)
    values[:pegged] = values[0] * np.exp(rng.normal(0, 0.0005, pegged))
    counts = [int(venues * share) for share in (0.33, 0.17, 0.2, 0.1, 0.1)]
    plain, weighted, ticked, stable, many = counts
    books = venues - sum(counts)
    families: list[Family] = []
    a, b, depth, gamma = _pairs(rng, plain, n)
    noise = np.exp(rng.normal(0, 0.005, plain))
    reserves = np.stack([depth / values[a] * noise, depth / values[b]], 1)
    families.append(constant_product(n, a, b, reserves, gamma))
    a, b, depth, gamma = _pairs(rng, weighted, n)
    share = rng.choice((0.2, 0.3, 0.6, 0.7, 0.8), weighted)
    noise = np.exp(rng.normal(0, 0.005, weighted))
    reserves = np.stack([2 * share * depth / values[a] * noise, 2 * (1 - share) * depth / values[b]], 1)
    families.append(weighted_pairs(n, a, b, reserves, share, gamma))
    a, b, depth, gamma = _pairs(rng, ticked, n)
    families.append(Ticks.of(n, [_ranges(rng, *row, values) for row in zip(a, b, depth, gamma, strict=True)]))
    families.append(_stable(rng, stable, n, pegged, values))
    families.append(_many(rng, many, n, values))
    a, b, depth, gamma = _pairs(rng, books, n)
    families.append(Books.of(n, [_book(rng, *row, values) for row in zip(a, b, depth, strict=True)]))
    network = Network(n, tuple(family for family in families if family.venues))
    return Mixed(network, route(n, 0, n - 1, size * DEPTH * venues / n / values[0]), values)


def _pairs(rng: np.random.Generator, count: int, n: int) -> tuple[np.ndarray, np.ndarray, Floats, Floats]:
    """Tokens (three hubs in 60 %), value per side, 1 − fee; the first n − 1 make a tree."""
    a, b = rng.integers(0, n, count), np.where(rng.random(count) < 0.6, rng.integers(0, 3, count), 0)
    other = rng.integers(0, n, count)
    b = np.where(rng.random(count) < 0.6, b, other)
    tree = np.arange(1, min(count, n - 1) + 1)
    a[: len(tree)], b[: len(tree)] = tree, rng.integers(0, np.minimum(3, tree))
    b = np.where(a == b, (b + 1) % n, b)
    return a, b, np.exp(rng.normal(np.log(DEPTH), 1.2, count)), 1 - rng.choice(FEES, count)


def _ranges(rng: np.random.Generator, a: int, b: int, depth: float, gamma: float, values: Floats) -> Ranges:
    """20 to 80 ranges of 0.1 % to 2 % around the true price, one in ten without liquidity."""
    count = int(rng.integers(20, 80))
    steps = rng.uniform(0.0005, 0.01, count)
    edges = np.cumsum(np.concatenate([[0.0], steps]))
    edges -= edges[count // 2]
    here = (np.log(values[a] / values[b]) + rng.normal(0, 0.003)) / 2
    place = int(np.searchsorted(edges, 0.001))
    edges = np.concatenate([edges[:place], [0.001], edges[place:]]) + here - 0.001
    # Liquidity such that 1 % of price moves about a tenth of the depth.
    liquidity = depth / np.sqrt(values[a] * values[b]) * 10 * rng.lognormal(0, 0.7, count + 1)
    liquidity[rng.random(count + 1) < 0.1] = 0.0
    return Ranges(int(a), int(b), edges, liquidity, place, float(gamma))


def _stable(rng: np.random.Generator, count: int, n: int, pegged: int, values: Floats) -> Stable:
    rows = [rng.choice(pegged, min(int(rng.integers(2, 5)), pegged), replace=False).tolist() for _ in range(count)]
    depths = rng.lognormal(np.log(DEPTH), 1.0, count)
    reserves = [
        [float(depth * rng.uniform(0.6, 1.4) / values[0]) for _ in row]
        for row, depth in zip(rows, depths, strict=True)
    ]
    return Stable.of(
        n,
        rows,
        reserves,
        [[1.0] * len(row) for row in rows],
        rng.choice((20.0, 100.0, 500.0, 2000.0), count).tolist(),
        (1 - rng.choice((1e-4, 4e-4), count)).tolist(),
        (rng.random(count) < 0.5).tolist(),
    )


def _many(rng: np.random.Generator, count: int, n: int, values: Floats) -> WeightedMany:
    rows = [rng.choice(n, min(int(rng.integers(3, 6)), n), replace=False).tolist() for _ in range(count)]
    weights = [rng.dirichlet(np.full(len(row), 4.0)).tolist() for row in rows]
    depths = rng.lognormal(np.log(2 * DEPTH), 1.2, count)
    reserves = [
        [float(w * depth / values[token] * np.exp(rng.normal(0, 0.003))) for w, token in zip(ws, row, strict=True)]
        for ws, row, depth in zip(weights, rows, depths, strict=True)
    ]
    return WeightedMany.of(n, rows, reserves, weights, (1 - rng.choice(FEES, count)).tolist())


def _book(rng: np.random.Generator, a: int, b: int, depth: float, values: Floats) -> Book:
    """Ten levels a side, 5 to 50 bp apart, half a spread of 1 to 20 bp from a price 0.1 % around the true one."""
    price = values[a] / values[b] * np.exp(rng.normal(0, 0.001))
    half = rng.uniform(0.0001, 0.002)
    sizes = rng.lognormal(np.log(depth / 50), 0.8, (2, 10)) / values[a]
    away = half + np.cumsum(rng.uniform(0.0005, 0.005, (2, 10)), axis=1)
    bids = tuple((float(q), float(q * price * np.exp(-s))) for q, s in zip(sizes[0], away[0], strict=True))
    asks = tuple((float(q * price * np.exp(s)), float(q)) for q, s in zip(sizes[1], away[1], strict=True))
    return Book(int(a), int(b), bids, asks)
