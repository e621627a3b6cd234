"""Two-token pools of an instance: as a network for the router, and checked pool by pool apart from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.generators import Pools
from solver.router.constant_product import constant_product
from solver.router.families import Family, Floats, Network
from solver.router.weighted_pairs import weighted_pairs

#: What the checks allow: of a pool's invariant, and of what passes through a token.
INVARIANT, BALANCE = 1e-12, 1e-12


def embedded(rows: list[Any]) -> Pools:
    """Pools written as [token a, token b, reserve a, reserve b, weight of a, 1 − fee]."""
    table = np.array(rows, np.float64).reshape(-1, 6)
    a, b = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    return Pools(a, b, table[:, 2:4], table[:, 5], table[:, 4])


def as_network(tokens: int, pools: Pools) -> tuple[Network, list[Any]]:
    """The network, and per family the positions of its pools: those of equal weights are a family of their own."""
    p, even = pools, pools.weight == 0.5
    families: list[Family] = []
    places = []
    if even.any():
        made = constant_product(tokens, p.a[even], p.b[even], p.reserves[even], p.gamma[even])
        families.append(made)
        places.append(np.flatnonzero(even))
    if (odd := ~even).any():
        families.append(weighted_pairs(tokens, p.a[odd], p.b[odd], p.reserves[odd], p.weight[odd], p.gamma[odd]))
        places.append(np.flatnonzero(odd))
    return Network(tokens, tuple(families)), places


def as_flows(pools: Pools, places: list[Any], flows: tuple[Floats, ...]) -> Floats:
    """(P, 2) what each pool nets the trader, in the instance's order."""
    whole = np.zeros((len(pools.a), 2))
    for at, flow in zip(places, flows, strict=True):
        whole[at] = flow.reshape(2, -1).T
    return whole


def broken(tokens: int, pools: Pools, flows: Floats, given: Floats) -> int:
    """Pools that would not make their trade, and tokens of which more goes in than ``given`` (T,) and comes out.

    A pool makes a trade if, with 1 − fee of what goes in, its weighted invariant does not fall.
    """
    count = 0
    net, through = np.zeros(tokens), np.abs(given)
    for a, b, reserves, gamma, weight, flow in zip(
        pools.a, pools.b, pools.reserves, pools.gamma, pools.weight, flows, strict=True
    ):
        net[a], net[b] = net[a] + flow[0], net[b] + flow[1]
        through[a], through[b] = through[a] + abs(flow[0]), through[b] + abs(flow[1])
        after = [r - f * (gamma if f < 0 else 1.0) for r, f in zip(reserves, flow, strict=True)]
        if min(after) <= 0:
            count += bool(np.any(flow != 0))
            continue
        change = weight * np.log(after[0] / reserves[0]) + (1 - weight) * np.log(after[1] / reserves[1])
        count += bool(change < -INVARIANT)
    return count + int(np.count_nonzero(net + given < -BALANCE * through))
