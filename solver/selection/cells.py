"""Bounds on what orders can gain at any prices of a cell, a simplex of price vectors.

For fixed multipliers λ on the balances the Lagrangian, Σ max(0, q·((1 + λ_buy − λ_sell)·p_sell − limit·p_buy)), is
convex in p: its largest value on a simplex is at a vertex. ``at_point`` takes λ from the linear program at one
price vector, ``over_cell`` the best λ for all vertices at once (that program's dual): its error shrinks with the
square of the cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from solver.selection.program import Bools, Floats, Program, relax
from solver.selection.stationary import ROUNDING, WholeMarket


@dataclass(frozen=True, slots=True)
class Cell:
    """``vertices`` (T, T), one price vector a row; ``willing`` (N,): the limit is met somewhere in the cell;
    ``bound``: no selection of orders at prices in the cell gains more, shown by ``multipliers`` (T,)."""

    vertices: Floats
    willing: Bools
    multipliers: Floats
    bound: float

    def split(self) -> tuple[Floats, Floats]:
        """The vertices of the two halves: the longest edge is cut in the middle."""
        one, other = np.unravel_index(int(np.argmax(_edges(self.vertices))), (len(self.vertices),) * 2)
        middle = (self.vertices[one] + self.vertices[other]) / 2
        halves = self.vertices.copy(), self.vertices.copy()
        halves[0][one], halves[1][other] = middle, middle
        return halves

    @property
    def diameter(self) -> float:
        return float(np.sqrt(_edges(self.vertices).max()))


def whole_space(market: WholeMarket) -> Floats:
    """Vertices of the simplex of all prices at least ``low`` that sum to the number of tokens."""
    vertices = np.full((market.tokens, market.tokens), market.low)
    np.fill_diagonal(vertices, market.tokens - (market.tokens - 1) * market.low)
    return vertices


def bounded(market: WholeMarket, vertices: Floats, enough: float) -> Cell:
    """The cell with its bound; the dearer program is posed only when the cheaper bound is above ``enough``."""
    sell, buy = market.sell, market.buy
    willing: Bools = np.any(vertices[:, sell] >= market.limit * vertices[:, buy] * (1 - ROUNDING), axis=0)
    outside = (vertices.max(axis=0) < market.low) | (vertices.min(axis=0) > market.high)
    cell = Cell(vertices, willing, np.zeros(market.tokens), 0.0)
    if outside.any() or not willing.any():
        return cell
    best: Cell | None = None
    for multipliers_of in (at_point, over_cell):
        multipliers = multipliers_of(market, vertices, willing)
        gains = reduced_gains(market, vertices, multipliers)
        bound = float(np.maximum(gains, 0.0)[:, willing].sum(axis=1).max())
        if best is None or bound < best.bound:
            best = Cell(vertices, willing, multipliers, bound)
        if best.bound <= enough:
            break
    return best or cell


def reduced_gains(market: WholeMarket, vertices: Floats, multipliers: Floats) -> Floats:
    """(vertices, N): what each order gains at each vertex once balances are charged."""
    charged = 1 + multipliers[market.buy] - multipliers[market.sell]
    gains: Floats = market.amount * (charged * vertices[:, market.sell] - market.limit * vertices[:, market.buy])
    return gains


def at_point(market: WholeMarket, vertices: Floats, willing: Bools) -> Floats:
    """Multipliers of the linear program at the cell's centre."""
    return over_cell(market, vertices.mean(axis=0, keepdims=True), willing)


def over_cell(market: WholeMarket, vertices: Floats, willing: Bools) -> Floats:
    """Multipliers with the least Lagrangian bound over the vertices; zeros when GLOP gives up.

    Primal: weights μ on the vertices, sum one; order i filled z_iv ≤ μ_v at vertex v; balances hold in the sum.
    """
    index = np.flatnonzero(willing)
    k, n, t = len(vertices), len(index), market.tokens
    sell, buy, amount, limit = market.sell[index], market.buy[index], market.amount[index], market.limit[index]
    value = (amount * vertices[:, sell]).ravel()
    gain = (amount * (vertices[:, sell] - limit * vertices[:, buy])).ravel()
    column = np.arange(k * n)
    weight = k * n + np.repeat(np.arange(k), n)
    weights = k * n + np.arange(k)
    rows = np.r_[np.tile(buy, k), np.tile(sell, k), t + column, t + column, np.full(k, t + k * n)]
    columns = np.r_[column, column, column, weight, weights]
    entries = np.r_[value, -value, np.ones(k * n), -np.ones(k * n), np.ones(k)]
    size = k * n + k
    answer = relax(
        Program(
            np.r_[gain, np.zeros(k)],
            np.zeros(size),
            np.ones(size),
            np.zeros(size, bool),
            csr_matrix((entries, (rows, columns)), shape=(t + k * n + 1, size)),
            np.r_[np.zeros(t), np.full(k * n, -np.inf), 1.0],
            np.r_[np.zeros(t), np.zeros(k * n), 1.0],
        )
    )
    return np.zeros(t) if answer is None else -answer.duals[:t]


def _edges(vertices: Floats) -> Floats:
    squares: Floats = ((vertices[:, None] - vertices[None]) ** 2).sum(axis=2)
    return squares
