"""Which checker reads which vector file, and how a case is run.

A checker yields the cases of one file lazily: a name and a function that raises when the vector does
not hold. The counter runs all and counts; pytest runs each as a test of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.shared import SHARED


@dataclass(frozen=True, slots=True)
class Case:
    """``check`` returns when the vector holds and raises when it does not."""

    name: str
    check: Callable[[], None]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that speaks of something not built here: said, not counted."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    name: str
    ok: bool
    detail: str = ""


Checker = Callable[[Path], Iterator[Case | LeftOut]]

_CHECKERS: Final[dict[str, Checker]] = {}


def covers(*files: str) -> Callable[[Checker], Checker]:
    """Register a checker for files, named relative to the vectors' folder; ``*`` in the last part only."""

    def register(checker: Checker) -> Checker:
        for file in files:
            if file in _CHECKERS:
                raise KeyError(f"{file} has a checker already")
            _CHECKERS[file] = checker
        return checker

    return register


def checkers() -> Mapping[str, Checker]:
    return _CHECKERS


def checker_for(file: str) -> Checker | None:
    """The checker of ``file``, by its name or by a pattern that matches it."""
    exact = _CHECKERS.get(file)
    if exact is not None:
        return exact
    matches = (checker for pattern, checker in _CHECKERS.items() if Path(file).match(pattern))
    return next(matches, None)


def run(case: Case) -> CaseResult:
    """Run one case. Whatever it raises is the failure, named by type and text."""
    try:
        case.check()
    except Exception as error:  # a vector that fails in any way is counted, never hidden
        return CaseResult(case.name, False, f"{type(error).__name__}: {error}")
    return CaseResult(case.name, True)


def same(name: str, got: object, expected: object) -> None:
    """Raise naming both unless they are equal."""
    if got != expected:
        raise AssertionError(f"{name}: got {got}, expected {expected}")


def load(path: Path) -> Any:
    """The JSON document of a vector file, decimals as written."""
    with path.open(encoding="utf-8") as file:
        return json.load(file, parse_float=str)


def parametrized(*patterns: str) -> pytest.MarkDecorator:
    """``@parametrized("venues/x.json")``: one test per case, argument ``case``; skips without the files."""
    root = SHARED / "vectors"
    params = []
    for pattern in patterns:
        checker = _CHECKERS[pattern]
        for path in sorted(root.glob(pattern)):
            cases = (case for case in checker(path) if isinstance(case, Case))
            params += [pytest.param(case, id=f"{path.stem}-{case.name}") for case in cases]
    if not params:
        reason = f"reference data {', '.join(patterns)} is not beside this checkout (set WALRAS_SHARED)"
        params = [pytest.param(None, id="absent", marks=pytest.mark.skip(reason=reason))]
    return pytest.mark.parametrize("case", params)
