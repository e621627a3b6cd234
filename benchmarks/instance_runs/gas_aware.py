"""Routes with a fixed cost per pool: maximise price_out·out − cost_per_pool·(pools used)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.instance_runs.row import Row
from solver.router.choose import choose
from solver.router.families import Floats, Network, route
from solver.router.weighted_pairs import weighted_pairs

#: Pools from which on the search stops early, and the nodes it then has.
LARGE = 60
NODES = 1


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for number, instance in enumerate(document["instances"]):
        yield _row(number, instance)


def _row(number: int, instance: Mapping[str, Any]) -> Row:
    tokens, pools = int(instance["n_tokens"]), np.asarray(instance["pools"], float).reshape(-1, 6)
    token_in, token_out = int(instance["token_in"]), int(instance["token_out"])
    amount, price = float(instance["amount_in"]), float(instance["price_out"])
    cost = np.full(len(pools), float(instance["cost_per_pool"]) / price)
    began = time.perf_counter()
    a, b = pools[:, 0].astype(np.int64), pools[:, 1].astype(np.int64)
    family = weighted_pairs(tokens, a, b, pools[:, 2:4], pools[:, 4], pools[:, 5])
    nodes = NODES if len(pools) > LARGE else 4 * 2 ** len(pools)
    chosen = choose(
        Network(tokens, (family,)),
        (cost,),
        route(tokens, token_in, token_out, amount),
        token_out,
        1e-11 if len(pools) <= LARGE else 1e-7,
        nodes,
    )
    seconds = time.perf_counter() - began
    reference = instance.get("ref", {}).get("net_value")
    name = f"{number}: {len(pools)} pools, {tokens} tokens"
    if chosen is None:
        return Row(name, 0.0, reference, None, seconds, 0)
    flows = np.stack([chosen.flows[0][: len(pools)], chosen.flows[0][len(pools) :]], 1)
    used = np.flatnonzero(np.abs(flows).sum(1) > 0.0)
    value, violations = _checked(pools, flows, tokens, token_in, token_out, amount)
    net = price * value - float(instance["cost_per_pool"]) * len(used)
    more = {"pools": used.tolist(), "nodes": chosen.nodes, "proven": chosen.proven}
    return Row(name, net, reference, price * chosen.bound, seconds, violations, more)


def _checked(
    pools: Floats, flows: Floats, tokens: int, token_in: int, token_out: int, amount: float
) -> tuple[float, int]:
    """(what comes out, constraints broken): every pool keeps its invariant, no token falls short."""
    net, through = np.zeros(tokens), np.full(tokens, 1e-300)
    net[token_in] = through[token_in] = amount
    broken = 0
    for (a, b, first, second, weight, gamma), flow in zip(pools, flows, strict=True):
        if not flow.any():
            continue  # also where there is nothing to give
        kept = np.where(flow < 0.0, -gamma * flow, -flow) / np.array([first, second])
        broken += int(
            not (kept > -1.0).all() or weight * np.log1p(kept[0]) + (1 - weight) * np.log1p(kept[1]) < -1e-13
        )
        for token, part in zip((int(a), int(b)), flow, strict=True):
            net[token] += part
            through[token] += abs(part)
    out = float(net[token_out])
    broken += int((net < -1e-12 * through).sum())
    return out, broken
