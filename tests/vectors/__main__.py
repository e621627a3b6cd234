"""``python -m tests.vectors [DIR]``: how many reference vectors hold, file by file. Exit 1 if any fails."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

import tests.vectors as package
from tests.shared import SHARED
from tests.vectors.registry import CaseResult, Checker, LeftOut, checker_for, run

#: Failures shown per file before the rest is only counted.
MAX_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    results: tuple[CaseResult, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def passed(self) -> int:
        return sum(result.ok for result in self.results)

    @property
    def failed(self) -> list[CaseResult]:
        return [result for result in self.results if not result.ok]

    @property
    def note(self) -> str:
        """Why rows were left out, each reason with its count."""
        reasons = Counter(row.reason for row in self.left_out)
        return "; ".join(f"{count} left out: {reason}" for reason, count in sorted(reasons.items()))


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
    outcomes: dict[str, Outcome] = {}
    for file in files:
        checker = checker_for(file)
        if checker is None:
            print(f"{file:{width}}       -      -  not covered")
            continue
        outcome = outcomes[file] = examine(checker, root / file)
        print(f"{file:{width}}  {outcome.passed:6}  {len(outcome.results):5}  {outcome.note}".rstrip(), flush=True)

    passed = sum(outcome.passed for outcome in outcomes.values())
    total = sum(len(outcome.results) for outcome in outcomes.values())
    print(f"{'all':{width}}  {passed:6}  {total:5}  {len(files) - len(outcomes)} files not covered")
    for file, outcome in outcomes.items():
        for result in outcome.failed[:MAX_SHOWN]:
            print(f"failed: {file}: {result.name}: {result.detail}", file=sys.stderr)
    return 1 if passed < total else 0


def examine(checker: Checker, path: Path) -> Outcome:
    """Run every case of one file; a file that cannot even be read is one failed case."""
    results: list[CaseResult] = []
    left_out: list[LeftOut] = []
    try:
        for case in checker(path):
            if isinstance(case, LeftOut):
                left_out.append(case)
            else:
                results.append(run(case))
    except Exception as error:  # the file is not what its checker knows
        results.append(CaseResult("reading the file", False, f"{type(error).__name__}: {error}"))
    return Outcome(tuple(results), tuple(left_out))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
