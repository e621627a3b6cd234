"""Settled intents a second of four validator processes on this machine, and how long each intent took.

``python -m benchmarks.live_throughput [--rate R] [--seconds S] [--pack N] [--solver naive] [--json]`` starts four
validators (libp2p between them, HTTP interfaces, histories, default windows), one of which answers auctions, signs
pairs of intents that meet, hands them to all nodes in turn at R a second for S seconds, N to a request (the
interface takes up to 256), and waits until they have settled. All are signed, and requests written, before the
clock starts: users do that on machines of their own. Afterwards every acknowledged intent is looked for in the
blocks and the waiting items of each node's disk, and all roots are compared. An intent's time runs from handing it
in until the node had the settled auction it first traded in, with its receipt, on disk.

Nodes, solver and load share the machine's cores: how much processor time each of them took is said.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import trio

from benchmarks.live_network.bed import Bed, open_bed, run
from benchmarks.live_network.ledger import Auction, auctions_since, stored
from benchmarks.live_network.load import PACK, Sent, prepare, send
from benchmarks.processor_time import busy_note, load_average
from node.agreement.timeouts import Timeouts
from node.api.forms_intents import MAX_AT_ONCE
from node.livedemo.homes import NodeWanted

VALIDATORS = 4
#: Whose processor time is not the nodes' own.
APART = ("solvers", "load")
#: Auctions given for the rest to settle in after the last intent.
AFTER = 3
#: Shortest that a batch takes, for how long intents stay open.
BATCH_S = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """``settled_per_s``: intents that traded, over the time between the first and last auction settled under load.

    Times in seconds; ``processor_s`` from the first intent until all had settled: of each node's process, of the
    ``solvers`` they started, and of the ``load``, this process, which hands in and asks how far the nodes are. In
    milliseconds an intent acknowledged it is that of the nodes, and of all. ``load_average`` is the machine's
    before the start: beside much other work fewer intents settle a second, and each takes more processor time.
    ``lost``: acknowledged intents that are neither decided nor waiting on some node's disk.
    """

    offered_per_s: float
    seconds: float
    pack: int
    acknowledged: int
    refused: int
    settled: int
    settled_per_s: float
    lost: int
    roots_equal: bool
    submit_to_settled_p50_s: float
    submit_to_settled_p99_s: float
    acknowledged_p50_s: float
    acknowledged_p99_s: float
    batch_mean_s: float
    batch_worst_s: float
    auctions: int
    processor_s: dict[str, float]
    processor_ms_per_intent: float
    processor_ms_per_intent_in_all: float
    sender_late_s: float
    load_average: float


async def measure(rate: float, seconds: float, solver: str, pack: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        wanted = [NodeWanted(f"v{i}", spec=solver if i == 0 else "") for i in range(VALIDATORS)]
        busy = load_average()
        async with open_bed(wanted, Timeouts(), Path(folder) / "homes") as bed:
            sent, first, processor_s = await _load(bed, rate, seconds, pack)
            roots_equal = await bed.roots_equal()
            auctions = await trio.to_thread.run_sync(auctions_since, bed.endpoint("v1"), first)
        lost = set[bytes]()
        for one in bed.made.values():
            lost.update(stored(one.home.path, Path(folder) / "copy").lost(sent.items.values()))
    return _result(rate, seconds, pack, sent, auctions, len(lost), roots_equal, processor_s, busy)


async def _load(bed: Bed, rate: float, seconds: float, pack: int) -> tuple[Sent, int, dict[str, float]]:
    """What was sent, the first auction it can be in, and what it cost whom."""
    status, sent = await bed.status("v0"), Sent()
    market = await bed.desk.market(bed.endpoint("v0"))
    assert market is not None
    print(f"signing {rate * seconds:.0f} intents", file=sys.stderr)
    packs = prepare(market.network, int(rate * seconds), rate, status.auction + 1, BATCH_S, pack=pack)
    first = (await bed.status("v0")).auction
    before = bed.processor_s()
    await send(bed.endpoints, packs, rate, sent)
    print(f"sent; {sent.refused} refused; waiting for the rest to settle", file=sys.stderr)
    await bed.settled((await bed.status("v1")).auction + AFTER)
    return sent, first, {name: round(after - before[name], 2) for name, after in bed.processor_s().items()}


def _result(
    rate: float,
    seconds: float,
    pack: int,
    sent: Sent,
    auctions: Sequence[Auction],
    lost: int,
    roots_equal: bool,
    processor_s: dict[str, float],
    load: float,
) -> Result:
    found: dict[bytes, int] = {}
    for auction in auctions:
        for number in auction.traded:
            found.setdefault(number, auction.at_ms)
    took = sorted((found[number] - at_ms) / 1000 for number, at_ms in sent.at_ms.items() if number in found)
    loaded = [auction for auction in auctions if auction.intents]
    gaps = [(b.at_ms - a.at_ms) / 1000 for a, b in pairwise(loaded)]
    # The first auction began before the load did, the last ones have only what was left over.
    busy = [auction for auction in loaded if auction.at_ms <= min(sent.at_ms.values()) + 1000 * seconds]
    span_s = (busy[-1].at_ms - busy[0].at_ms) / 1000 if len(busy) > 1 else seconds
    settled = sum(len(auction.traded) for auction in busy[1:])
    return Result(
        rate,
        seconds,
        pack,
        len(sent.at_ms),
        sent.refused,
        len(took),
        settled / span_s,
        lost,
        roots_equal,
        _part(took, 0.5),
        _part(took, 0.99),
        _part(sorted(sent.acknowledged_s), 0.5),
        _part(sorted(sent.acknowledged_s), 0.99),
        statistics.fmean(gaps) if gaps else 0.0,
        max(gaps, default=0.0),
        len(busy),
        processor_s,
        1000 * sum(used for name, used in processor_s.items() if name not in APART) / max(1, len(sent.at_ms)),
        1000 * sum(processor_s.values()) / max(1, len(sent.at_ms)),
        sent.late_s,
        load,
    )


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=1_050.0, help="intents a second")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--pack", type=int, default=PACK, help=f"intents of a request, at most {MAX_AT_ONCE}")
    parser.add_argument("--solver", default="naive")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not 1 <= options.pack <= MAX_AT_ONCE:
        parser.error(f"--pack is from 1 to {MAX_AT_ONCE}")
    result = run(measure, options.rate, options.seconds, options.solver, options.pack)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print("\n".join(f"{name:26} {value}" for name, value in asdict(result).items()))
    if note := busy_note(result.load_average):
        print(note, file=sys.stderr)
    good = result.lost == 0 and result.roots_equal
    print("0 lost, roots equal" if good else "FAILED", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
