"""Which mutants random worlds alone notice, after how many, and whether the seed shows the same again.

    python -m tests.mutants.by_campaign [--seeds N] [--first-seed S] [NAME …]

Each mutant is put into a copy of the tree; worlds run there until the first violation, which is then run once more
in a fresh process and must be the same. Prints a table row per mutant. Exit code 1 if a replay differs,
or a mutant is not to be found in the code.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from tests.mutants.__main__ import ROOMS, ROOT, apply
from tests.mutants.catalogue import MUTANTS, Mutant

#: Prints the first world with a violation, as the campaign would tell it, or nothing.
SCRIPT: Final = """
import json, sys
from sim.campaign import run_world
for seed in range(int(sys.argv[1]), int(sys.argv[2])):
    world = run_world(seed)
    if world.violations:
        kinds = [[found.kind, found.detail] for found in world.violations]
        print(json.dumps({"seed": seed, "trace": world.trace, "events": world.events, "violations": kinds}))
        break
"""
#: Seconds after which worlds that do not end are an answer too.
PATIENCE_S: Final = 900


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    wrong = 0
    for mutant in MUTANTS:
        if options.names and not any(name in mutant.name for name in options.names):
            continue
        with tempfile.TemporaryDirectory() as directory:
            try:
                tree = _mutated(mutant, Path(directory))
            except SystemExit as error:
                told, same = f"**not tried**: {error}", False
            else:
                told, same = _first(tree, options.first_seed, options.seeds)
        wrong += not same
        print(f"| {mutant.name} | {told} |", flush=True)
    return 1 if wrong else 0


def _mutated(mutant: Mutant, tree: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    apply(mutant, tree)
    return tree


def _first(tree: Path, first: int, seeds: int) -> tuple[str, bool]:
    """What the campaign says of the tree, and whether the seed it names says so again."""
    try:
        found = _worlds(tree, first, first + seeds)
    except subprocess.TimeoutExpired:
        return "no end", True
    if found is None:
        return f"not within {seeds} worlds", True
    seed = found["seed"]
    kind, detail = found["violations"][0]
    if seed < 0:
        return f"{kind} ({detail})", True
    same = _worlds(tree, seed, seed + 1) == found
    return f"seed {seed}: {kind} ({detail}){'' if same else ', **replay differs**'}", same


def _worlds(tree: Path, first: int, end: int) -> dict[str, Any] | None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(first), str(end)],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if run.returncode:
        said = run.stderr.strip().splitlines()[-1:]
        return {"seed": -1, "violations": [["no world begins", " ".join(said)]]}
    found: dict[str, Any] | None = json.loads(run.stdout) if run.stdout else None
    return found


if __name__ == "__main__":
    sys.exit(main())
