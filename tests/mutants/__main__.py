"""Applies each mutant to a copy of the tree and runs what should kill it; prints which test did.

    python -m tests.mutants [--seeds N] [NAME …]

First the directed tests, then, where they pass, ``--seeds`` worlds of the fault campaign. Exit code 1 when a
mutant survives both.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.mutants.catalogue import MUTANTS, Mutant

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("intents", "liquidity", "settlement", "solver", "scenarios", "node", "sim", "tests")
DIRECTED: Final = (
    "tests/unit/node",
    "tests/unit/settlement/test_ledger_tree.py",
    "tests/unit/settlement/test_ledger_execute.py",
)
CAMPAIGN: Final = """
import sys
from sim.campaign import run_world
for seed in range(int(sys.argv[1])):
    world = run_world(seed)
    if world.violations:
        print(f"seed {seed}: {world.violations[0].kind}")
        raise SystemExit(1)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    survived = 0
    for mutant in MUTANTS:
        if options.names and not any(name in mutant.name for name in options.names):
            continue
        killer = killed_by(mutant, options.seeds)
        survived += killer is None
        print(f"| {mutant.name} | `{mutant.file}` | {killer or '**survives**'} |", flush=True)
    return 1 if survived else 0


def killed_by(mutant: Mutant, seeds: int) -> str | None:
    """The first test or seed that fails on the mutant."""
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        for room in ROOMS:
            shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        apply(mutant, tree)
        run = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *DIRECTED]
        tests = subprocess.run(run, cwd=tree, capture_output=True, text=True, timeout=300, check=False)
        if tests.returncode:
            found = re.search(r"^(?:FAILED|ERROR) \S*?([^/:]+)\.py(?:::(\w+))?", tests.stdout, re.MULTILINE)
            return f"`{found[2] or found[1]}`" if found else "the suite"
        campaign = [sys.executable, "-c", CAMPAIGN, str(seeds)]
        try:
            worlds = subprocess.run(campaign, cwd=tree, capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            return "campaign: no end"
        if worlds.returncode:
            said = (worlds.stdout or worlds.stderr).strip().splitlines()
            return f"campaign, {said[-1]}" if said else "campaign"
    return None


def apply(mutant: Mutant, tree: Path) -> None:
    """Raises ``SystemExit`` where the text is not there exactly once: the catalogue must follow the code."""
    file = tree / mutant.file
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: {text.count(mutant.old)} places in {mutant.file}, expected 1")
    file.write_text(text.replace(mutant.old, mutant.new))


if __name__ == "__main__":
    sys.exit(main())
