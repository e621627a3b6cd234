"""What is left to balance once whole orders are chosen, as a linear program around an equilibrium.

At the equilibrium's prices orders near the margin fill in part or not, and each pool may give more or less than it
would best, as long as its curve is covered: its gain is replaced by chords. Two columns more for each token take
up what nothing else can, at a price that is never worth paying.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from solver.equilibrium.batch import Batch, Equilibrium, Floats, Ints
from solver.selection.near import Near
from solver.selection.pools import Givers
from solver.selection.program import Program
from solver.selection.sums import per_token

#: Where a pool's gain is cut into chords: deviations from what it would best give, in typical orders.
CHORDS: Final = (0.05, 0.3, 1.0, 4.0, 20.0, 100.0, 1000.0)
#: What a token's balance may miss in the program, in typical orders; ``exact`` makes up for it.
PLAY: Final = 1e-7
#: What a typical order's worth of imbalance is made to cost, in its value: more than any order gains.
FORFEIT: Final = 10.0


def program(batch: Batch, equilibrium: Equilibrium, near: Near, pieces_of: tuple[Ints, Floats, Floats]) -> Program:
    """Columns: shares of the open orders, chords of pools, then what each token lacks and has too much of, in
    typical orders. Rows: tokens, what is sold of each less what is bought."""
    pieces, widths, slopes = pieces_of
    tokens, n, k, unit = len(equilibrium.prices), len(near.orders), len(pieces), near.unit
    out, into = near.pools.out, near.pools.into
    worth, order, chord = near.value / unit, np.arange(n), n + np.arange(k)
    token, one = np.arange(tokens), np.ones(tokens)
    entries = (
        (batch.sell[near.orders], order, worth), (batch.buy[near.orders], order, -worth),
        (out[pieces], chord, np.ones(k)), (into[pieces], chord, -np.ones(k)),
        (token, n + k + token, one), (token, n + k + tokens + token, -one),
    )  # fmt: skip
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    settled = near.settled * equilibrium.prices[batch.sell]
    level = per_token(batch.buy, settled, tokens) - per_token(batch.sell, settled, tokens)
    level += per_token(into, near.pools.best, tokens) - per_token(out, near.pools.best, tokens)
    # Pools by how far they are from what they would best give: numbers of the size of an order.
    more = slopes < 0
    free = np.zeros(2 * tokens)
    return Program(
        np.r_[near.edge * worth, slopes, free - FORFEIT],
        np.r_[np.zeros(n), np.where(more, 0.0, -widths / unit), free],
        np.r_[np.ones(n), np.where(more, widths / unit, 0.0), free + np.inf],
        np.r_[near.whole, np.zeros(k + 2 * tokens, bool)],
        csr_matrix((values, (rows, columns)), shape=(tokens, n + k + 2 * tokens)),
        # Rows add up to nothing: without some play, rounding alone makes them contradict one another.
        level / unit - PLAY,
        level / unit + PLAY,
    )


def chords(pools: Givers, unit: float, cuts: tuple[float, ...] = CHORDS) -> tuple[Ints, Floats, Floats]:
    """Per chord the pool (its index), the width in value and the slope of the gain; slopes fall along a pool."""
    steps = unit * np.array(cuts)
    offsets = np.r_[-steps[::-1], 0.0, steps]
    marks = np.clip(pools.best + offsets[:, None], 0, pools.most)
    widths = np.diff(marks, axis=0)
    with np.errstate(all="ignore"):
        slopes = np.diff(pools.gain(marks), axis=0) / widths
    row, pool = np.nonzero(widths > 1e-4 * unit)
    return pool, widths[row, pool], slopes[row, pool]
