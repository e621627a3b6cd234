"""Puts each mutant into a copy of the tree and runs the test that should kill it; prints a table of what did.

    python -m tests.mutants [--processes N] [--search] [NAME …]

Those tests must pass without any mutant, which is tried first: one that fails anyway kills nothing. With
``--search`` a mutant that its test lets live is tried against all directed tests. Exit code 1 when one survives.
Random worlds alone: ``python -m tests.mutants.by_campaign``.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Final

from tests.mutants.catalogue import MUTANTS, Mutant

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("intents", "liquidity", "settlement", "solver", "scenarios", "node", "sim", "tests")
DIRECTED: Final = ("tests/unit/node", "tests/unit/settlement", "tests/sim")
#: Seconds after which a test that does not end has noticed too.
PATIENCE_S: Final = 300
#: For all of them, which must pass before.
ALL_PATIENCE_S: Final = 1_800


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--search", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if not options.names or any(name in m.name for name in options.names)]
    survived = 0
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(options.processes) as pool:
        trees: Queue[Path] = Queue()
        for number in range(options.processes):
            trees.put(_copied(Path(directory) / str(number)))
        check_killers(chosen, trees.queue[0])

        def tried(mutant: Mutant) -> str | None:
            tree = trees.get()
            try:
                return killed_by(mutant, tree, search=options.search)
            finally:
                trees.put(tree)

        for mutant, killer in zip(chosen, pool.map(tried, chosen), strict=True):
            survived += killer is None
            print(f"| {mutant.name} | `{mutant.file}` | {killer or '**survives**'} |", flush=True)
    return 1 if survived else 0


def _copied(tree: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def check_killers(mutants: Iterable[Mutant], tree: Path) -> None:
    """Raises ``SystemExit`` where a test that is to kill fails on the tree as it is."""
    failing = _failing(tree, sorted({test for mutant in mutants for test in _named(tree, mutant)}), ALL_PATIENCE_S)
    if failing is not None:
        raise SystemExit(f"{failing} fails without any mutant")


def _named(tree: Path, mutant: Mutant) -> list[str]:
    """The test that should kill it, wherever one of its name is."""
    pattern = re.compile(rf"^def {mutant.killer}\(", re.MULTILINE)
    files = [path for path in sorted((tree / "tests").rglob("test_*.py")) if pattern.search(path.read_text())]
    if not files:
        raise SystemExit(f"{mutant.name}: there is no {mutant.killer}")
    return [f"{path.relative_to(tree)}::{mutant.killer}" for path in files]


def killed_by(mutant: Mutant, tree: Path, *, search: bool) -> str | None:
    """The test that fails on the mutant; the tree is whole again afterwards."""
    file = tree / mutant.file
    whole = file.read_text()
    apply(mutant, tree)
    try:
        return _failing(tree, _named(tree, mutant)) or (_failing(tree, list(DIRECTED)) if search else None)
    finally:
        file.write_text(whole)


def _failing(tree: Path, tests: list[str], patience_s: int = PATIENCE_S) -> str | None:
    """The first of the tests that fails."""
    run = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(run, cwd=tree, capture_output=True, text=True, timeout=patience_s, check=False)
    except subprocess.TimeoutExpired:
        return f"`{tests[0].rpartition('::')[2]}` (no end)"
    if not done.returncode:
        return None
    found = re.search(r"^(?:FAILED|ERROR) \S*?([^/:]+)\.py(?:::(\w+))?", done.stdout, re.MULTILINE)
    # A file that cannot even be read in fails with all its tests.
    return f"`{(found and found[2]) or tests[0].rpartition('::')[2]}`"


def apply(mutant: Mutant, tree: Path) -> None:
    """Raises ``SystemExit`` where the text is not there exactly once: the catalogue must follow the code."""
    file = tree / mutant.file
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: {text.count(mutant.old)} places in {mutant.file}, expected 1")
    file.write_text(text.replace(mutant.old, mutant.new))


if __name__ == "__main__":
    sys.exit(main())
