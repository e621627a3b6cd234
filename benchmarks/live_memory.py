"""Resident memory of four validators over time at half load: the slope after warm-up, by least squares.

``python -m benchmarks.live_memory [--minutes 15] [--warm-up 6] [--rate 500] [--samples FILE] [--json]`` runs four
validators with their interfaces and histories, hands in intents that meet at a steady rate, and looks at each
process's resident memory every second (solvers' own processes are not counted). The warm-up has to fill every
bounded memory: the largest are of the last 16,384 intents, so it takes as many seconds as that many intents, and
of the last 256 auctions. Where batches grow because the machine is busy, what is held grows with them.
``--minutes 120`` is the long run; every minute it adds a line of JSON to ``--samples``, so that one cut short says
something too. The slope's standard error is of the means of its minutes, since samples a second apart are as good
as one.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import trio

from benchmarks.live_network.bed import Bed, open_bed, run
from benchmarks.live_network.load import Sent, prepare, send
from node.livedemo.homes import NodeWanted

VALIDATORS = 4
MIB = 1 << 20
#: Intents are signed for so many seconds of load at a time.
AHEAD_S = 20
BATCH_S = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """By node: the slope after the warm-up and its standard error (none of less than three minutes), resident
    memory at the end of the warm-up and at the end of all."""

    minutes: float
    rate: float
    acknowledged: int
    refused: int
    auctions: int
    slope_mib_per_h: dict[str, float]
    error_mib_per_h: dict[str, float | None]
    warm_mib: dict[str, float]
    last_mib: dict[str, float]


Samples = list[tuple[float, int]]


async def measure(minutes: float, warm_up: float, rate: float, file: Path | None) -> Result:
    wanted = [NodeWanted(f"v{i}", spec="naive" if i == 0 else "") for i in range(VALIDATORS)]
    counted = [0, 0]
    async with open_bed(wanted) as bed:
        first = (await bed.status("v0")).auction
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_load, bed, rate, counted)
            samples = await _watch(bed, [one.name for one in wanted], minutes, counted, file)
            nursery.cancel_scope.cancel()
        auctions = (await bed.status("v0")).auction - first
    began = 60 * min(warm_up, minutes / 2)
    after = {name: [one for one in found if one[0] >= began] for name, found in samples.items()}
    slopes = {name: slope(found) for name, found in after.items()}
    return Result(
        minutes,
        rate,
        counted[0],
        counted[1],
        auctions,
        {name: round(found * 3600 / MIB, 2) for name, (found, _) in slopes.items()},
        {name: None if error is None else round(error * 3600 / MIB, 2) for name, (_, error) in slopes.items()},
        {name: round(found[0][1] / MIB, 1) for name, found in after.items()},
        {name: round(found[-1][1] / MIB, 1) for name, found in after.items()},
    )


async def _watch(
    bed: Bed, names: Sequence[str], minutes: float, counted: Sequence[int], file: Path | None
) -> dict[str, Samples]:
    """Seconds since the start and bytes, every second, by node."""
    samples: dict[str, Samples] = {name: [] for name in names}
    began = noted = time.monotonic()
    while (now := time.monotonic()) < began + 60 * minutes:
        bed.still_running()
        for name, found in samples.items():
            found.append((now - began, bed.memory_bytes(name)))
        if file is not None and now >= noted:
            noted += 60
            mib = {name: round(found[-1][1] / MIB, 2) for name, found in samples.items()}
            row = {"minutes": round((now - began) / 60, 2), "acknowledged": counted[0], "refused": counted[1]}
            with file.open("a", encoding="ascii") as lines:
                lines.write(json.dumps({**row, "mib": mib}) + "\n")
        await trio.sleep(1)
    return samples


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


def slope(samples: Sequence[tuple[float, int]]) -> tuple[float, float | None]:
    """Bytes a second by least squares over the means of whole minutes, and its standard error."""
    minutes = [list(group) for _, group in groupby(samples, lambda one: one[0] // 60)]
    points = [tuple(sum(one[i] for one in group) / len(group) for i in (0, 1)) for group in minutes]
    count = len(points)
    mean_t, mean_y = (sum(one[i] for one in points) / count for i in (0, 1))
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    if not spread:
        return 0.0, None
    found = sum((t - mean_t) * (y - mean_y) for t, y in points) / spread
    rest = sum((y - mean_y - found * (t - mean_t)) ** 2 for t, y in points)
    return found, math.sqrt(rest / (count - 2) / spread) if count > 2 else None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--warm-up", type=float, default=6.0, help="minutes")
    parser.add_argument("--rate", type=float, default=500.0, help="intents a second")
    parser.add_argument("--samples", type=Path, help="add a line of JSON to this file every minute")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = run(measure, options.minutes, options.warm_up, options.rate, options.samples)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print("\n".join(f"{name:16} {value}" for name, value in asdict(result).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
