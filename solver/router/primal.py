"""From prices to trades: what venues do there, summed by token, and how far any token falls short.

At the best prices the venues' own trades are the routing, each on its venue's curve. Where a search ends beside
them, trades are cut back to what there is: a part of a trade is a trade as well. What is wanting even so is told
as a shortfall, never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.router.dual import Dual, Point
from solver.router.families import Floats
from solver.tally import totals

#: Shortfalls up to this, of what passes through a token, are rounding of the sum itself.
ROUNDING: Final = 1e-13
#: Times trades are cut back: each token left short leaves the ones after it short.
CUTS: Final = 200
#: What is cut beyond what is short, of the rest, so that roundings do not leave it short again.
BEYOND: Final = 1e-15


@dataclass(frozen=True, slots=True)
class Trades:
    """``flows``: per family its slots'. ``net``: (T,) their sums. ``through``: (T,) sums of their sizes."""

    flows: tuple[Floats, ...]
    net: Floats
    through: Floats

    def shortfall(self, dual: Dual) -> float:
        """The worst token's lack, relative to what passes through it."""
        left = np.where(dual.fixed, 0.0, self.net + dual.given)
        through = np.maximum(self.through + np.abs(dual.given), np.finfo(float).tiny)
        return float((-left / through).max(initial=0.0))


def trades_at(dual: Dual, point: Point, width: float) -> Trades:
    flows = []
    for family in dual.prepared.network.families:
        flow = family.flows(point.y, width)
        if dual.dead.any():
            flow = np.where(dual.dead[family.slot_token], 0.0, flow)
        flows.append(flow)
    return summed(dual, flows)


def summed(dual: Dual, flows: list[Floats]) -> Trades:
    tokens = dual.prepared.network.tokens
    net, through = np.zeros(tokens), np.zeros(tokens)
    for family, flow in zip(dual.prepared.network.families, flows, strict=True):
        net += totals(family.slot_token, flow, tokens)
        through += totals(family.slot_token, np.abs(flow), tokens)
    return Trades(tuple(flows), net, through)


def cut_back(dual: Dual, trades: Trades) -> Trades:
    """The trades, less what cannot be paid for: of venues paid in a token that falls short, as large a part as
    there is of it."""
    families, tokens = dual.prepared.network.families, dual.prepared.network.tokens
    firsts = np.cumsum([0, *(family.venues for family in families)])
    venue = np.concatenate([family.slot_venue + first for family, first in zip(families, firsts, strict=False)])
    token = np.concatenate([family.slot_token for family in families])
    flow = np.concatenate(trades.flows)
    for _ in range(CUTS):
        left = np.where(dual.fixed, 0.0, totals(token, flow, tokens) + dual.given)
        paid = totals(token, np.maximum(-flow, 0.0), tokens)
        short = (left < 0.0) & (paid > 0.0)
        if not short.any():
            break
        kept = np.ones(tokens)
        kept[short] = np.maximum(1.0 + left[short] / paid[short] - BEYOND, 0.0)
        parts = np.ones(int(firsts[-1]))
        np.minimum.at(parts, venue, np.where(flow < 0.0, kept[token], 1.0))
        flow = flow * parts[venue]
    ends = np.cumsum([len(family.slot_token) for family in families])
    return summed(dual, np.split(flow, ends[:-1]))
