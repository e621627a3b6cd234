"""Damped Newton for a smoothed batch: every order's fill rises from none to all over a ramp of log rates.

The excess supply in value, F(x), has a Jacobian that is a singular M-matrix for orders and pools alike: the market
has gross substitutes. So a Newton direction with a little of the diagonal added is always defined and the damped
iteration goes down in |F|.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats
from solver.equilibrium.book import Book, traded
from solver.equilibrium.flows import laplacian, solved
from solver.equilibrium.pools import given
from solver.tally import totals


@dataclass(frozen=True, slots=True)
class Excess:
    """``net``: (T,) value sold less value bought; ``jacobian``: (T, T) by x; ``turnover``: (T,) sold
    plus bought."""

    net: Floats
    jacobian: Floats
    turnover: Floats

    @property
    def share(self) -> float:
        """The worst token's net over its turnover."""
        return float(np.max(np.abs(self.net) / np.maximum(self.turnover, np.finfo(float).tiny), initial=0.0))


#: Damping at first, at least, and after a step that did not help; how often it is raised before giving up.
DAMPING, LEAST, AT_ONCE, RAISES = 1e-9, 1e-12, 0.03, 12
#: A step helps when what is missing falls by more than this share.
HELP: Final = 1e-4
#: No step moves a price by more than this plus four ramps (in logs).
REACH: Final = 0.1


def solve(book: Book, x: Floats, ramp: float, tolerance: float, steps: int) -> tuple[Floats, int]:
    """Log prices where every token's net is at most ``tolerance`` of its turnover, or the best near them that
    ``steps`` steps found; and the steps taken."""
    here, damping, reach = excess(book, x, ramp), DAMPING, 4 * ramp + REACH
    for step in range(steps):
        if here.share <= tolerance:
            return x, step
        stiff = np.maximum(np.diag(here.jacobian), here.turnover)
        stiff = np.where(stiff > 0, stiff, 1.0)
        for _ in range(RAISES):
            move = solved(here.jacobian / stiff[:, None] + damping * np.eye(len(x)), -here.net / stiff)
            move = np.clip(move - np.median(move), -reach, reach)
            there = excess(book, x + move, ramp)
            less = np.abs(there.net).sum() < np.abs(here.net).sum() * (1 - HELP)
            if less or there.share < here.share * (1 - HELP):
                damping = max(damping / 10, LEAST)
                break
            damping = max(damping * 30, AT_ONCE)
        else:
            return x, step
        x, here = x + move, there
    return x, steps


def excess(book: Book, x: Floats, ramp: float) -> Excess:
    """All orders and pools at log prices ``x`` above the guess."""
    up = np.exp(x)
    sold, slope = traded(book, x[book.sell] - x[book.buy], ramp)
    out, bend = given(book.curves, x)
    sell, buy = np.concatenate([book.sell, book.curves.sell]), np.concatenate([book.buy, book.curves.buy])
    rise = up[sell]
    flow, steep = np.concatenate([sold, out]) * rise, np.concatenate([slope, bend]) * rise
    t = book.tokens
    outgo, income = totals(sell, flow, t), totals(buy, flow, t)
    return Excess(outgo - income, laplacian(t, sell, buy, flow + steep, steep), outgo + income)
