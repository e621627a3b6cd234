"""Winner determination against size, beside plain CP-SAT and SCIP models of the same bids.

    python -m benchmarks.winners [--repeat N] [--largest BIDS]

Bids take one to eight orders (mean about 2.7) and are worth about what their orders are, with noise and a
premium for bundles; scores have 18 decimals. Prints the median time, whether the optimum is proven in integers,
and the peers' times on the same bids at nine significant digits, which is all their plain models take.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, Final

from benchmarks.instance_runs.winners import read
from settlement.mechanism import Bid, ranked
from settlement.packing import pack

SMALL: Final = (20, 15), (64, 30), (100, 60), (200, 40), (200, 60), (200, 100), (200, 200)
SIZES: Final = (*SMALL, (500, 500), (1000, 1000))
#: As many winners as the mechanism allows by default.
FEW: Final = 20
#: A plain model is given up after this many seconds.
LIMIT_S: Final = 10.0


def draw(count: int, orders: int, seed: int) -> list[Bid]:
    random = Random(seed)
    values = [random.lognormvariate(17, 0.5) for _ in range(orders)]
    drawn: list[tuple[list[int], int]] = []
    for _ in range(count):
        size = min(orders, 1 + min(7, int(random.expovariate(1 / 1.8))))
        taken = random.sample(range(orders), size)
        worth = sum(values[i] for i in taken) * random.uniform(0.6, 1.2) * (1 + 0.05 * size)
        drawn.append((taken, int(worth) * 10**12 + random.randrange(10**12)))
    return ranked(read(drawn), b"")


def plain_cp_sat(bids: Sequence[Bid]) -> bool:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    choose = [model.new_bool_var("") for _ in bids]
    for users in sharing(bids):
        model.add_at_most_one([choose[i] for i in users])
    unit = max(bid.score for bid in bids) // 10**9 or 1
    model.maximize(sum(bid.score // unit * x for bid, x in zip(bids, choose, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = LIMIT_S
    return bool(solver.solve(model) == cp_model.OPTIMAL)


def plain_scip(bids: Sequence[Bid]) -> bool:
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver("SCIP")
    choose = [solver.BoolVar("") for _ in bids]
    for users in sharing(bids):
        solver.Add(sum(choose[i] for i in users) <= 1)
    unit = max(bid.score for bid in bids) // 10**9 or 1
    solver.Maximize(sum(bid.score // unit * x for bid, x in zip(bids, choose, strict=True)))
    solver.SetTimeLimit(int(LIMIT_S * 1000))
    return bool(solver.Solve() == pywraplp.Solver.OPTIMAL)


def sharing(bids: Sequence[Bid]) -> list[list[int]]:
    """Bids by the orders they share."""
    users: defaultdict[object, list[int]] = defaultdict(list)
    for i, bid in enumerate(bids):
        for order in bid.intents:
            users[order].append(i)
    return [found for _, found in sorted(users.items(), key=str) if len(found) > 1]


def timed(run: Callable[[], Any], repeat: int) -> tuple[Any, float]:
    found, times = None, []
    for _ in range(repeat):
        start = time.perf_counter()
        found = run()
        times.append(time.perf_counter() - start)
    return found, statistics.median(times)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--largest", type=int, default=1000, metavar="BIDS")
    options = parser.parse_args(arguments)
    # Imports are paid once per process and take longer than most auctions.
    for module in ("ortools.linear_solver.pywraplp", "ortools.sat.python.cp_model"):
        importlib.import_module(module)
    heads = f"{'ours, ms':>9} {'proven':>7} {f'{FEW} win':>9} {'CP-SAT':>8} {'SCIP':>8}  ratio to the better peer"
    print(f"{'bids':>5} {'orders':>6} {heads}")
    for count, orders in SIZES:
        if count > options.largest:
            continue
        repeat = options.repeat if count <= 200 else 1
        ours, few, cp, sc, proven = [], [], [], [], 0
        for seed in range(3 if count <= 200 else 1):
            bids = draw(count, orders, seed)
            found, seconds = timed(partial(pack, bids, len(bids), b""), repeat)
            proven += found.optimal
            ours.append(seconds)
            few.append(timed(partial(pack, bids, FEW, b""), repeat)[1])
            cp.append(timed(partial(plain_cp_sat, bids), repeat)[1])
            sc.append(timed(partial(plain_scip, bids), repeat)[1])
        mean = [1000 * statistics.mean(times) for times in (ours, few, cp, sc)]
        times = f"{mean[1]:>9.1f} {mean[2]:>8.1f} {mean[3]:>8.1f}  {mean[0] / min(mean[2:]):.2f}"
        print(f"{count:>5} {orders:>6} {mean[0]:>9.1f} {proven}/{len(ours):<5} {times}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
