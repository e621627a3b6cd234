"""``kill -9`` of a real node under load, again and again: nothing acknowledged may be lost, nothing contradicted.

``python -m benchmarks.kills [--kills N] [--seed S] [--json]`` runs a single-node process (Ed25519 validator,
SQLite store, its own solver), feeds it signed intents as fast as it takes them, and kills it at a random moment:
while it recovers, admits, votes, decides or settles. Before each restart a copy of its files is audited: every
acknowledged intent waits or is in a decided block; the store opens sound; the journal rebuilds the state; nothing
was signed twice in two forms; the solver's bond is whole. One life in ten is a fresh ``python``, the others are
forks of a process that has done its imports. Every second life commits each step of its agreement by itself.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from benchmarks.single_node import world
from benchmarks.single_node.audit import Audit
from benchmarks.single_node.process import NodeProcess
from intents.signing import SigningKey
from node.chain.tables import TABLES
from node.embedded.folder import STORE
from node.storage.store import Store
from settlement.ledger.accounts import bond_of
from settlement.ledger.books import BALANCES
from settlement.ledger.reconcile import reconcile
from settlement.ledger.state import State
from solver.registry import built_in

WINDOWS = "20,40,20"
#: Kills of one node; then its journal is reconciled from genesis and another begins.
KILLS_PER_NODE = 50
#: One life in so many is a new interpreter.
FRESH_EVERY = 10
LONGEST_S = 0.4


@dataclass
class Result:
    """``problems`` by kind; times in seconds of wall clock."""

    kills: int = 0
    nodes: int = 0
    acknowledged: int = 0
    refused: int = 0
    heights: int = 0
    messages: int = 0
    killed_before_ready: int = 0
    died_by_themselves: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    ready_fork_s: list[float] = field(default_factory=list)
    ready_fresh_s: list[float] = field(default_factory=list)
    seconds: float = 0.0


def campaign(kills: int, seed: int, folder: Path, *, fresh_every: int = FRESH_EVERY) -> Result:
    """So many kills, of as many nodes as that takes, in ``folder``."""
    result, rng, started = Result(), Random(seed), time.monotonic()
    built_in("baseline")  # its imports, before any fork
    gc.collect()
    gc.freeze()
    try:
        while result.kills < kills:
            count = min(KILLS_PER_NODE, kills - result.kills)
            _one_node(result, rng, folder / f"node{result.nodes}", count, fresh_every)
            result.nodes += 1
    finally:
        gc.unfreeze()
    result.seconds = time.monotonic() - started
    return result


def _one_node(result: Result, rng: Random, folder: Path, kills: int, fresh_every: int) -> None:
    world.make(folder)
    audit, minter = Audit(folder / "copy"), world.Minter(Random(rng.random()))
    options = ["--windows", WINDOWS, "--tell", "--solver", "baseline", "--in-thread"]
    for _ in range(kills):
        result.kills += 1
        fresh = fresh_every > 0 and result.kills % fresh_every == 0
        steps = ["--one-by-one"] if result.kills % 2 else []
        process = NodeProcess(folder, [*options, *steps], forked=not fresh)
        if rng.random() < 0.15:
            lasted = process.run(rng.random() * (0.5 if fresh else 0.05), list)
        else:
            process.until(lambda process=process: process.ready is not None, 60.0)  # type: ignore[misc]
            lasted = process.run(rng.random() * LONGEST_S, lambda: minter.items(16, audit.auction))
        process.kill()
        _count(result, audit, process, lasted, fresh)
        audit.check(folder)
    _settle_up(result, audit, folder, options)


def _count(result: Result, audit: Audit, process: NodeProcess, lasted: bool, fresh: bool) -> None:
    if process.ready is None:
        result.killed_before_ready += 1
    else:
        (result.ready_fresh_s if fresh else result.ready_fork_s).append(process.ready_after_s)
    result.died_by_themselves += not lasted
    result.acknowledged += len(process.durable)
    result.refused += len(process.refused)
    result.messages += len(process.said)
    audit.acknowledged([process.items[number] for number in sorted(process.durable)])
    for message in process.said:
        audit.said(message)


def _settle_up(result: Result, audit: Audit, folder: Path, options: list[str]) -> None:
    """A last life that ends in good order; then everything from the beginning."""
    process = NodeProcess(folder, options, forked=True)
    process.until(lambda: process.ready is not None, 60.0)
    lasted = process.run(0.1, list)
    status = process.close()
    _count(result, audit, process, lasted and status == 0, fresh=False)
    audit.check(folder)
    with Store(folder / STORE, None) as store:
        faults = list(reconcile(State(TABLES), store.journal(), store.entries()))
        audit.problems += [("corrupt", f"{fault.where}: {fault.kept}, not {fault.journal}") for fault in faults]
        solver = b"\0" + SigningKey.from_seed(world.SOLVER).public
        bond = store.load().rows(BALANCES).get((bond_of(solver), world.A), 0)
        if bond != world.BOND:
            audit.problems.append(("bond", f"{bond}, not {world.BOND}"))
        result.heights += store.height() + 1
    for kind, _ in audit.problems:
        result.problems[kind] = result.problems.get(kind, 0) + 1
    result.told += [f"node {result.nodes}: {kind}: {detail}" for kind, detail in audit.problems[:10]]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        result = campaign(options.kills, options.seed, Path(folder))
    report = {**asdict(result), "ready_fork_s": _spread(result.ready_fork_s)}
    report["ready_fresh_s"] = _spread(result.ready_fresh_s)
    if options.json:
        print(json.dumps(report))
    else:
        print("\n".join(f"{name:20} {value}" for name, value in report.items()))
    bad = bool(result.problems) or bool(result.died_by_themselves)
    print("FAILED" if bad else "0 lost, 0 corrupt, 0 contradictions", file=sys.stderr)
    return 1 if bad else 0


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    return {"median": round(ordered[len(ordered) // 2], 3), "worst": round(ordered[-1], 3)}


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(sys.argv[1:]))
