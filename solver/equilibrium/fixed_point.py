"""Prices to hundreds of binary places: along trees they follow limits, between trees they balance value."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats
from solver.equilibrium.flows import laplacian, solved
from solver.equilibrium.forest import Forest
from solver.equilibrium.trades import Level, Trade

#: Binary places of prices and of rates between two of them.
PLACES: Final = 320
#: Refinements of the trees' levels; each gains the digits of a double. Balanced to this share it is done.
REFINEMENTS, ENOUGH = 40, 2.0**-240


def prices_of(floats: Floats, forest: Forest, levels: list[Level], fixed: Iterable[Trade]) -> list[int]:
    """Fixed-point prices that follow the limits along trees and balance value between them."""
    prices = [0] * len(floats)
    for token in forest.order:
        if forest.arc[token] < 0:
            prices[token] = int(Fraction(float(floats[token])) * 2**PLACES)
            continue
        level, up = levels[int(forest.arc[token])], prices[int(forest.parent[token])]
        top, bottom = level.limit.as_integer_ratio()
        # p_sell = limit · p_buy
        prices[token] = up * top // bottom if level.sell == token else up * bottom // top
    tree = forest.component.tolist()
    between: dict[tuple[int, int], int] = defaultdict(int)
    for trade in fixed:
        if tree[trade.sell] != tree[trade.buy]:
            between[trade.sell, trade.buy] += trade.sold
    if not between:
        return prices
    pairs = list(between)
    sell, buy = np.array([tree[s] for s, _ in pairs]), np.array([tree[b] for _, b in pairs])
    for _ in range(REFINEMENTS):
        net, turnover = [0] * forest.trees, [0] * forest.trees
        flows = [between[pair] * prices[pair[0]] for pair in pairs]
        for (s, b), flow in zip(pairs, flows, strict=True):
            net[tree[s]] += flow
            net[tree[b]] -= flow
            turnover[tree[s]] += flow
            turnover[tree[b]] += flow
        most = max(turnover)
        if most == 0 or all(abs(n) <= t * ENOUGH for n, t in zip(net, turnover, strict=True)):
            break
        shares = np.array([flow / most for flow in flows])
        matrix = laplacian(forest.trees, sell, buy, shares, np.zeros(len(shares)))
        scale = np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0)
        off = np.array([n / t if t else 0.0 for n, t in zip(net, turnover, strict=True)])
        weight = np.array([t / most for t in turnover])
        # Residuals shrink to 2^−240: scaled up so that the solve sees them as numbers of order one.
        least = float(np.abs(off).max())
        move = solved(matrix / scale[:, None] + 1e-13 * np.eye(forest.trees), -off / least * weight / scale)
        steps = [int(math.ldexp(max(-0.5, min(0.5, m)) * least, PLACES)) for m in move]
        prices = [p + (p * steps[tree[token]] >> PLACES) for token, p in enumerate(prices)]
    return prices
