"""Which assets a circulation of orders can connect: the blocks of the graph whose arcs are directed pairs.

Where value is conserved to the last unit, what flows is a circulation, a sum of simple cycles, and every simple
cycle stays within one block: a biconnected component of the pairs inside a strongly connected component.
Reference: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972). Both searches are iterative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from intents.assets import AssetId

Graph = Mapping[AssetId, Sequence[AssetId]]


def blocks(pairs: Iterable[tuple[AssetId, AssetId]]) -> list[tuple[AssetId, ...]]:
    """The blocks of directed ``pairs`` (give, want), each sorted, in sorted order. Assets may be in several."""
    arcs = sorted({pair for pair in pairs if pair[0] != pair[1]})
    component = _strong(_neighbours(arcs))
    inside = [(a, b) for a, b in arcs if component[a] == component[b]]
    return sorted(_biconnected(_neighbours([*inside, *((b, a) for a, b in inside)])))


def _neighbours(arcs: Iterable[tuple[AssetId, AssetId]]) -> dict[AssetId, list[AssetId]]:
    found: dict[AssetId, dict[AssetId, None]] = {}
    for a, b in sorted(arcs):
        found.setdefault(a, {})[b] = None
        found.setdefault(b, {})
    return {asset: list(others) for asset, others in found.items()}


def _strong(graph: Graph) -> dict[AssetId, int]:
    """Each asset's strongly connected component, by number."""
    index: dict[AssetId, int] = {}
    low: dict[AssetId, int] = {}
    component: dict[AssetId, int] = {}
    path: list[AssetId] = []
    for root in graph:
        work = [(root, iter(graph[root]))] if root not in index else []
        while work:
            asset, others = work[-1]
            if asset not in index:
                index[asset] = low[asset] = len(index)
                path.append(asset)
            for other in others:
                if other not in index:
                    work.append((other, iter(graph[other])))
                    break
                if other not in component:
                    low[asset] = min(low[asset], low[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[asset])
                if low[asset] == index[asset]:
                    number = len(component)
                    while asset not in component:
                        component[path.pop()] = number
    return component


def _biconnected(graph: Graph) -> list[tuple[AssetId, ...]]:
    """The biconnected components with at least one edge of an undirected graph."""
    depth: dict[AssetId, int] = {}
    low: dict[AssetId, int] = {}
    found: list[tuple[AssetId, ...]] = []
    for root in graph:
        if root in depth:
            continue
        depth[root] = low[root] = 0
        path = [root]
        work = [(root, root, iter(graph[root]))]
        while work:
            asset, parent, others = work[-1]
            for other in others:
                if other not in depth:
                    depth[other] = low[other] = len(work)
                    path.append(other)
                    work.append((other, asset, iter(graph[other])))
                    break
                if other != parent:
                    low[asset] = min(low[asset], depth[other])
            else:
                work.pop()
                if not work:
                    break
                low[parent] = min(low[parent], low[asset])
                if low[asset] >= depth[parent]:  # the parent cuts off everything found since
                    cut = path.index(asset)
                    found.append(tuple(sorted((parent, *path[cut:]))))
                    del path[cut:]
    return found
