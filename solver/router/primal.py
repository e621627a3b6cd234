"""From prices to trades: what venues do there, summed by token, and how far any token falls short.

At the best prices the venues' own trades are the routing, each on its venue's curve. What a search that was cut
short leaves wanting is told as a shortfall, never hidden.
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
