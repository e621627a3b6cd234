"""The power is cut, un-synchronised data is lost: nothing that was committed may be.

``python -m benchmarks.power_loss [--crashes N] [--seed S] [--json]`` runs the node's own store over a disk in
memory that keeps, when the power goes, what was synchronised and a random part of the rest, sectors torn and out
of order. The store does what a node asked of it over several auctions; the power goes after a random number of
reads, writes and synchronisations, also while a store is made, recovers or works its log into the file. Then it is
opened anew and must hold exactly what the last acknowledged step left, or the one that was under way.

The same with ``synchronous=NORMAL`` is the control: it must lose acknowledged data, or the test could not tell.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from benchmarks.single_node import world
from benchmarks.single_node.script import Kept, Step, kept, recorded
from benchmarks.single_node.sqlite_on_volume import VolumeDisk
from benchmarks.single_node.volume import Volume
from intents.errors import WalrasError
from node.embedded.performing import Performer
from node.storage.store import Store
from settlement.ledger.state import State

PATH = Path("/node.sqlite")
#: Reads, writes and synchronisations from one power cut to the next, at most.
LONGEST = 1500


@dataclass
class Result:
    """``lost``: crashes after which acknowledged data was missing; ``corrupt``: after which the store did not
    open, or held what no step left."""

    synchronous: str
    crashes: int = 0
    steps: int = 0
    lost: int = 0
    corrupt: int = 0
    while_opening: int = 0
    told: list[str] = field(default_factory=list)
    seconds: float = 0.0


def campaign(crashes: int, seed: int, synchronous: str = "FULL", steps: list[Step] | None = None) -> Result:
    """So many power cuts; a store whose data was lost is not used on."""
    result, rng, started = Result(synchronous), Random(seed), time.monotonic()
    script = recorded(4, seed) if steps is None else steps
    first = world.first()
    while result.crashes < crashes:
        _life_of_a_store(result, crashes, rng, script, first)
    result.seconds = time.monotonic() - started
    return result


def _life_of_a_store(result: Result, crashes: int, rng: Random, script: list[Step], first: State) -> None:
    """From nothing to the script's end, through as many crashes as come in between."""
    volume, done = Volume(), -1
    while result.crashes < crashes:
        volume.rng = Random(rng.random())
        volume.cut_after = rng.randrange(1, LONGEST)
        reached, opened = _until_cut(volume, script, done, result, rng, first)
        if volume.survivor is None:
            return
        result.crashes += 1
        result.while_opening += not opened
        volume = volume.survivor
        found = _found(volume, script, reached, result, first)
        if found is None:
            return
        done = found


def _until_cut(
    volume: Volume, script: list[Step], done: int, result: Result, rng: Random, first: State
) -> tuple[int, bool]:
    """Go on from step ``done``; returns the last step acknowledged before the power went, and whether the store
    was open by then."""
    with Store(PATH, first, VolumeDisk(volume)) as store:
        if volume.is_off():
            return done, False
        done = max(done, 0)
        store.pragma(f"synchronous={result.synchronous}")
        store.pragma(f"wal_autocheckpoint={rng.choice((8, 40, 1000))}")
        performer = Performer(store)
        for number in range(done + 1, len(script)):
            performer.write(script[number].effects, script[number].stale)
            if volume.is_off():
                return done, True
            done = number
            result.steps += 1
        return done, True


def _found(volume: Volume, script: list[Step], reached: int, result: Result, first: State) -> int | None:
    """The step the store is at now; ``None`` where it is at none that it may be at."""
    try:
        # The look itself must not mend anything.
        copy = Volume({name: type(file)(bytearray(file.now)) for name, file in volume.files.items()})
        with Store(PATH, first, VolumeDisk(copy)) as store:
            now = kept(store)
    except WalrasError as error:
        lost = "number of commits" in str(error)
        result.lost += lost
        result.corrupt += not lost
        result.told.append(f"crash {result.crashes}: {error}")
        return None
    for number in (reached + 1, reached):
        if 0 <= number < len(script) and script[number].after == now:
            return number
    if reached < 0 and now == script[0].after:
        return 0
    earlier = any(step.after == now for step in script[: max(reached, 0)])
    result.lost += earlier
    result.corrupt += not earlier
    result.told.append(f"crash {result.crashes}: after step {reached}: {_differences(script[reached].after, now)}")
    return None


def _differences(expected: Kept, found: Kept) -> str:
    return (
        f"height {found.height} for {expected.height}, {len(found.items)} items for {len(expected.items)}, "
        f"{len(found.log)} records for {len(expected.log)}"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--crashes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    results = [campaign(options.crashes, options.seed, mode) for mode in ("FULL", "NORMAL")]
    for result in results:
        result.told = result.told[:3]
        print(json.dumps(asdict(result)) if options.json else _line(result))
    full, control = results
    sound = not full.lost and not full.corrupt and control.lost > 0
    print("as it must be" if sound else "FAILED", file=sys.stderr)
    return 0 if sound else 1


def _line(result: Result) -> str:
    return (
        f"synchronous={result.synchronous:6} {result.crashes} crashes ({result.while_opening} while opening), "
        f"{result.steps} steps, {result.lost} lost, {result.corrupt} corrupt, "
        f"{result.crashes / result.seconds:.0f} crashes/s\n" + "\n".join(result.told)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
