"""Within a budget of work the flagship gives the same bytes again: other processes, other hashes, other load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scenarios.catalog import find
from scenarios.generate import generate
from settlement.settle import judge
from settlement.verify import Verifier
from solver.flagship import Walras
from solver.protocol import Deadline

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import hashlib
from scenarios.catalog import find
from scenarios.generate import generate
from settlement.solution_codec import encode_solution
from solver.flagship import Walras
from solver.protocol import Deadline

for world in ("fill-or-kill", "stablecoins"):
    auction = generate(find(world), 2)
    digest, count = hashlib.sha256(), 0
    for solution in Walras().solve(auction, Deadline.work(200_000, seed=5)):
        digest.update(encode_solution(solution))
        count += 1
    print(world, count, digest.hexdigest())
"""


def answers(hash_seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_the_same_bytes_in_two_processes_one_of_them_under_load() -> None:
    """The second run shares its cores with busy loops and hashes text differently."""
    first = answers("0")
    beside = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        second = answers("1")
    finally:
        for process in beside:
            process.kill()
            process.wait()
    assert first == second
    assert all(int(line.split()[1]) > 1 for line in first)


def test_more_work_is_never_worth_less_at_the_end() -> None:
    """A run with a larger budget goes on improving: here it ends with a better batch, lawful as the other."""
    auction = generate(find("fill-or-kill"), 2)
    verifier = Verifier(auction)
    best = []
    for units in (20_000, 600_000):
        last = {solution.id: solution for solution in Walras().solve(auction, Deadline.work(units))}
        passed, refused = judge(verifier, last.values())
        assert not refused
        best.append(max(item.score.net for item in passed))
    assert best[0] < best[1]


def test_no_work_at_all_is_no_error() -> None:
    """A budget already spent, or a deadline already past, gives nothing or something lawful."""
    auction = generate(find("sparse"), 1)
    for deadline in (Deadline.work(0), Deadline.after(-1.0)):
        _, refused = judge(Verifier(auction), list(Walras().solve(auction, deadline)))
        assert not refused
