"""The simple solvers give the same bytes again, in every process: text hashes differently in each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import hashlib
from dataclasses import replace
from scenarios.catalog import shipped
from scenarios.generate import generate
from settlement.solution_codec import encode_solution
from solver.protocol import Deadline
from solver.registry import built_in

for world in shipped():
    auction = generate(replace(world, orders=replace(world.orders, count=24)), 1)
    for name in ("rings", "baseline", "naive"):
        digest, count = hashlib.sha256(), 0
        for solution in built_in(name).solve(auction, Deadline.after(600)):
            digest.update(encode_solution(solution))
            count += 1
        print(world.name, name, count, digest.hexdigest())
"""


def test_the_same_bytes_in_every_process() -> None:
    """Solutions, their order and all in them depend on the auction, not on how Python hashes text."""
    answers = []
    for seed in ("0", "1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        answers.append(done.stdout.splitlines())
    assert answers[0] == answers[1] == answers[2]
    solved = {line.split()[1] for line in answers[0] if line.split()[2] != "0"}
    assert solved == {"rings", "baseline", "naive"}
