"""Time to a certified equilibrium against the size of the batch: orders from 10² to 10⁶, pools from 10 to 10⁵.

Cold, with no prices known; and warm, from the prices of the same batch before one order in a hundred was replaced.
Every answer is measured: exact means that no limit is missed, tokens balance, and the utility that willing orders
were denied is at most 1e-12 of what was had.

    python benchmarks/batch.py [--most ORDERS] [--repeat N] [--json]

Times are the least of the repeats, of the process (CPU) and on the wall. Exit code 1 when an answer is not exact.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

# So that it also runs as a script, from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.instance_runs.batch_by_seed import generated
from solver.equilibrium.batch import Batch, Equilibrium
from solver.equilibrium.solve import equilibrium

TOKENS: Final = 50
#: Orders × pools: one row of each kind through 10⁴ × 10³.
BY_ORDERS: Final = tuple((orders, 1000) for orders in (100, 1000, 10_000, 100_000, 1_000_000))
BY_POOLS: Final = tuple((10_000, pools) for pools in (10, 100, 10_000, 100_000))
#: Orders replaced before the warm run.
CHANGED: Final = 0.01


@dataclass(frozen=True, slots=True)
class Timing:
    """One size, cold or warm: milliseconds of processor and wall, Newton steps, and what the answer is worth."""

    orders: int
    tokens: int
    pools: int
    warm: bool
    cpu_ms: float
    wall_ms: float
    newton_steps: int
    unrealised_over_realised: float
    exact: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=1_000_000, metavar="ORDERS", help="leave larger batches out")
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    timings: list[Timing] = []
    if not options.json:
        print(HEAD)
    for orders, pools in (*BY_ORDERS, *BY_POOLS):
        if orders > options.most:
            continue
        for timing in measured(generated(orders, TOKENS, pools, options.seed), options.repeat, options.seed):
            timings.append(timing)
            if not options.json:
                print(line(timing), flush=True)
    if options.json:
        print(json.dumps([asdict(timing) for timing in timings], indent=1))
    return int(not all(timing.exact for timing in timings))


def measured(batch: Batch, repeat: int, seed: int) -> tuple[Timing, Timing]:
    """The batch cold; then again with some of its orders replaced, from the prices found."""
    cold, found = timed(lambda: equilibrium(batch), batch, repeat, warm=False)
    changed = with_replacements(batch, seed)
    warm, _ = timed(lambda: equilibrium(changed, found.prices), changed, repeat, warm=True)
    return cold, warm


def timed(
    solve: Callable[[], Equilibrium], batch: Batch, repeat: int, *, warm: bool
) -> tuple[Timing, Equilibrium]:
    cpu, wall = [], []
    found = solve()
    for _ in range(repeat):
        started, worked = time.perf_counter(), time.process_time()
        found = solve()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - worked)
    size = len(batch.sell), len(batch.values), len(batch.pools.a)
    ratio = found.unrealised_over_realised
    least = 1e3 * min(cpu), 1e3 * min(wall)
    return Timing(*size, warm, *least, found.newton_steps, ratio, found.exact), found


def with_replacements(batch: Batch, seed: int) -> Batch:
    """One order in a hundred replaced by one of another draw of the family, for the same pair."""
    rng = np.random.default_rng(seed)
    count = len(batch.sell)
    at = rng.choice(count, max(1, round(CHANGED * count)), replace=False)
    amount, limit = batch.amount.copy(), batch.limit.copy()
    value, sell, buy = batch.values, batch.sell[at], batch.buy[at]
    amount[at] = np.exp(rng.normal(np.log(1000), 1.3, len(at))) / value[sell]
    limit[at] = value[sell] / value[buy] * np.exp(-rng.normal(0.004, 0.01, len(at)))
    return replace(batch, amount=amount, limit=limit)


HEAD: Final = (
    f"{'orders x tokens x pools':34}{'CPU, ms':>10}{'wall, ms':>10}{'steps':>7}{'unrealised':>12}{'exact':>7}"
)


def line(timing: Timing) -> str:
    size = f"{timing.orders} x {timing.tokens} x {timing.pools}"
    return (
        f"{size:28}{'warm' if timing.warm else 'cold':6}{timing.cpu_ms:10.1f}{timing.wall_ms:10.1f}"
        f"{timing.newton_steps:7}{timing.unrealised_over_realised:12.1e}{timing.exact!s:>7}"
    )


if __name__ == "__main__":
    sys.exit(main())
