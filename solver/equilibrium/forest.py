"""The forest that orders at their limit make of the tokens: along it prices are tied and fills follow from
balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Bools, Floats, Ints

#: Log rates this close, relative to their size, are the same: they are logarithms of doubles.
SAME: Final = 1e-13


@dataclass(frozen=True, slots=True)
class Forest:
    """``component``: (T,) number of each token's tree; ``potential``: (T,) its log price above its root's;
    ``parent``, ``arc``: (T,) where it hangs and by which arc (−1 at roots); ``order``: tokens, parents first."""

    component: Ints
    potential: Floats
    parent: Ints
    arc: Ints
    order: list[int]

    @property
    def trees(self) -> int:
        return int(self.component.max(initial=-1)) + 1


def span(tokens: int, sell: Ints, buy: Ints, limit: Floats, sure: Floats, size: Floats) -> tuple[Forest, Bools]:
    """A spanning forest, the surest arcs first, and which arcs agree with its prices (its own do).

    A tree's root is its token of greatest ``size``: what rounding leaves ends there.
    """
    links: list[list[tuple[int, int, float]]] = [[] for _ in range(tokens)]
    root = list(range(tokens))
    for k in np.argsort(-sure, kind="stable").tolist():
        s, b = int(sell[k]), int(buy[k])
        i, j = _find(root, s), _find(root, b)
        if i != j:
            root[i] = j
            links[s].append((b, k, -float(limit[k])))
            links[b].append((s, k, float(limit[k])))
    forest = _hung(tokens, links, np.argsort(-size, kind="stable").tolist())
    p = forest.potential
    agrees: Bools = np.abs(p[sell] - p[buy] - limit) <= SAME * (1 + np.abs(p[sell]) + np.abs(p[buy]))
    agrees[forest.arc[forest.arc >= 0]] = True
    return forest, agrees


def _find(root: list[int], i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


def _hung(tokens: int, links: list[list[tuple[int, int, float]]], roots: list[int]) -> Forest:
    component, potential = np.full(tokens, -1, np.int64), np.zeros(tokens)
    parent, arc = np.full(tokens, -1, np.int64), np.full(tokens, -1, np.int64)
    order: list[int] = []
    trees = 0
    for first in roots:
        if component[first] >= 0:
            continue
        component[first] = trees
        waiting = [first]
        while waiting:
            node = waiting.pop()
            order.append(node)
            for other, k, rise in links[node]:
                if component[other] < 0:
                    component[other], potential[other] = trees, potential[node] + rise
                    parent[other], arc[other] = node, k
                    waiting.append(other)
        trees += 1
    return Forest(component, potential, parent, arc, order)
