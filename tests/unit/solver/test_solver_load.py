"""From a spec to a solver object: what a file may look like, and what is told when it is no solver."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from solver.load import NotASolver, load_solver
from solver.protocol import Deadline, Solver
from solver.registry import NAMES
from solver.spec import SolverSpec, SpecKind
from tests.solver_worlds import auction

SOLVE = "    def solve(self, auction, deadline):\n        return []\n"


@pytest.fixture(autouse=True)
def _modules_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker is thrown away with what it imported; a test process is not."""
    monkeypatch.setattr(sys, "path", sys.path.copy())
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("walras_solver_", "beside_me")):
            del sys.modules[name]


def loaded(folder: Path, text: str, name: str = "mine") -> Solver:
    path = folder / f"{name}.py"
    path.write_text(text)
    return load_solver(SolverSpec("label", SpecKind.FILE, str(path)))


@pytest.mark.parametrize("name", NAMES)
def test_built_ins(name: str) -> None:
    """By the spec's target, whatever its label."""
    assert load_solver(SolverSpec("label", SpecKind.BUILT_IN, name)).name == name


def test_an_engine_goes_by_its_label() -> None:
    """The client of an outside engine answers in the name it competes under."""
    assert load_solver(SolverSpec("label", SpecKind.ENGINE, "http://127.0.0.1:9")).name == "label"


@pytest.mark.parametrize(
    "text",
    [
        "class Solver:\n" + SOLVE,
        "class Mine:\n" + SOLVE + "solver = Mine()\n",
        "class Mine:\n" + SOLVE + "solver = Mine\n",
        "class Solver:\n    name = 'other'\n" + SOLVE,
        "class Solver:\n    __slots__ = ()\n" + SOLVE,
        "import types\nsolver = types.SimpleNamespace(solve=lambda auction, deadline: [])\n",
    ],
)
def test_an_object_or_a_class(text: str, tmp_path: Path) -> None:
    """`solver`, or what the class `Solver` makes: either solves."""
    assert list(loaded(tmp_path, text).solve(auction([]), Deadline.after(1.0))) == []


def test_a_solver_without_a_name_takes_the_files(tmp_path: Path) -> None:
    """One that has a name keeps it."""
    assert loaded(tmp_path, "class Solver:\n" + SOLVE).name == "mine"
    assert loaded(tmp_path, "class Solver:\n    name = 'other'\n" + SOLVE, "two").name == "other"


def test_dataclasses_with_postponed_annotations(tmp_path: Path) -> None:
    """The usual head of a modern file works: dataclasses look their own module up."""
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n"
    text += "@dataclass(frozen=True)\nclass Solver:\n    depth: int = 3\n    kind: ClassVar[str] = 'x'\n" + SOLVE
    assert list(loaded(tmp_path, text).solve(auction([]), Deadline.after(1.0))) == []


def test_neighbours_may_be_imported_but_not_in_place_of_ours(tmp_path: Path) -> None:
    """A file beside the solver is found; one that is called like a room of ours is not taken for it."""
    (tmp_path / "beside_me.py").write_text("VALUE = 7\n")
    (tmp_path / "settlement.py").write_text("1 / 0\n")
    text = "import beside_me, settlement.solution\nclass Solver:\n    value = beside_me.VALUE\n" + SOLVE
    assert loaded(tmp_path, text).value == 7  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "defines neither `solver` nor a class `Solver`"),
        ("solver = None\n", "defines neither `solver` nor a class `Solver`"),
        ("solver = 5\n", "`int` has no method solve(auction, deadline)"),
        ("class Solver:\n    solve = 1\n", "`Solver` has no method solve(auction, deadline)"),
        ("class solver: pass\n", "`solver` has no method solve(auction, deadline)"),
    ],
)
def test_what_is_no_solver(text: str, reason: str, tmp_path: Path) -> None:
    """Named by the file, with what it lacks."""
    with pytest.raises(NotASolver) as caught:
        loaded(tmp_path, text)
    assert caught.value.reason == reason
    assert caught.value.where == str(tmp_path / "mine.py")
    assert caught.value.exit_code == 3


def test_a_file_that_is_no_python(tmp_path: Path) -> None:
    """By its name, before anything in it is run."""
    path = tmp_path / "mine.txt"
    path.write_text("class Solver: pass\n")
    with pytest.raises(NotASolver, match="is not a Python file"):
        load_solver(SolverSpec("label", SpecKind.FILE, str(path)))
