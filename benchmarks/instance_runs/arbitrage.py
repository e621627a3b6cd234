"""Arbitrage among two-token pools: trades worth the most whose net is nowhere negative.

An instance names a draw of the generator by ``m``, ``factor`` and ``seed``; ``objective`` is its dual optimum as
another program found it. ``sha`` is not checked: the draws are, by their values.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import generators
from benchmarks.instance_runs.pools import as_flows, as_network, broken, embedded
from benchmarks.instance_runs.row import Row
from solver.router.families import arbitrage
from solver.router.maximise import maximise
from solver.router.prepare import prepare


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for number, instance in enumerate(document["instances"]):
        asked = read(instance)
        tokens = len(asked.values)
        start = time.perf_counter()
        network, places = as_network(tokens, asked.pools)
        prepared = prepare(network)
        ready = time.perf_counter()
        found = maximise(prepared, arbitrage(asked.values))
        end = time.perf_counter()
        flows = as_flows(asked.pools, places, found.flows)
        yield Row(
            f"{number}: {len(asked.pools.a)} pools, {tokens} tokens",
            found.value,
            reference(instance),
            found.bound,
            end - ready,
            broken(tokens, asked.pools, flows, np.zeros(tokens)),
            {
                "gap": found.gap,
                "iterations": found.iterations,
                "converged": found.converged,
                "prepare_seconds": ready - start,
            },
        )


def read(instance: Mapping[str, Any]) -> generators.Arbitrage:
    if "pools" in instance:
        values = instance.get("c", instance.get("values"))
        return generators.Arbitrage(embedded(instance["pools"]), np.array(values, np.float64))
    return generators.arbitrage(
        int(instance["m"]), float(instance.get("factor", 2)), int(instance.get("seed", 1234))
    )


def reference(instance: Mapping[str, Any]) -> float | None:
    ref = instance.get("ref", instance)
    known = ref.get("objective") if isinstance(ref, Mapping) else None
    return None if known is None else float(known)
