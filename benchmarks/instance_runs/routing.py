"""One order through many two-token pools: the most of ``token_out`` that ``amount_in`` of ``token_in`` buys.

An instance has ``n_tokens`` and either ``pools`` or ``gen``, the generator's arguments; its ``ref`` holds the dual
optimum as another program found it. The bound is our dual value; the network is prepared apart from the solving.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks import generators
from benchmarks.instance_runs.pools import as_flows, as_network, broken, embedded
from benchmarks.instance_runs.row import Row
from solver.router.families import route
from solver.router.maximise import maximise
from solver.router.prepare import prepare


def run(document: Mapping[str, Any]) -> Iterator[Row]:
    for number, instance in enumerate(document["instances"]):
        asked = read(instance)
        start = time.perf_counter()
        network, places = as_network(asked.tokens, asked.pools)
        prepared = prepare(network)
        ready = time.perf_counter()
        goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
        found = maximise(prepared, goal)
        end = time.perf_counter()
        flows = as_flows(asked.pools, places, found.flows)
        yield Row(
            f"{number}: {len(asked.pools.a)} pools, {asked.tokens} tokens",
            found.value,
            reference(instance),
            found.bound,
            end - ready,
            broken(asked.tokens, asked.pools, flows, goal.given),
            {
                "gap": found.gap,
                "iterations": found.iterations,
                "converged": found.converged,
                "prepare_seconds": ready - start,
            },
        )


def read(instance: Mapping[str, Any]) -> generators.Route:
    """The instance as it stands, or as its generator draws it."""
    if "pools" in instance:
        return generators.Route(
            int(instance["n_tokens"]),
            embedded(instance["pools"]),
            int(instance["token_in"]),
            int(instance["token_out"]),
            float(instance["amount_in"]),
        )
    gen = instance.get("gen", instance)
    return generators.route(
        int(gen["m"]),
        gen.get("n"),
        int(gen.get("seed", 0)),
        float(gen.get("weighted", 0.0)),
        float(gen.get("size", 0.02)),
    )


def reference(instance: Mapping[str, Any]) -> float | None:
    ref = instance.get("ref", {})
    known = ref.get("objective", instance.get("objective")) if isinstance(ref, Mapping) else None
    return None if known is None else float(known)
