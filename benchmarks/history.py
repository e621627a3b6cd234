"""What a node's history costs: recording a settled batch, beside settling it, and what readers ask for afterwards.

``python -m benchmarks.history [--intents 1000 4000] [--markets N] [--runs N] [--json]``

Batches are real ones of the pipeline (``benchmarks.pipeline``): signed intents, constant-product pools, the
``naive`` solver, one validator. Times are processor milliseconds, the least of ``--runs``, with the history on
disk. ``share``: all three heights of an auction recorded, over settling it.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.pipeline import Pipeline
from node.chain.blocks import Phase, phase_of
from node.effects import Commit
from node.history.store import HistoryStore
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State
from settlement.mechanism import mechanism
from settlement.settle import settle
from sim.cluster import Member

#: Batches of the pipeline; the last one is measured.
BATCHES = 2


def commits(intents: int, markets: int) -> tuple[list[Commit], State]:
    """Every height of a short run, and the ledger after it."""
    options = argparse.Namespace(
        validators=1, intents=intents, batches=BATCHES, markets=markets, solver="naive", work=200_000, seed=1
    )
    options.verify = False
    pipeline, found = Pipeline(options), []
    follow = pipeline.cluster.committed
    assert follow is not None

    def committed(member: Member, commit: Commit) -> None:
        found.append(commit)
        follow(member, commit)

    pipeline.cluster.committed = committed
    pipeline.run()
    return found, pipeline.cluster.members[0].machine.app.state


def least_ms(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        gc.collect()
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return round(1_000 * min(times), 2)


def measured(intents: int, markets: int, runs: int) -> dict[str, Any]:
    found, state = commits(intents, markets)
    rules, last = rules_of(state), len(Phase) * BATCHES
    settlement = found[last - 1].applied.effects.settlement
    assert settlement is not None
    solutions = [item.solution for item in (*settlement.verified,)] + [i.solution for i in settlement.refused]
    chosen_by = mechanism(rules.mechanism, max_winners=rules.max_winners)
    recorded: dict[str, list[float]] = {phase.name.lower(): [] for phase in Phase}
    reading: dict[str, list[float]] = {}
    written = 0
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder, HistoryStore(Path(folder) / "history.sqlite") as history:
            for commit in found[:last]:
                gc.collect()
                began = time.process_time()
                history.record(commit, state, state, 0)
                if commit.height >= last - len(Phase):
                    recorded[phase_of(commit.height).name.lower()].append(time.process_time() - began)
            number = settlement.auction.number
            owner = next(iter(history.auction(number).trades)).owner  # type: ignore[union-attr]
            history._deriving.forget()
            written = len(history._db.execute("SELECT data FROM inputs WHERE number = ?", (number,)).fetchone()[0])
            asked: dict[str, Callable[[], object]] = {
                "settle again, detail": partial(history.auction, number),
                "detail at hand": partial(history.auction, number),
                "receipt": partial(history.receipt, number),
                "receipt at hand": partial(history.receipt, number),
                "50 auctions": partial(history.auctions, None, 50),
                "50 intents of an owner": partial(history.intents, owner, None, 50),
                "standings": partial(history.standings, 1),
            }
            for name, ask in asked.items():
                began = time.process_time()
                ask()
                reading.setdefault(name, []).append(time.process_time() - began)
    settle_ms = least_ms(lambda: settle(settlement.auction, solutions, chosen_by, rules.caps), runs)
    record_ms = {name: round(1_000 * min(times), 2) for name, times in recorded.items()}
    return {
        "intents": len(settlement.auction.orders),
        "filled": sum(len(item.trades) for item in settlement.settled),
        "settle_ms": settle_ms,
        "record_ms": record_ms,
        "share": round(sum(record_ms.values()) / settle_ms, 3),
        "inputs_bytes": written,
        "read_ms": {name: round(1_000 * min(times), 2) for name, times in reading.items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intents", type=int, nargs="+", default=[1_000, 4_000])
    parser.add_argument("--markets", type=int, default=4)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = [measured(intents, options.markets, options.runs) for intents in options.intents]
    if options.json:
        print(json.dumps(report))
        return 0
    for found in report:
        record = ", ".join(f"{name} {ms}" for name, ms in found["record_ms"].items())
        print(f"{found['intents']} intents, {found['filled']} filled: settling {found['settle_ms']} ms")
        print(f"  recording: {record} ms; {found['share']} of settling; {found['inputs_bytes']} bytes of inputs")
        print("  reading:   " + ", ".join(f"{name} {ms}" for name, ms in found["read_ms"].items()) + " ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
