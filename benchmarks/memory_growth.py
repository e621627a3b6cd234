"""Whether a node's memory ends: bytes by auction, as fast as one node settles them.

``python -m benchmarks.memory_growth [--auctions N] [--warm-up N] [--intents N] [--traced] [--samples FILE]
[--json]`` runs one validator in this process, with its store, history, interface and a built-in solver on real
files, and hands in so many intents for each auction as soon as the one before has settled. Nothing is measured by
the clock: what a node keeps depends on auctions and intents, so a busy machine finds the same. The warm-up fills
memories of the last 16,384 intents. Counted is what is resident, or with ``--traced`` what Python has allocated
and still holds, to the byte and several times slower. Slopes are told for an hour of 60 intents a second: 2,800
auctions of 78 intents.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import trio

from benchmarks.live_memory import MIB, slope
from benchmarks.live_network.bed import with_owners
from benchmarks.live_network.load import prepare
from intents.auction import Auction
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.api.serving import serve_api
from node.api.settings import ApiSettings
from node.chain.blocks import Phase
from node.chain.genesis import build
from node.home.allocator import steady_allocator
from node.home.development import development_genesis
from node.live.node import LiveNode
from node.live.opening import open_live
from node.live.settings import LiveSettings
from node.served import BlockDecided, Role
from node.solving import SolverKey
from settlement.solution import Solution
from solver.naive import Naive
from solver.protocol import Deadline

#: An auction takes in what was handed in while the one before was settled.
WINDOWS: Final = Timeouts(window_ms=(40, 2_000, 500))
#: Auctions whose intents are signed at a time, and between two looks.
AHEAD: Final = 20
AUCTIONS_PER_HOUR: Final = 2_800


@dataclass(frozen=True, slots=True)
class Result:
    """The slope after the warm-up with its standard error (none of less than 180 auctions), and what was held at
    the warm-up's end and at the end of all."""

    auctions: int
    intents: int
    slope_mib_per_h: float
    error_mib_per_h: float | None
    warm_mib: float
    last_mib: float


async def measure(auctions: int, warm_up: int, intents: int, traced: bool, samples: Path | None) -> Result:
    found: list[tuple[float, int]] = []
    if traced:
        tracemalloc.start()
    async with running() as node, node.events() as events:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        for number in range(0, auctions, AHEAD):
            packs = prepare(node.network, intents * AHEAD, 1.0, node.status().auction, intents, intents * number)
            items = [item for pack in packs for item in pack.items]
            for place in range(AHEAD):
                await node.submit_all(items[place * intents : (place + 1) * intents])
                async for event in events:
                    if isinstance(event, BlockDecided) and event.phase is Phase.SETTLE:
                        break
            del items, packs
            found.append((node.status().auction, traced_bytes() if traced else resident_bytes()))
            if samples is not None:
                with samples.open("a", encoding="ascii") as lines:
                    lines.write(json.dumps([found[-1][0], round(found[-1][1] / MIB, 2)]) + "\n")
    after = [one for one in found if one[0] >= min(warm_up, found[-1][0] / 2)]
    grown, error = slope(after)
    return Result(
        int(found[-1][0]),
        intents,
        round(grown * AUCTIONS_PER_HOUR / MIB, 2),
        None if error is None else round(error * AUCTIONS_PER_HOUR / MIB, 2),
        round(after[0][1] / MIB, 1),
        round(after[-1][1] / MIB, 1),
    )


@asynccontextmanager
async def running() -> AsyncIterator[LiveNode]:
    """A validator alone, with its interface."""
    steady_allocator()
    key, solver = SigningKey.from_seed(bytes([1]) * 32), SigningKey.from_seed(bytes([2]) * 32)
    genesis = with_owners(development_genesis("memory", [key.public], [("naive", solver.public)]))
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        settings = LiveSettings(
            Path(folder) / "node.sqlite",
            Path(folder) / "history.sqlite",
            build(genesis),
            WINDOWS,
            Role.VALIDATOR,
            bytes(32),
            key=key,
            solver=SolverKey(solver.public, solver.public, solver.sign),
            solving=solve,
        )
        async with open_live(settings) as node, trio.open_nursery() as nursery:
            await nursery.start(partial(serve_api, node, ApiSettings("x" * 16, port=0)))
            yield node
            nursery.cancel_scope.cancel()


async def solve(auction: Auction) -> Sequence[Solution]:
    return tuple(Naive().solve(auction, Deadline.work(200_000)))


def traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--auctions", type=int, default=5_600)
    parser.add_argument("--warm-up", type=int, default=280, help="auctions")
    parser.add_argument("--intents", type=int, default=78, help="of an auction")
    parser.add_argument("--traced", action="store_true", help="count what Python holds")
    parser.add_argument("--samples", type=Path, help="add a line of JSON to this file at each look")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    given = options.auctions, options.warm_up, options.intents, options.traced, options.samples
    result = trio.run(measure, *given)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print("\n".join(f"{name:16} {value}" for name, value in asdict(result).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
