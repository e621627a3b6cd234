"""From a point near the margin to the equilibrium itself, to rounding.

Orders at their limit tie the prices of their two tokens; along a spanning forest of them a component's prices are
known up to one factor. The factors follow from the balance of components with everything else either full or empty
(Newton, smooth), the marginal fills from the balance of tokens, leaf by leaf. A fill that comes out beyond none or
all was not at the margin, an order that a new price passes is: the sets are mended and it is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Bools, Floats, Ints
from solver.equilibrium.interior import Near
from solver.equilibrium.pools import Curves, given
from solver.equilibrium.ramp import Excess, assemble

ROUNDS: Final = 40
NEWTON_STEPS: Final = 30
#: Log prices this close are the same: limits were logarithms of doubles.
SAME: Final = 1e-13


@dataclass(frozen=True, slots=True)
class Finished:
    """Log prices ``x`` (T,), fills (n,) between 0 and 1, which orders are at the margin, and whether all is in
    its place."""

    x: Floats
    fills: Floats
    marginal: Bools
    settled: bool


@dataclass(frozen=True, slots=True)
class Forest:
    """``component``: (T,) number of each token's tree; ``potential``: (T,) log price above its root's; ``parent``,
    ``arc``: (T,) where each token hangs and by which arc (−1 at roots); ``order``: tokens, parents first."""

    component: Ints
    potential: Floats
    parent: Ints
    arc: Ints
    order: list[int]


def finish(near: Near, x: Floats, fills: Floats, marginal: Bools) -> Finished:
    """``fills``: (n,) as the interior point saw them."""
    marginal = marginal.copy()
    full = fills > 0.5
    settled = False
    result = fills
    for _ in range(ROUNDS):
        arcs = np.flatnonzero(marginal)
        sure = np.minimum(fills, 1 - fills)[arcs]
        forest, kept = span(near.tokens, near.sell[arcs], near.buy[arcs], near.limit[arcs], sure)
        marginal[arcs[~kept]] = False
        x = contracted(near, x, forest, full & ~marginal)
        result = np.where(marginal, fills, full)
        flows, result = balance(near, x, forest, arcs, result)
        delta = x[near.sell] - x[near.buy] - near.limit
        low = marginal & (result < -SLIP)
        high = marginal & (result > 1 + SLIP)
        passed = ~marginal & np.where(full, delta < -SAME, delta > SAME)
        if not (low.any() or high.any() or passed.any()):
            settled = True
            break
        full = np.where(marginal, result > 0.5, full)
        marginal &= ~(low | high)
        if not (low.any() or high.any()):
            marginal |= passed
    return Finished(x, np.clip(result, 0.0, 1.0), marginal, settled)


#: A fill may leave 0 … 1 by rounding.
SLIP: Final = 1e-11


def span(tokens: int, sell: Ints, buy: Ints, limit: Floats, sure: Floats) -> tuple[Forest, Bools]:
    """A spanning forest, the surest arcs first, and which arcs agree with it."""
    by_size = np.argsort(-sure, kind="stable")
    root = list(range(tokens))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    links: list[list[tuple[int, int, float]]] = [[] for _ in range(tokens)]
    for k in by_size.tolist():
        s, b = int(sell[k]), int(buy[k])
        i, j = find(s), find(b)
        if i == j:
            continue
        root[i] = j
        links[s].append((b, k, -float(limit[k])))
        links[b].append((s, k, float(limit[k])))
    component = np.full(tokens, -1, np.int64)
    potential = np.zeros(tokens)
    parent, arc = np.full(tokens, -1, np.int64), np.full(tokens, -1, np.int64)
    order: list[int] = []
    count = 0
    for first in range(tokens):
        if component[first] >= 0:
            continue
        component[first] = count
        stack = [first]
        while stack:
            node = stack.pop()
            order.append(node)
            for other, k, rise in links[node]:
                if component[other] < 0:
                    component[other] = count
                    potential[other] = potential[node] + rise
                    parent[other], arc[other] = node, k
                    stack.append(other)
        count += 1
    kept = np.abs(potential[sell] - potential[buy] - limit) <= SAME * (1 + np.abs(limit)) * tokens
    return Forest(component, potential, parent, arc, order), kept


def contracted(near: Near, x: Floats, forest: Forest, full: Bools) -> Floats:
    """Prices with each component's value in balance, the orders ``full`` filled and no others."""
    c, count = forest.component, int(forest.component.max(initial=-1)) + 1
    size = np.bincount(c, minlength=count)
    offset = np.bincount(c, x - forest.potential, count) / size
    # What trades inside a component says nothing of its level.
    curves = crossing(near.curves, c)
    sell = np.concatenate([near.sell[full], near.full_sell])
    buy = np.concatenate([near.buy[full], near.full_buy])
    certain = np.concatenate([near.value[full], near.full_value])
    across = c[sell] != c[buy]
    certain = certain[across]
    sell, buy = np.concatenate([sell[across], curves.sell]), np.concatenate([buy[across], curves.buy])
    best, least = offset, np.inf
    for _ in range(NEWTON_STEPS):
        x = forest.potential + offset[c]
        out, bend = given(curves, x)
        rise = np.exp(x[sell])
        flow, steep = np.concatenate([certain, out]) * rise, np.concatenate([np.zeros(len(certain)), bend]) * rise
        at: Excess = assemble(count, c[sell], c[buy], flow, steep)
        off = float(np.max(np.abs(at.net) / np.maximum(at.turnover, 1e-300), initial=0.0))
        if off >= least * 0.9 and least < 1e-13:
            break
        if off < least:
            best, least = offset, off
        if off == 0:
            break
        scale = np.diag(at.jacobian)
        scale = np.where(scale > 0, scale, 1.0)
        matrix = at.jacobian / scale[:, None] + 1e-13 * np.eye(count)
        offset = offset + np.clip(np.linalg.solve(matrix, -at.net / scale), -1.0, 1.0)
    return forest.potential + best[c]


def crossing(curves: Curves, component: Ints) -> Curves:
    """The pools between two components."""
    across = component[curves.sell] != component[curves.buy]
    return Curves(*(getattr(curves, name)[across] for name in Curves.__slots__))


def balance(near: Near, x: Floats, forest: Forest, arcs: Ints, fills: Floats) -> tuple[Floats, Floats]:
    """The fills of the forest's arcs that balance every token but the roots, the other fills as given."""
    rise = np.exp(x)
    out, _ = given(near.curves, x)
    sell = np.concatenate([near.sell, near.full_sell, near.curves.sell])
    buy = np.concatenate([near.buy, near.full_buy, near.curves.buy])
    tree = arcs[forest.arc[forest.arc >= 0]]
    fills = fills.copy()
    fills[tree] = 0.0
    flow = np.concatenate([near.value * fills, near.full_value, out]) * rise[sell]
    net = np.bincount(sell, flow, near.tokens) - np.bincount(buy, flow, near.tokens)
    for token in reversed(forest.order):
        k = int(forest.arc[token])
        if k < 0:
            continue
        arc, parent = int(arcs[k]), int(forest.parent[token])
        # What the token has too much of leaves it by its arc: bought when it is what the arc buys.
        moved = -net[token] if near.sell[arc] == token else net[token]
        net[parent] += net[token]
        net[token] = 0.0
        fills[arc] = moved / (near.value[arc] * rise[near.sell[arc]])
    return net, fills
