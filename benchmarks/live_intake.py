"""What taking an intent in costs a validator of four that are handed them over HTTP, and what standing by costs.

``python -m benchmarks.live_intake [--rate R] [--seconds S] [--pack N] [--json]`` starts four validators whose
first window lasts an hour, so that nothing is agreed on; watches them stand by for some seconds; then hands them R
signed intents a second for S seconds, N to a request, to each in turn, and waits until every node holds all of
them, one in four from its users and the others by gossip, written to disk in the end as ever. Beside it, in the
same run, the same intents read (decoded, their signatures checked) one after the other in this process, which no
validator can do without.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass

import trio

from benchmarks.live_network.bed import POLL_S, Bed, open_bed, run
from benchmarks.live_network.load import PACK, Sent, prepare, send
from benchmarks.processor_time import busy_note, load_average
from node.agreement.timeouts import Timeouts
from node.api.forms_intents import MAX_AT_ONCE
from node.chain.reading import forget_items, read_item
from node.livedemo.homes import NodeWanted

VALIDATORS = 4
STAND_BY_S = 5.0
SLOW = Timeouts(window_ms=(3_600_000, 1_000, 1_000), early=False)


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds of processor time an intent: of one validator, without what standing by costs meanwhile
    (``stand_by_ms_per_s``), of reading alone, and of the load. ``load_average`` is the machine's before the start.
    """

    offered_per_s: float
    pack: int
    intents: int
    refused: int
    seconds: float
    node_ms: float
    reading_ms: float
    ratio: float
    load_ms: float
    stand_by_ms_per_s: float
    load_average: float


async def measure(rate: float, seconds: float, pack: int) -> Result:
    load, sent = load_average(), Sent()
    async with open_bed([NodeWanted(f"v{i}") for i in range(VALIDATORS)], SLOW) as bed:
        market = await bed.desk.market(bed.endpoint("v0"))
        assert market is not None
        packs = prepare(
            market.network, int(rate * seconds), rate, (await bed.status("v0")).auction, 1.0, pack=pack
        )
        idle_s = await _stand_by(bed)
        before, began = bed.processor_s(), time.monotonic()
        await send(bed.endpoints, packs, rate, sent)
        for name in bed.made:
            while (await bed.status(name)).waiting < len(sent.at_ms):
                await trio.sleep(POLL_S)
        took_s, after = time.monotonic() - began, bed.processor_s()
    intents = len(sent.at_ms)
    nodes_s = sum(after[name] - before[name] for name in bed.made) / VALIDATORS - idle_s * took_s
    reading_s = _reading_s(sent.items.values(), market.network)
    return Result(
        rate,
        pack,
        intents,
        sent.refused,
        took_s,
        1000 * nodes_s / intents,
        1000 * reading_s / intents,
        nodes_s / reading_s,
        1000 * (after["load"] - before["load"]) / intents,
        1000 * idle_s,
        load,
    )


async def _stand_by(bed: Bed) -> float:
    """Processor seconds a second of one node that has nothing to do."""
    before = bed.processor_s()
    await trio.sleep(STAND_BY_S)
    after = bed.processor_s()
    return sum(after[name] - before[name] for name in bed.made) / STAND_BY_S / VALIDATORS


def _reading_s(items: Collection[bytes], network: bytes) -> float:
    """Processor seconds to decode them and check their signatures; the least of three times."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    took = []
    for _ in range(3):
        forget_items()
        began = time.process_time()
        for item in items:
            read_item(item, network)
        took.append(time.process_time() - began)
    return min(took)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=500.0, help="intents a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--pack", type=int, default=PACK, help=f"intents of a request, at most {MAX_AT_ONCE}")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not 1 <= options.pack <= MAX_AT_ONCE:
        parser.error(f"--pack is from 1 to {MAX_AT_ONCE}")
    result = run(measure, options.rate, options.seconds, options.pack)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print("\n".join(f"{name:18} {value}" for name, value in asdict(result).items()))
    if note := busy_note(result.load_average):
        print(note, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
