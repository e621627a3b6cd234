"""How soon the flagship has an answer, how it improves until the deadline, and whether it repeats itself.

``python -m benchmarks.anytime [--deadline S …] [--work N] [--auction FILE …] [WORLD …]`` prints per auction and
deadline when the first bid came, as a share of the deadline, and what the bids standing at 5, 25, 50 and 100 % of
it are worth together, recomputed by the verifier. With ``--work`` every auction is then solved within so many
units of work in two processes, which hash text differently and of which one shares its core with a busy loop:
their bids must be the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from intents.auction import Auction
from node.inputs import read_auction
from scenarios.catalog import find, shipped
from scenarios.generate import generate
from settlement.greedy import alone
from settlement.mechanism import bid_of
from settlement.settle import judge
from settlement.solution import Solution
from settlement.solution_codec import encode_solution
from settlement.verify import Verifier
from solver.protocol import Deadline
from solver.registry import built_in

WHOLE = 10**18
MARKS = (0.05, 0.25, 0.5, 1.0)
ROOT = Path(__file__).resolve().parents[1]


def load(source: str) -> Auction:
    """A file, or the first batch of a shipped world."""
    return read_auction(source).auction if source.endswith(".json") else generate(find(source), 1)


def curve(auction: Auction, deadline_s: float) -> str:
    """One line: the share of the deadline until the first bid, and scores at the marks."""
    verifier = Verifier(auction)
    solver = built_in("walras")  # hosts import a solver before the clock starts
    started = time.perf_counter()
    answers = solver.solve(auction, Deadline.after(deadline_s))
    came: list[tuple[float, Solution]] = [(time.perf_counter() - started, solution) for solution in answers]
    if not came:
        return "nothing to offer"
    scores = []
    for mark in MARKS:
        standing = {solution.id: solution for at, solution in came if at <= mark * deadline_s}
        passed, _ = judge(verifier, standing.values())
        scores.append(alone([bid_of(item) for item in passed], auction.seed) / WHOLE)
    first = came[0][0]
    last = came[-1][0]
    values = " ".join(f"{score:10.4f}" for score in scores)
    return f"{first:7.3f} {first / deadline_s:6.1%} {values} {last:8.3f}"


def digest(source: str, work: int) -> str:
    """A hash over the bytes of every bid, in the order in which they come."""
    found = hashlib.sha256()
    for solution in built_in("walras").solve(load(source), Deadline.work(work)):
        found.update(encode_solution(solution))
    return found.hexdigest()


def digests(source: str, work: int) -> set[str]:
    """The digests of two processes, the second beside a busy loop."""
    found = set()
    for hash_seed, busy in (("0", False), ("1", True)):
        load_beside = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
        try:
            command = [sys.executable, "-m", "benchmarks.anytime", "--digest", source, "--work", str(work)]
            environment = os.environ | {"PYTHONHASHSEED": hash_seed}
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            found.add(done.stdout.strip())
        finally:
            if load_beside is not None:
                load_beside.kill()
                load_beside.wait()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("worlds", nargs="*")
    parser.add_argument("--auction", action="append", default=[], help="an auction's file")
    parser.add_argument("--deadline", action="append", type=float, help="seconds (default: 2 and 8)")
    parser.add_argument("--work", type=int, default=0, help="units of work, to compare two processes")
    parser.add_argument("--digest", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.digest:
        print(digest(given.digest, given.work))
        return
    sources = [str(Path(path).resolve()) for path in given.auction] + given.worlds
    sources = sources or [world.name for world in shipped()]
    marks = " ".join(f"{f'at {mark:.0%}':>10}" for mark in MARKS)
    print(f"{'auction':24} {'deadline':>8} {'first':>7} {'share':>6} {marks} {'last':>8}")
    for source in sources:
        auction = load(source)
        for deadline_s in given.deadline or (2.0, 8.0):
            print(f"{auction.name:24} {deadline_s:8.2f} {curve(auction, deadline_s)}", flush=True)
        if given.work:
            found = digests(source, given.work)
            same = f"same bytes twice, {min(found)[:16]}" if len(found) == 1 else "DIFFERENT bytes"
            print(f"{auction.name:24} {given.work} units of work: {same}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
