"""Damped Newton for a smoothed batch: every order's fill rises from none to all over a ramp of log rates.

The excess supply in value, F(x), has a Jacobian that is a singular M-matrix for orders and pools alike: the market
has gross substitutes. So a Newton direction with a little of the diagonal added is always defined and the damped
iteration goes down in |F|.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats, Ints
from solver.equilibrium.book import Book, traded
from solver.equilibrium.flows import laplacian
from solver.equilibrium.pools import given


@dataclass(frozen=True, slots=True)
class Excess:
    """``net``: (T,) value sold less value bought; ``jacobian``: (T, T) by x; ``turnover``: (T,) value sold plus
    bought; ``stiffness``: (T,) the diagonal's part that comes from fills, not from prices."""

    net: Floats
    jacobian: Floats
    turnover: Floats


def excess(book: Book, x: Floats, ramp: float) -> Excess:
    """All orders and pools at log prices ``x`` above the guess."""
    up = np.exp(x)
    sold, slope = traded(book, x[book.sell] - x[book.buy], ramp)
    out, bend = given(book.curves, x)
    sell, buy = np.r_[book.sell, book.curves.sell], np.r_[book.buy, book.curves.buy]
    rise = up[sell]
    flow, steep = np.r_[sold, out] * rise, np.r_[slope, bend] * rise
    return assemble(book.tokens, sell, buy, flow, steep)


def assemble(tokens: int, sell: Ints, buy: Ints, flow: Floats, steep: Floats) -> Excess:
    """Flows that are worth ``flow`` and rise by ``steep`` with the log rate."""
    outgo, income = np.bincount(sell, flow, tokens), np.bincount(buy, flow, tokens)
    return Excess(outgo - income, laplacian(tokens, sell, buy, flow + steep, steep), outgo + income)


STEPS: Final = 60


def solve(book: Book, x: Floats, ramp: float, tolerance: float, steps: int = STEPS) -> tuple[Floats, float, int]:
    """Log prices where every token's net is at most ``tolerance`` of its turnover; the worst share left; steps."""
    here = excess(book, x, ramp)
    damping = 1e-9
    worst = share(here)
    for step in range(steps):
        if worst <= tolerance:
            return x, worst, step
        diagonal = np.diag(here.jacobian)
        stiff = np.maximum(diagonal, here.turnover)
        stiff = np.where(stiff > 0, stiff, 1.0)
        for _ in range(12):
            matrix = here.jacobian + np.diag(damping * stiff)
            move = np.linalg.solve(matrix / stiff[:, None], -here.net / stiff)
            move = np.clip(move - np.median(move), -4 * ramp - 0.1, 4 * ramp + 0.1)
            there = excess(book, x + move, ramp)
            if np.abs(there.net).sum() < np.abs(here.net).sum() * (1 - 1e-4) or share(there) < worst * (1 - 1e-4):
                damping = max(damping / 10, 1e-12)
                break
            damping = max(damping * 30, 1e-6)
        else:
            return x, worst, step
        x, here = x + move, there
        worst = share(here)
    return x, worst, steps


def share(at: Excess) -> float:
    """The worst token's net over its turnover."""
    if not len(at.net):
        return 0.0
    return float(np.max(np.abs(at.net) / np.maximum(at.turnover, 1e-300)))
