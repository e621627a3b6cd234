"""What killing one validator of four does to batch times, and how soon it is back at the head.

``python -m benchmarks.live_kill [--batches N] [--rate R] [--short] [--json]`` runs four validators and a solver
node under a light load, takes the time of N batches, kills one validator with SIGKILL, takes N more, and starts it
again. It prints the ratio of the mean batch times, and the seconds from starting the process until it answers at
the height at which another node stands. ``--short`` has windows of half a second instead of the default.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from itertools import pairwise

import trio

from benchmarks.live_network.bed import POLL_S, Bed, open_bed, run
from benchmarks.live_network.load import Sent, prepare, send
from node.agreement.timeouts import Timeouts
from node.home.config import RoleName
from node.livedemo.homes import NodeWanted

VALIDATORS = 4
WATCHED, KILLED = "v0", "v2"
SHORT = Timeouts((500, 500, 300), 1_000, 400, 400, 200)


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds. ``ratio``: mean batch with one validator dead over the mean before."""

    before_mean_s: float
    before_worst_s: float
    killed_mean_s: float
    killed_worst_s: float
    ratio: float
    ready_after_s: float
    head_after_s: float
    behind_heights: int
    roots_equal: bool


async def measure(batches: int, rate: float, timeouts: Timeouts) -> Result:
    wanted = [NodeWanted(f"v{i}") for i in range(VALIDATORS)]
    async with open_bed([*wanted, NodeWanted("naive", RoleName.SOLVER, "naive")], timeouts) as bed:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_keep_loading, bed, rate)
            before = await _batches(bed, batches)
            await bed.kill(KILLED)
            dead = await _batches(bed, batches)
            ready_s, head_s, behind = await _rejoin(bed)
            nursery.cancel_scope.cancel()
        equal = await bed.roots_equal()
    ratio = statistics.fmean(dead) / statistics.fmean(before)
    return Result(
        statistics.fmean(before),
        max(before),
        statistics.fmean(dead),
        max(dead),
        ratio,
        ready_s,
        head_s,
        behind,
        equal,
    )


async def _keep_loading(bed: Bed, rate: float) -> None:
    """A light load on the nodes that are never killed, for as long as it takes."""
    market = await bed.desk.market(bed.endpoint(WATCHED))
    assert market is not None
    endpoints = [bed.endpoint(name) for name in bed.made if name != KILLED]
    number = 0
    while True:
        auction = (await bed.status(WATCHED)).auction
        packs = prepare(market.network, 64, rate, auction, 1.0, number)
        number += 64
        await send(endpoints, packs, rate, Sent())
        await trio.sleep(64 / rate)


async def _batches(bed: Bed, count: int) -> list[float]:
    """Seconds between the settlements of so many auctions in a row."""
    last = (await bed.status(WATCHED)).auction
    await bed.settled(last, WATCHED)
    moments = [time.monotonic()]
    for number in range(1, count + 1):
        await bed.settled(last + number, WATCHED)
        moments.append(time.monotonic())
    return [later - earlier for earlier, later in pairwise(moments)]


async def _rejoin(bed: Bed) -> tuple[float, float, int]:
    """Seconds from starting the process to ready, and to the head; how many heights it was behind
    when it first answered."""
    began = time.monotonic()
    await bed.start(KILLED)
    ready_s = head_s = 0.0
    behind: int | None = None
    while not (ready_s and head_s):
        head = (await bed.status(WATCHED)).height
        seen = await bed.desk.status(bed.endpoint(KILLED))
        if seen is not None:
            behind = head - seen.height if behind is None else behind
            if not head_s and seen.height >= head:
                head_s = time.monotonic() - began
            if not ready_s and seen.ready:
                ready_s = time.monotonic() - began
        bed.still_running()
        await trio.sleep(POLL_S)
    assert behind is not None
    return ready_s, head_s, behind


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--rate", type=float, default=20.0, help="intents a second")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = run(measure, options.batches, options.rate, SHORT if options.short else Timeouts())
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print("\n".join(f"{name:16} {value}" for name, value in asdict(result).items()))
    return 0 if result.roots_equal else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
