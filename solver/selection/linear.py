"""The mixed-integer program of whole fills near an equilibrium, linear around it.

Fill-or-kill orders near the margin are 0/1 variables, others near it may fill in part, and each pool may give more
or less than it would best, as long as its curve is covered: its gain is replaced by chords. Prices may move by a small
``reach`` (in logs): what is sold at a moved price is worth more, which balances a token by a hair's breadth where
nothing else does; an order so near its limit that the move matters is filled only if its limit still holds.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from solver.equilibrium.batch import Batch, Equilibrium, Floats, Ints
from solver.selection.near import MARGIN, Near
from solver.selection.pools import Givers
from solver.selection.program import Program

#: Where a pool's gain is cut into chords: deviations from what it would best give, in typical orders.
CHORDS: Final = (0.05, 0.3, 1.0, 4.0, 20.0, 100.0, 1000.0)
#: What a token's balance may miss in the program, in typical orders; ``exact`` makes up for it.
PLAY: Final = 1e-5
#: Pools whose most changes by more than this share within the reach get a row of their own.
NOTICEABLE: Final = 0.01


def program(
    batch: Batch, equilibrium: Equilibrium, near: Near, reach: float, pieces_of: tuple[Ints, Floats, Floats]
) -> Program:
    """Columns: shares of the open orders, chords of pools, moves of prices (in reaches), switches of close orders that
    may fill in part. Rows: tokens, limits of close orders, those orders below their switches, pools' most."""
    pieces, widths, slopes = pieces_of
    tokens, n, k, unit = len(equilibrium.prices), len(near.orders), len(pieces), near.unit
    sell, buy = batch.sell[near.orders], batch.buy[near.orders]
    out, into = near.pools.out, near.pools.into
    moves = tokens if reach > 0 else 0
    close = np.flatnonzero(near.close)
    parts = close[~near.whole[close]]
    switch = np.arange(n)
    switch[parts] = n + k + moves + np.arange(len(parts))
    size = n + k + moves + len(parts)
    # Pools by how far they are from what they would best give: numbers of the size of an order.
    high = np.r_[np.ones(n), np.where(slopes < 0, widths / unit, 0.0), np.ones(moves + len(parts))]
    low = np.r_[np.zeros(n), np.where(slopes < 0, 0.0, -widths / unit), -np.ones(moves), np.zeros(len(parts))]
    whole = np.r_[near.whole, np.zeros(k + moves, bool), np.ones(len(parts), bool)]
    worth, column = near.value / unit, np.arange(n)
    chord = n + np.arange(k)
    # Tokens: what is sold of each is bought of each.
    entries = [
        (sell, column, worth), (buy, column, -worth),
        (out[pieces], chord, np.ones(k)), (into[pieces], chord, -np.ones(k)),
    ]  # fmt: skip
    settled = near.settled * equilibrium.prices[batch.sell]
    level = np.bincount(batch.buy, settled, tokens) - np.bincount(batch.sell, settled, tokens)
    level += np.bincount(into, near.pools.best, tokens) - np.bincount(out, near.pools.best, tokens)
    # Rows add up to nothing: without some play, rounding alone makes them contradict one another.
    play = PLAY if reach > 0 else PLAY / 100
    lows, highs = [level / unit - play], [level / unit + play]
    if reach > 0:
        flows = equilibrium.fills * equilibrium.prices[batch.sell] * (reach / unit)
        given = near.pools.best * (reach / unit)
        for t_sell, t_buy, flow in ((batch.sell, batch.buy, flows), (out, into, given)):
            table = coo_matrix((flow, (t_sell, t_buy)), shape=(tokens, tokens)).tocsr().tocoo()
            entries += [(table.row, n + k + table.row, table.data), (table.col, n + k + table.row, -table.data)]
        # Limits: edge + move_sell − move_buy ≥ margin where the switch is on (a move is at most one reach).
        row = tokens + np.arange(len(close))
        ones = np.ones(len(close))
        needed = np.maximum(2 + MARGIN - near.edge[close] / reach, 0)
        entries += [
            (row, n + k + sell[close], ones), (row, n + k + buy[close], -ones), (row, switch[close], -needed)
        ]  # fmt: skip
        lows.append(np.full(len(close), -2.0))
        highs.append(np.full(len(close), np.inf))
        row = tokens + len(close) + np.arange(len(parts))
        entries += [(row, parts, np.ones(len(parts))), (row, switch[parts], -np.ones(len(parts)))]
        lows.append(np.full(len(parts), -np.inf))
        highs.append(np.zeros(len(parts)))
        # Pools: what covers the curve moves with the prices.
        swing = 2 * near.pools.depth * reach
        tight = np.flatnonzero(swing > NOTICEABLE * near.pools.most)
        rank = np.full(len(out), -1)
        rank[tight] = tokens + len(close) + len(parts) + np.arange(len(tight))
        used = np.flatnonzero(rank[pieces] >= 0)
        entries += [
            (rank[pieces[used]], n + used, np.ones(len(used))),
            (rank[tight], n + k + out[tight], -swing[tight] / unit),
            (rank[tight], n + k + into[tight], swing[tight] / unit),
        ]
        lows.append(np.full(len(tight), -np.inf))
        highs.append((near.pools.most[tight] * (1 - NOTICEABLE) - near.pools.best[tight]) / unit)
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    row_low, row_high = np.concatenate(lows), np.concatenate(highs)
    gain = np.r_[near.edge * worth, slopes, np.zeros(moves + len(parts))]
    matrix = csr_matrix((values, (rows, columns)), shape=(len(row_low), size))
    return Program(gain, low, high, whole, matrix, row_low, row_high)


def chords(pools: Givers, unit: float) -> tuple[Ints, Floats, Floats]:
    """Per chord the pool (its index), the width in value and the slope of the gain; slopes fall along a pool."""
    steps = unit * np.array(CHORDS)
    offsets = np.r_[-steps[::-1], 0.0, steps]
    marks = np.clip(pools.best + offsets[:, None], 0, pools.most)
    widths = np.diff(marks, axis=0)
    with np.errstate(all="ignore"):
        slopes = np.diff(pools.gain(marks), axis=0) / widths
    row, pool = np.nonzero(widths > 1e-4 * unit)
    return pool, widths[row, pool], slopes[row, pool]
