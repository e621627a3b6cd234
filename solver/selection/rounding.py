"""Marginal orders rounded to all or none by local search, for thousands of orders in milliseconds.

What rounding leaves of the balances must be taken up by pools and by orders that may fill in part. To second order
that costs ½·bᵀH⁺b, b the imbalance per token and H the Laplacian of their conductances (how much value they move
per unit of log price; less where little can be moved at all). Whole orders are flipped one at a time, each time
the one that lowers cost the most; then two at a time.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats, Ints
from solver.selection.near import AT_LIMIT, Near
from solver.selection.sums import per_token

#: Flips at most; each lowers the cost, and a token needs a few.
MOST_FLIPS: Final = 600
#: Where no single flip helps, pairs among so many of the least bad flips are tried, so often.
PAIRED, MOST_PAIRS = 200, 100
#: Tokens without any conductance still have this share of the greatest.
FAINT: Final = 1e-7


def rounded(near: Near, sell: Ints, buy: Ints, share: Floats, stiff: Floats, play: float) -> Floats:
    """Shares with the whole ones 0 or 1. ``sell``, ``buy``: the open orders' tokens; ``share``: filled in the
    equilibrium; ``play``: log price by which pools and partial orders are thought to be moved at most; ``stiff``
    (T,) at most one: by how much less a token's imbalance can be taken up than it seems."""
    tokens = len(stiff)
    response = np.linalg.pinv(_laplacian(near, sell, buy, share, stiff, play))
    whole = np.flatnonzero(near.whole & (near.edge >= -AT_LIMIT))
    s, b, value, edge = sell[whole], buy[whole], near.value[whole], near.edge[whole]
    chosen = np.round(share[whole])
    moved = (chosen - share[whole]) * value
    imbalance = per_token(s, moved, tokens) - per_token(b, moved, tokens)
    quadratic = 0.5 * value**2 * (response[s, s] + response[b, b] - 2 * response[s, b])
    better = -1e-9 * near.unit * 1e-4
    pairs = 0
    for _ in range(MOST_FLIPS if len(whole) else 0):
        pressure = response @ imbalance
        by = (1 - 2 * chosen) * value
        change = by * (pressure[s] - pressure[b]) + quadratic - by * edge
        flips = np.array([np.argmin(change)])
        if change[flips[0]] >= better:
            least = np.argsort(change, kind="stable")[:PAIRED]
            one, other = s[least], b[least]
            cross = response[np.ix_(one, one)] + response[np.ix_(other, other)]
            cross -= response[np.ix_(one, other)] + response[np.ix_(other, one)]
            both = change[least][:, None] + change[least] + np.outer(by[least], by[least]) * cross
            np.fill_diagonal(both, np.inf)
            at = np.unravel_index(int(np.argmin(both)), both.shape)
            pairs += 1
            if both[at] >= better or pairs > MOST_PAIRS:
                break
            flips = least[list(at)]
        np.add.at(imbalance, s[flips], by[flips])
        np.add.at(imbalance, b[flips], -by[flips])
        chosen[flips] = 1 - chosen[flips]
    # What is beyond its limit stays out.
    result = np.where(near.whole, 0.0, share)
    result[whole] = chosen
    return result


def _laplacian(near: Near, sell: Ints, buy: Ints, share: Floats, stiff: Floats, play: float) -> Floats:
    """Value moved between two tokens per unit of log price, by pools and by orders that may fill in part."""
    pools, loose = near.pools, ~near.whole
    slack = np.minimum(share, 1 - share) * near.value
    moves = np.zeros((len(stiff), len(stiff)))
    np.add.at(moves, (pools.out, pools.into), np.minimum(pools.depth, (pools.most - pools.best) / play))
    np.add.at(moves, (sell[loose], buy[loose]), slack[loose] / play)
    moves *= np.minimum(stiff[:, None], stiff)
    moves += moves.T
    moves += FAINT * moves.max(initial=1.0)
    np.fill_diagonal(moves, 0.0)
    laplacian: Floats = np.diag(moves.sum(axis=1)) - moves
    return laplacian
