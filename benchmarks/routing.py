"""Routing at scale: time, gap and convergence, beside cvxpy with Clarabel in a process of its own.

    python benchmarks/routing.py [--pools 1000 10000 100000] [--starts 1000] [--peer-python PATH] [--json]

Times are medians of warm runs; preparing the network, once per snapshot, is reported apart. The peer runs under
another interpreter (`make peers` sets one up), vectorised and written pool by pool; absent, it is left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import generators
from benchmarks.instance_runs.pools import as_network
from solver.router.families import route
from solver.router.maximise import maximise
from solver.router.prepare import prepare

PEER = Path(__file__).parent / "peers" / "cvxpy_routing.py"


def main() -> int:
    parser = argparse.ArgumentParser(description="Routing: time, gap, convergence, and peers.")
    parser.add_argument("--pools", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--starts", type=int, default=1000, help="random starts at the first size")
    parser.add_argument("--peer-python", type=Path, default=Path(".venv-peers/bin/python"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [timed(pools, options.runs) for pools in options.pools]
    result: dict[str, Any] = {"sizes": rows, "random_starts": converged(options.pools[0], options.starts)}
    result["peer"] = peer(options.peer_python, options.pools[0], rows[0]["milliseconds"])
    print(json.dumps(result, indent=None if options.json else 1))
    return 0


def timed(pools: int, runs: int, seed: int = 9) -> dict[str, Any]:
    asked = generators.route(pools, seed=seed)
    network, _ = as_network(asked.tokens, asked.pools)
    start = time.perf_counter()
    prepared = prepare(network)
    ready = time.perf_counter() - start
    goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
    found, times = maximise(prepared, goal), []
    for _ in range(runs):
        start = time.perf_counter()
        found = maximise(prepared, goal)
        times.append(time.perf_counter() - start)
    return {
        "pools": pools,
        "tokens": asked.tokens,
        "milliseconds": 1e3 * float(np.median(times)),
        "least_milliseconds": 1e3 * min(times),
        "prepare_milliseconds": 1e3 * ready,
        "gap": found.gap,
        "iterations": found.iterations,
        "value": found.value,
    }


def converged(pools: int, starts: int, spread: float = 3.0) -> dict[str, Any]:
    """How many beginnings with normal noise of ``spread`` on log prices end with the gap asked for."""
    asked = generators.route(pools, seed=9)
    prepared = prepare(as_network(asked.tokens, asked.pools)[0])
    goal = route(asked.tokens, asked.token_in, asked.token_out, asked.amount_in)
    centre, rng = np.log(maximise(prepared, goal).prices), np.random.default_rng(0)
    ended = sum(
        maximise(prepared, goal, centre + rng.normal(0, spread, asked.tokens)).converged for _ in range(starts)
    )
    return {"starts": starts, "converged": ended, "spread": spread}


def peer(python: Path, pools: int, ours: float) -> dict[str, Any]:
    if not python.exists():
        return {"absent": "no interpreter with cvxpy: run `make peers` or give --peer-python"}
    asked = generators.route(pools, seed=9)
    told = {
        "tokens": asked.tokens, "a": asked.pools.a.tolist(), "b": asked.pools.b.tolist(),
        "reserves": asked.pools.reserves.tolist(), "gamma": asked.pools.gamma.tolist(),
        "token_in": asked.token_in, "token_out": asked.token_out, "amount_in": asked.amount_in,
    }  # fmt: skip
    done = subprocess.run(
        [str(python), str(PEER)], input=json.dumps(told), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return {"failed": done.stderr[-400:]}
    said: dict[str, Any] = json.loads(done.stdout)
    return {**said, **{f"{way}_ratio": 1e3 * said[way] / ours for way in ("vectorised", "per_pool")}}


if __name__ == "__main__":
    sys.exit(main())
