"""``python -m tests.vectors [DIR]``: how many reference vectors hold, file by file. Exit 1 if any fails."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

import tests.vectors as package
from tests.shared import SHARED
from tests.vectors.registry import CaseResult, Checker, checker_for, run

#: Failures shown per file before the rest is only counted.
MAX_SHOWN: Final = 5


def main(arguments: list[str]) -> int:
    root = Path(arguments[0]) if arguments else SHARED / "vectors"
    if not root.is_dir():
        print(f"no vectors at {root}: name their folder, or set WALRAS_SHARED", file=sys.stderr)
        return 2
    for module in iter_modules(package.__path__):
        if module.name != "__main__":
            import_module(f"{package.__name__}.{module.name}")

    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.json"))
    width = max(map(len, files), default=0)
    print(f"{'file':{width}}  passed  total")
    passed = total = 0
    failed: list[tuple[str, CaseResult]] = []
    uncovered = 0
    for file in files:
        checker = checker_for(file)
        if checker is None:
            print(f"{file:{width}}  not covered")
            uncovered += 1
            continue
        results = _results(checker, root / file)
        good = sum(result.ok for result in results)
        print(f"{file:{width}}  {good:6}  {len(results):5}", flush=True)
        bad = [result for result in results if not result.ok]
        failed += [(file, result) for result in bad[:MAX_SHOWN]]
        passed, total = passed + good, total + len(results)
    print(f"{'all':{width}}  {passed:6}  {total:5}  ({uncovered} files not covered)")
    for file, result in failed:
        print(f"failed: {file}: {result.name}: {result.detail}", file=sys.stderr)
    return 1 if passed < total else 0


def _results(checker: Checker, path: Path) -> list[CaseResult]:
    """All results of one file; one that cannot even be read is one failed case."""
    results: list[CaseResult] = []
    try:
        results.extend(run(case) for case in checker(path))
    except Exception as error:  # the file is not what its checker knows
        results.append(CaseResult("reading the file", False, f"{type(error).__name__}: {error}"))
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
