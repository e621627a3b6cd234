"""Signed intents admitted durably a second by a whole embedded node: checks, signatures, its machine, its groups.

``python -m benchmarks.node_admission [--intents N] [--group-ms M] [--json]`` hands N distinct intents (Ed25519) to
a running node as fast as it takes them and waits until the last is on disk. It prints intents per second of wall
clock and of processor time; ``benchmarks.admission`` measures the stages apart.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import trio

from benchmarks.single_node import world
from node.agreement.timeouts import Timeouts
from node.chain.reading import forget_items
from node.embedded import folder
from node.embedded.groups import GROUP_MS, Group
from node.embedded.node import Node
from node.embedded.recovery import recovered
from node.storage.store import Store

#: Admitted before anything else gets its turn, as from a pipe.
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Result:
    """Per second; ``groups`` commits in all."""

    intents: int
    durable: float
    durable_cpu: float
    groups: int


async def _admit(path: Path, items: list[bytes], group_ms: float) -> tuple[float, float, int]:
    """Seconds of wall clock and of the processor, and commits."""
    timeouts = Timeouts(window_ms=(3_600_000, 1000, 1000), early=False)
    with Store(path / folder.STORE, None) as store:
        node = Node(store, recovered(store, timeouts, folder.validator_key(path), None), group_ms=group_ms)
        async with trio.open_nursery() as nursery:
            await nursery.start(node.run)
            wall, cpu = time.perf_counter(), time.process_time()
            group: Group | None = None
            for start in range(0, len(items), AT_ONCE):
                for item in items[start : start + AT_ONCE]:
                    group = node.admit(item)
                await trio.sleep(0)
            assert group is not None
            await group.wait()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            node.stop()
        assert len(store.item_ids()) == len(items)
        return wall, cpu, node.status.groups


def measure(intents: int, group_ms: float) -> Result:
    items = world.Minter(Random(1)).items(intents, 1)
    forget_items()
    with tempfile.TemporaryDirectory() as place:
        world.make(Path(place) / "node")
        wall, cpu, groups = trio.run(_admit, Path(place) / "node", items, group_ms)
    return Result(intents, intents / wall, intents / cpu, groups)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--intents", type=int, default=20_000)
    parser.add_argument("--group-ms", type=float, default=GROUP_MS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = measure(options.intents, options.group_ms)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print(f"{result.durable:,.0f}/s by the clock, {result.durable_cpu:,.0f}/s of processor time", end=", ")
        print(f"{result.groups} commits")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
