"""Routing over mixed venues: time, gap and rounds of Newton, network by network.

    python benchmarks/routing_mixed.py [--venues 1000] [--seeds 8] [--orders 6] [--json]

Networks have six kinds of venues (see ``mixed_networks.py``). Orders go through each network in turn, over and
over, so that none finds what it left behind itself; the first is the network's own. Times are processor time of
the thread, the least of the rounds: of an order through the network as prepared, and of one through the network
once it has come to rest. Both preparations are once per snapshot and timed apart.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.mixed_networks import DEPTH, Mixed, mixed
from solver.router.families import Goal, Routing, route
from solver.router.maximise import maximise
from solver.router.prepare import Prepared, prepare
from solver.router.rest import rested

Result = TypeVar("Result")
REPEATS = 7
TARGET_MS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--venues", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--orders", type=int, default=6, help="orders through each network")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    rows = [measured(options.venues, seed, options.orders) for seed in range(options.seeds)]
    if options.json:
        json.dump({"venues": options.venues, "networks": rows}, sys.stdout, indent=1)
        print()
        return 0
    an_order = f"{'median':>9}{'most':>7}{'first':>7}{'rounds':>8}"
    print(f"{'':>6}{'':>9}{'an order as prepared, ms':>31}{'':>9}{'an order from rest, ms':>31}")
    print(f"{'seed':>6}{'prepare':>9}{an_order}{'rest':>9}{an_order}{'worst gap':>11}{'shortfall':>11}")
    for row in rows:
        orders = shown(row["prepare_ms"], row["prepared"]) + shown(row["rest_ms"], row["rested"])
        print(f"{row['seed']:>6}{orders}{row['gap']:>11.1e}{row['shortfall']:>11.1e}")
    for start in ("prepared", "rested"):
        every = [ms for row in rows for ms in row[start]["milliseconds"]]
        within = sum(ms <= TARGET_MS for ms in every) / len(every)
        print(f"{start}: median {median(every):.2f}, most {max(every):.2f} ms; {within:.0%} within {TARGET_MS} ms")
    return 0


def shown(ready_ms: float, orders: dict[str, Any]) -> str:
    times, rounds = orders["milliseconds"], median(orders["evaluations"])
    return f"{ready_ms:>9.2f}{median(times):>9.2f}{max(times):>7.2f}{times[0]:>7.2f}{rounds:>8.0f}"


def measured(venues: int, seed: int, orders: int) -> dict[str, Any]:
    drawn = mixed(venues, seed)
    goals = [drawn.goal, *further(drawn, orders - 1, seed)]
    prepared, prepare_ms = least(lambda: prepare(drawn.network))
    at_rest, rest_ms = least(lambda: rested(prepared))
    routed = {"prepared": in_turn(prepared, goals), "rested": in_turn(at_rest, goals)}
    every = [routing for routings, _ in routed.values() for routing in routings]
    return {
        "seed": seed,
        "prepare_ms": prepare_ms,
        "rest_ms": rest_ms,
        **{
            start: {
                "milliseconds": times,
                "evaluations": [routing.iterations for routing in routings],
                "values": [routing.value for routing in routings],
                "bounds": [routing.bound for routing in routings],
            }
            for start, (routings, times) in routed.items()
        },
        "gap": max(routing.gap for routing in every),
        "shortfall": max(routing.shortfall for routing in every),
    }


def further(drawn: Mixed, count: int, seed: int) -> list[Goal]:
    """Orders between random tokens, each for 0.2 % to 5 % of an average token's liquidity."""
    rng = np.random.default_rng(seed)
    tokens = drawn.network.tokens
    depth = DEPTH * sum(family.venues for family in drawn.network.families) / tokens
    goals = []
    for _ in range(count):
        give, want = rng.choice(tokens, 2, replace=False).tolist()
        amount = depth * float(np.exp(rng.uniform(np.log(0.002), np.log(0.05)))) / drawn.values[give]
        goals.append(route(tokens, give, want, float(amount)))
    return goals


def in_turn(prepared: Prepared, goals: list[Goal]) -> tuple[list[Routing], list[float]]:
    """Routings, and the least milliseconds of each."""
    rounds = [[timed(partial(maximise, prepared, goal)) for goal in goals] for _ in range(REPEATS)]
    routings = [routing for routing, _ in rounds[-1]]
    return routings, [min(ms for _, ms in tries) for tries in zip(*rounds, strict=True)]


def least(run: Callable[[], Result]) -> tuple[Result, float]:
    tries = [timed(run) for _ in range(REPEATS)]
    return tries[-1][0], min(ms for _, ms in tries)


def timed(run: Callable[[], Result]) -> tuple[Result, float]:
    """The result and the milliseconds of processor time."""
    began = time.thread_time()
    result = run()
    return result, 1e3 * (time.thread_time() - began)


if __name__ == "__main__":
    sys.exit(main())
