"""Resident memory of four validators over time at half load: the slope after warm-up, by least squares.

``python -m benchmarks.live_memory [--minutes 15] [--warm-up 6] [--rate 500] [--json]`` runs four validators with
their interfaces and histories, hands in intents that meet at a steady rate, and looks at each process's resident
memory every second (solvers' own processes are not counted). The warm-up has to fill every bounded memory: the
largest are of the last 32,768 intents read and the last 131,072 ids heard, so at another rate it takes as many
seconds as that many intents. ``--minutes 120`` is the long run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import trio

from benchmarks.live_network.bed import Bed, open_bed, run
from benchmarks.live_network.load import Sent, prepare, send
from node.livedemo.homes import NodeWanted

VALIDATORS = 4
MIB = 1 << 20
#: Intents are signed for so many seconds of load at a time.
AHEAD_S = 20
BATCH_S = 3.5


@dataclass(frozen=True, slots=True)
class Result:
    """``slope_mib_per_h`` by node, after the warm-up; resident memory in MiB at its end and at the end of all."""

    minutes: float
    rate: float
    acknowledged: int
    refused: int
    auctions: int
    slope_mib_per_h: dict[str, float]
    warm_mib: dict[str, float]
    last_mib: dict[str, float]


async def measure(minutes: float, warm_up: float, rate: float) -> Result:
    wanted = [NodeWanted(f"v{i}", spec="naive" if i == 0 else "") for i in range(VALIDATORS)]
    samples: dict[str, list[tuple[float, int]]] = {one.name: [] for one in wanted}
    counted = [0, 0]
    async with open_bed(wanted) as bed:
        first = (await bed.status("v0")).auction
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_load, bed, rate, counted)
            end = trio.current_time() + 60 * minutes
            began = time.monotonic()
            while trio.current_time() < end:
                bed.still_running()
                for name, found in samples.items():
                    found.append((time.monotonic() - began, bed.memory_bytes(name)))
                await trio.sleep(1)
            nursery.cancel_scope.cancel()
        auctions = (await bed.status("v0")).auction - first
    after = {
        name: [one for one in found if one[0] >= 60 * min(warm_up, minutes / 2)] for name, found in samples.items()
    }
    return Result(
        minutes,
        rate,
        counted[0],
        counted[1],
        auctions,
        {name: round(slope(found) * 3600 / MIB, 2) for name, found in after.items()},
        {name: round(found[0][1] / MIB, 1) for name, found in after.items()},
        {name: round(found[-1][1] / MIB, 1) for name, found in after.items()},
    )


async def _load(bed: Bed, rate: float, counted: list[int]) -> None:
    """For as long as it takes; ``counted``: acknowledged and refused."""
    market = await bed.desk.market(bed.endpoint("v0"))
    assert market is not None
    number = 0
    while True:
        count = int(rate * AHEAD_S)
        auction = (await bed.status("v0")).auction
        packs = await trio.to_thread.run_sync(prepare, market.network, count, rate, auction, BATCH_S, number)
        number += count
        sent = Sent()
        await send(bed.endpoints, packs, rate, sent)
        counted[0] += len(sent.at_ms)
        counted[1] += sent.refused


def slope(samples: Sequence[tuple[float, int]]) -> float:
    """Bytes a second, by least squares."""
    count = len(samples)
    mean_t, mean_y = (sum(one[i] for one in samples) / count for i in (0, 1))
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    return sum((t - mean_t) * (y - mean_y) for t, y in samples) / spread if spread else 0.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--warm-up", type=float, default=6.0, help="minutes")
    parser.add_argument("--rate", type=float, default=500.0, help="intents a second")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = run(measure, options.minutes, options.warm_up, options.rate)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print("\n".join(f"{name:16} {value}" for name, value in asdict(result).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
