"""The selections that might balance and pay at prices of one cell, enumerated level by level.

Orders are decided one after the other, token by token, large before small; all open selections of a level are
rows of arrays. A selection is dropped when some cut of the tokens can no longer balance at any vertex of the cell,
or when its reduced gain with all that is still open does not reach what is already known.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.selection.cells import Cell, reduced_gains
from solver.selection.program import Bools, Floats
from solver.selection.stationary import Ints, WholeMarket

#: A balance is missed when it is by more than this, beside amounts of about one.
SLACK: Final = 1e-9
#: Cuts of the tokens looked at: all for up to six tokens, single tokens beyond.
MOST_CUT_TOKENS: Final = 6


def selections(
    market: WholeMarket, cell: Cell, enough: float, most: int, *, beam: bool = False
) -> tuple[Bools | None, int]:
    """Selections (n, N) that gain more than ``enough``, and the count of those looked at. None when there are ever
    more than ``most`` open, unless ``beam``: then the most promising are kept, and others may be missed."""
    index = _decided_in_turn(market, cell)
    vertices = cell.vertices
    gains = reduced_gains(market, vertices, cell.multipliers)[:, index]
    cuts = _cuts(market.tokens)
    crossing = cuts[:, market.buy[index]] - cuts[:, market.sell[index]]
    value = market.amount[index] * vertices[:, market.sell[index]]
    moved = (crossing[:, None, :] * value[None]).reshape(-1, len(index))
    above, below = _rest(np.maximum(moved, 0)), _rest(np.minimum(moved, 0))
    hoped = _rest(np.maximum(gains, 0))
    slack = SLACK * float(market.amount.max(initial=0.0) * vertices.max())
    net, gain = np.zeros((1, len(moved))), np.zeros((1, len(vertices)))
    taken = np.zeros((1, len(market.sell)), bool)
    seen = 0
    for level, order in enumerate(index):
        net = np.concatenate([net, net + moved[:, level]])
        gain = np.concatenate([gain, gain + gains[:, level]])
        taken = np.concatenate([taken, taken])
        taken[len(taken) // 2 :, order] = True
        hope = (gain + hoped[:, level + 1]).max(axis=1)
        most_net = (net + above[:, level + 1]).reshape(-1, len(cuts), len(vertices)).max(axis=2)
        least_net = (net + below[:, level + 1]).reshape(-1, len(cuts), len(vertices)).min(axis=2)
        keep = np.flatnonzero(
            (hope > enough) & (most_net >= -slack).all(axis=1) & (least_net <= slack).all(axis=1)
        )
        seen += len(keep)
        if len(keep) > most:
            if not beam:
                return None, seen
            keep = keep[np.argsort(-hope[keep], kind="stable")[:most]]
        net, gain, taken = net[keep], gain[keep], taken[keep]
    return taken, seen


def _decided_in_turn(market: WholeMarket, cell: Cell) -> Ints:
    """Willing orders: those of the token with fewest first, so that its balance is soon decided; large first."""
    index = np.flatnonzero(cell.willing)
    sell, buy = market.sell[index], market.buy[index]
    count = np.bincount(np.r_[sell, buy], minlength=market.tokens)
    rank = np.empty(market.tokens, np.int64)
    rank[np.argsort(count, kind="stable")] = np.arange(market.tokens)
    return index[np.lexsort((-market.amount[index], np.minimum(rank[sell], rank[buy])))]


def _cuts(tokens: int) -> Floats:
    """One row per set of tokens, a set and its complement once."""
    if tokens > MOST_CUT_TOKENS:
        return np.eye(tokens)
    sets = np.arange(1, 2 ** (tokens - 1))
    return ((sets[:, None] >> np.arange(tokens)) & 1).astype(float)


def _rest(terms: Floats) -> Floats:
    """Column i: the sum of columns i and after."""
    sums = np.zeros((len(terms), terms.shape[1] + 1))
    sums[:, :-1] = np.cumsum(terms[:, ::-1], axis=1)[:, ::-1]
    return sums
