"""Solver files for hosting tests: each a few lines that do one thing, well or badly, in a real process."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

from solver.spec import SolverSpec, SpecKind

_HEAD = """
import os, signal, subprocess, sys, time
from settlement.solution import Solution

def answer(number=0, solver="mine", **more):
    return Solution(solver, number, {}, (), (), **more)

"""


def written(folder: Path, body: str, name: str = "mine") -> SolverSpec:
    """A solver file whose ``solve`` has ``body``; a body with its own ``class Solver`` is taken as is."""
    if "class Solver" not in body:
        lines = dedent(body).strip().splitlines()
        body = "class Solver:\n    def solve(self, auction, deadline):\n" + "".join(
            f"        {x}\n" for x in lines
        )
    path = folder / f"{name}.py"
    path.write_text(_HEAD + dedent(body))
    return SolverSpec(name, SpecKind.FILE, str(path))


def alive(pid: int) -> bool:
    """Whether ``pid`` runs; a killed process that nobody has waited for yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def children() -> set[int]:
    """The processes that this one started and that still run."""
    listed = (path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for text in listed for pid in text.split() if alive(int(pid))}
