"""The disk is full, or fails, at the k-th operation: the store says so, writes no more, and holds what it held.

``python -m benchmarks.disk_faults [--upto K] [--seed S] [--json]`` runs the node's own store over a disk in memory
through what a node asked of it over several auctions. Operation k = 1 … K after opening fails, be it a read, a
write (or the disk is full), an fsync or a cut; it alone, or all that change anything from then on. The store must
raise ``DiskFailed`` and refuse to go on; after a restart, with or without a power cut, it must hold what was
acknowledged. A failed fsync is as treacherous as on Linux: what it was to write can be read and is not on the
disk. A fault that SQLite makes good by itself (a checkpoint that it repeats) counts as harmless if what was
acknowledged is there after a power cut.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from random import Random

import apsw

from benchmarks.power_loss import PATH
from benchmarks.single_node import world
from benchmarks.single_node.script import Step, kept, recorded
from benchmarks.single_node.sqlite_on_volume import VolumeDisk
from benchmarks.single_node.volume import Volume
from intents.errors import WalrasError
from node.embedded.performing import Performer
from node.storage.errors import DiskFailed
from node.storage.store import Store
from settlement.ledger.state import State


@dataclass
class Result:
    """``stopped``: the store said ``DiskFailed`` and refused to go on; ``harmless``: nobody noticed, and rightly;
    ``bad``: anything else."""

    points: int = 0
    stopped: int = 0
    harmless: int = 0
    bad: int = 0
    told: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Fault:
    """Operation ``at`` fails, whatever it is; ``full``: for want of room, if it is a write. ``lasting``: and those
    after it that change anything."""

    def __init__(self, at: int, *, full: bool, lasting: bool) -> None:
        self.at, self.full, self.lasting = at, full, lasting
        self.what = ""

    def __call__(self, number: int, operation: str) -> None:
        if number == self.at:
            self.what = operation
        elif number < self.at or not self.lasting or operation == "read":
            return
        if self.full and operation == "write":
            raise apsw.FullError("the disk is full")
        raise apsw.IOError(f"input/output error: {operation}")


def campaign(upto: int, seed: int, script: list[Step] | None = None) -> Result:
    """A fault at each of ``upto`` operations."""
    result, rng, started = Result(), Random(seed), time.monotonic()
    steps = recorded(4, seed) if script is None else script
    first = world.first()
    for at in range(1, upto + 1):
        fault = Fault(at, full=rng.random() < 0.5, lasting=rng.random() < 0.5)
        result.points += 1
        problem = _one(result, steps, fault, rng, first)
        if problem:
            result.bad += 1
            result.told.append(f"{fault.what} at {at}: {problem}")
    result.seconds = time.monotonic() - started
    return result


def _one(result: Result, steps: list[Step], fault: Fault, rng: Random, first: State) -> str:
    """What is wrong afterwards, if anything."""
    volume = Volume()
    volume.rng = Random(rng.random())
    reached, raised = _until_failure(volume, steps, fault, rng, first)
    stopped = bool(raised)
    if "refuse" in raised:
        return raised
    if stopped and rng.random() < 0.5:
        # The process starts again on a system that went on, and works for a while before the power goes.
        reached, again = _until_failure(volume, steps, None, rng, first, reached)
        if again:
            return f"after starting again: {again}"
    survivor = volume.cut()
    try:
        with Store(PATH, first, VolumeDisk(survivor)) as store:
            now = kept(store)
    except WalrasError as error:
        return str(error)
    if not any(now == steps[number].after for number in (reached, reached + 1) if 0 <= number < len(steps)):
        return f"not what step {reached} left: height {now.height}, {len(now.items)} items"
    result.stopped += stopped
    result.harmless += not stopped
    return "" if fault.what else "the fault did not happen: too short a script"


def _until_failure(
    volume: Volume, steps: list[Step], fault: Fault | None, rng: Random, first: State, reached: int = 0
) -> tuple[int, str]:
    """The last step acknowledged, and what was raised, if anything was."""
    store = Store(PATH, first, VolumeDisk(volume))
    try:
        if fault is None:
            # An unacknowledged step may be there nevertheless.
            reached += any(step.after == kept(store) for step in steps[reached + 1 : reached + 2])
        else:
            store.pragma(f"wal_autocheckpoint={rng.choice((8, 40, 1000))}")
            fault.at += volume.operations
            volume.fault = fault
        performer = Performer(store)
        for number in range(reached + 1, len(steps)):
            performer.write(steps[number].effects, steps[number].stale)
            reached = number
    except DiskFailed as error:
        try:
            store.keep([b"one more"])
        except DiskFailed:
            return reached, str(error)
        return reached, "the store did not refuse to go on"
    finally:
        volume.fault = None
        store.close()
    return reached, ""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upto", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = campaign(options.upto, options.seed)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print(
            f"{result.points} faults: {result.stopped} clean stops, {result.harmless} harmless, {result.bad} bad"
        )
        print("\n".join(result.told[:5]))
    return 1 if result.bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
