"""Marginal orders rounded to all or none by local search, for thousands of orders in milliseconds.

What rounding leaves of the balances must be taken up by pools and by orders that may fill in part. To second order
that costs ½·bᵀH⁺b, b the imbalance per token and H the Laplacian of their conductances (how much value they move per
unit of log price; less where little can be moved at all). Whole orders are flipped one at a time, each time the
one that lowers cost the most.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats, Ints
from solver.selection.near import Near

#: Flips at most; each lowers the cost, and a token needs a few.
MOST_FLIPS: Final = 600
#: Tokens without any conductance still have this share of the greatest.
FAINT: Final = 1e-7


def rounded(near: Near, sell: Ints, buy: Ints, share: Floats, tokens: int, play: float) -> Floats:
    """Shares with the whole ones 0 or 1. ``sell``, ``buy``: the open orders' tokens; ``share``: filled in the
    equilibrium; ``play``: log price by which pools and partial orders are thought to be moved at most."""
    pools = near.pools
    loose = ~near.whole
    slack = np.minimum(share, 1 - share) * near.value
    conductance = np.zeros((tokens, tokens))
    np.add.at(conductance, (pools.out, pools.into), np.minimum(pools.depth, (pools.most - pools.best) / play))
    np.add.at(conductance, (sell[loose], buy[loose]), slack[loose] / play)
    conductance += conductance.T
    conductance += FAINT * conductance.max(initial=1.0)
    np.fill_diagonal(conductance, 0.0)
    response = np.linalg.pinv(np.diag(conductance.sum(axis=1)) - conductance)

    whole = np.flatnonzero(near.whole & (near.edge >= 0))
    s, b, value = sell[whole], buy[whole], near.value[whole]
    start = share[whole]
    chosen = np.round(start)
    moved = (chosen - start) * value
    imbalance = np.bincount(s, moved, tokens) - np.bincount(b, moved, tokens)
    resistance = response[s, s] + response[b, b] - 2 * response[s, b]
    quadratic = 0.5 * value**2 * resistance
    for _ in range(MOST_FLIPS):
        pressure = response @ imbalance
        sign = 1 - 2 * chosen
        change = sign * value * (pressure[s] - pressure[b]) + quadratic - sign * near.edge[whole] * value
        flip = int(np.argmin(change)) if len(change) else -1
        if flip < 0 or change[flip] >= -1e-12 * near.unit:
            break
        imbalance[s[flip]] += sign[flip] * value[flip]
        imbalance[b[flip]] -= sign[flip] * value[flip]
        chosen[flip] = 1 - chosen[flip]
    result = np.where(near.whole, np.round(share), share)
    result[whole] = chosen
    return result
