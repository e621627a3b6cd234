"""From a point near the margin to the equilibrium itself, to rounding.

Orders at their limit tie the prices of their two tokens; along a spanning forest of them a tree's prices are known
up to one factor. The factors follow from the balance of trees with everything else either full or empty (Newton,
smooth), the marginal fills from the balance of tokens, leaf by leaf. A fill that comes out beyond none or all was
not at the margin, an order that a new price passes is: the sets are mended and it is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Bools, Floats, Ints
from solver.equilibrium.flows import laplacian, net_of, solved
from solver.equilibrium.forest import SAME, Forest, span
from solver.equilibrium.near import Near
from solver.equilibrium.pools import given
from solver.tally import totals

ROUNDS: Final = 25
NEWTON_STEPS: Final = 30
#: The share of what moves with a price that counts as turnover.
ELASTIC: Final = 1e-4
#: A fill may leave 0 … 1 by rounding.
SLIP: Final = 1e-11


@dataclass(frozen=True, slots=True)
class Finished:
    """Log prices ``x`` (T,), fills (n,) between 0 and 1 by level, which levels are at the margin, which pools
    trade, and whether all of them are in their place."""

    x: Floats
    fills: Floats
    marginal: Bools
    active: Bools
    settled: bool


def finish(near: Near, x: Floats, fills: Floats, marginal: Bools, active: Bools) -> Finished:
    """``fills`` and ``marginal`` (n,), and which pools are ``active``, as the interior point saw them."""
    marginal, full, result = marginal.copy(), fills > 0.5, fills
    c, (out, _) = near.curves, given(near.curves, x, active)
    flow = np.concatenate([near.value * fills, near.full_value, out])
    size = totals(near.all_sell, flow, near.tokens) + totals(near.all_buy, flow, near.tokens)
    for _ in range(ROUNDS):
        arcs = np.flatnonzero(marginal)
        sure = np.minimum(fills, 1 - fills)[arcs]
        forest, agrees = span(near.tokens, near.sell[arcs], near.buy[arcs], near.limit[arcs], sure, size)
        marginal[arcs[~agrees]] = False
        x = levelled(near, x, forest, full & ~marginal, active)
        result = balanced(near, x, forest, active, arcs, np.where(marginal, fills, full))
        beyond = marginal & ((result < -SLIP) | (result > 1 + SLIP))
        delta = x[near.sell] - x[near.buy] - near.limit
        passed = ~marginal & np.where(full, delta < -SAME, delta > SAME)
        depth = x[c.sell] - x[c.buy] - c.limit
        turned = np.where(active, depth < -SAME, depth > SAME)
        if not (beyond.any() or passed.any() or turned.any()):
            return Finished(x, np.clip(result, 0.0, 1.0), marginal, active, True)
        active = active ^ turned
        full = np.where(marginal, result > 0.5, full)
        marginal &= ~beyond
        if not beyond.any():
            marginal |= passed
    return Finished(x, np.clip(result, 0.0, 1.0), marginal, active, False)


def levelled(near: Near, x: Floats, forest: Forest, full: Bools, active: Bools) -> Floats:
    """Log prices with every tree's value in balance, the levels ``full`` and the pools ``active`` trading and no
    others."""
    c, trees = forest.component, forest.trees
    level = totals(c, x - forest.potential, trees) / np.bincount(c, minlength=trees)
    # What trades inside a tree says nothing of its level.
    outside = active & (c[near.curves.sell] != c[near.curves.buy])
    curves, every = near.curves.only(outside), np.ones(int(outside.sum()), bool)
    sell, buy = np.concatenate([near.sell[full], near.full_sell]), np.concatenate([near.buy[full], near.full_buy])
    across = c[sell] != c[buy]
    certain = np.concatenate([near.value[full], near.full_value])[across]
    sell, buy = np.concatenate([sell[across], curves.sell]), np.concatenate([buy[across], curves.buy])
    best, least = level, np.inf
    for _ in range(NEWTON_STEPS):
        here = forest.potential + level[c]
        out, bend = given(curves, here, every)
        rise = np.exp(here[sell])
        flow = np.concatenate([certain, out]) * rise
        steep = np.concatenate([np.zeros(len(certain)), bend]) * rise
        sold, bought = totals(c[sell], flow, trees), totals(c[buy], flow, trees)
        matrix = laplacian(trees, c[sell], c[buy], flow + steep, steep)
        # A tree that only pools could trade with has little turnover and yet much that moves with its price.
        stiff = np.diag(matrix)
        turnover = np.maximum(sold + bought + ELASTIC * stiff, np.finfo(float).tiny)
        off = float(np.max(np.abs(sold - bought) / turnover, initial=0.0))
        if off < least:
            best = level
        if off == 0 or (off >= least * 0.9 and least < 1e-13):
            break
        least = min(off, least)
        scale = np.where(stiff > 0, stiff, 1.0)
        move = solved(matrix / scale[:, None] + 1e-13 * np.eye(trees), (bought - sold) / scale)
        level = level + np.clip(move, -1.0, 1.0)
    return forest.potential + best[c]


def balanced(near: Near, x: Floats, forest: Forest, active: Bools, arcs: Ints, fills: Floats) -> Floats:
    """``fills`` with those of the forest's arcs that balance every token but the roots."""
    rise = np.exp(x)
    out, _ = given(near.curves, x, active)
    fills = fills.copy()
    fills[arcs[forest.arc[forest.arc >= 0]]] = 0.0
    flow = np.concatenate([near.value * fills, near.full_value, out]) * rise[near.all_sell]
    net = net_of(near.tokens, near.all_sell, near.all_buy, flow)
    for token in reversed(forest.order):
        if forest.arc[token] < 0:
            continue
        arc, parent = int(arcs[forest.arc[token]]), int(forest.parent[token])
        # What was sold of the token beyond what was bought of it, somebody else must buy.
        moved = -net[token] if near.sell[arc] == token else net[token]
        net[parent] += net[token]
        fills[arc] = moved / (near.value[arc] * rise[near.sell[arc]])
    return fills
