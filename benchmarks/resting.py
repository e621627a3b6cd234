"""What an intent that rests costs a validator in an auction it does not trade in, beside one that comes in.

``python -m benchmarks.resting [--intents N] [--rounds R] [--json]``: N intents come in with one block; nobody
answers, so all of them rest. Prints microseconds of processor time per intent for working out BATCH and SETTLE,
the least of R auctions, and how many entries of the state each block writes.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Sequence

from benchmarks.validator_cost import World
from node.agreement.messages import Seen
from node.chain.app import Applied, ChainApp
from node.chain.genesis import build

PHASES = ("BATCH", "SEAL", "SETTLE")


def measured(intents: int, rounds: int) -> dict[str, object]:
    world = World(intents, 1, 1, seed=1, valid_for=rounds + 2)
    chain = ChainApp(build(world.genesis), lambda key, digest, signature: True)
    for item in world.batches[0]:
        chain.add(item)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    found = [{phase: block(chain) for phase in PHASES} for _ in range(1 + rounds)]
    gc.unfreeze()
    coming, *resting = found
    return {
        "intents": intents,
        "coming_in_us": {phase: round(coming[phase][0] * 1e6 / intents, 1) for phase in PHASES},
        "resting_us": {phase: round(min(one[phase][0] for one in resting) * 1e6 / intents, 1) for phase in PHASES},
        "entries_written_coming_in": {phase: coming[phase][1] for phase in PHASES},
        "entries_written_resting": {phase: resting[-1][phase][1] for phase in PHASES},
    }


def block(chain: ChainApp) -> tuple[float, int]:
    """Seconds to work out the next block, with everything that waits, and the entries it writes."""
    height = chain.height + 1
    said = Seen(height, tuple(sorted(chain.held(height))), 0, bytes(32))
    began = time.process_time()
    data = chain.propose(height, 0, (said,))
    seconds = time.process_time() - began
    assert data is not None
    applied: Applied = chain.apply(height, data)
    return seconds, len(applied.delta)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intents", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = measured(options.intents, options.rounds)
    print(json.dumps(report) if options.json else "\n".join(f"{name}: {value}" for name, value in report.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
