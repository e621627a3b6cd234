"""Naming competitors: what each kind of name stands for, how it is labelled, and which names are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from intents.errors import UsageError
from settlement.solution import Solution
from settlement.solution_codec import decode_solution, encode_solution
from solver.registry import NAMES
from solver.spec import BUILT_IN, SolverSpec, SpecKind, parse_spec, parse_specs


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text("class Solver: pass\n")
    return path


def test_built_ins_by_their_names() -> None:
    """Each that the registry knows, and no other; a near miss is told."""
    assert set(BUILT_IN) == set(NAMES)
    assert [parse_spec(name) for name in NAMES] == [SolverSpec(name, SpecKind.BUILT_IN, name) for name in NAMES]
    with pytest.raises(UsageError, match='did you mean "baseline"'):
        parse_spec("baselin")
    with pytest.raises(UsageError, match=r"no solver \"\" \(a built-in, a .py file or an http"):
        parse_spec("")


def test_files_by_their_paths(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labelled by the file's name and found from anywhere, since a worker runs in a folder of its own."""
    assert parse_spec(str(file)) == SolverSpec("mine", SpecKind.FILE, str(file))
    monkeypatch.chdir(file.parent)
    assert parse_spec("mine.py") == SolverSpec("mine", SpecKind.FILE, str(file.resolve()))
    (file.parent / "folder.py").mkdir()
    for missing in ("other.py", "folder.py", "x" * 5_000 + ".py", "nul\0.py"):
        with pytest.raises(UsageError, match="no solver file"):
            parse_spec(missing)


def test_engines_by_their_urls() -> None:
    """Labelled by host and port; a password in the URL stays out of the records."""
    assert parse_spec("http://127.0.0.1:8000/solve") == SolverSpec(
        "127.0.0.1:8000", SpecKind.ENGINE, "http://127.0.0.1:8000/solve"
    )
    assert parse_spec("https://Solver.Example").name == "solver.example"
    assert parse_spec("http://user:secret@solver.example:1").name == "solver.example:1"
    assert parse_spec("http://[::1]:80").name == "::1:80"
    for bad in ("http://", "http:///solve", "http://:80"):
        with pytest.raises(UsageError, match="names no host"):
            parse_spec(bad)
    for bad in ("http://[::1", "http://host:port", "http://host:99999"):
        with pytest.raises(UsageError, match="is no URL"):
            parse_spec(bad)


def test_labels(file: Path) -> None:
    """Any competitor can be called something else; what is no label is part of the target."""
    assert parse_spec("first=walras") == SolverSpec("first", SpecKind.BUILT_IN, "walras")
    assert parse_spec(f"own={file}") == SolverSpec("own", SpecKind.FILE, str(file))
    assert parse_spec("them=http://h:1/?a=b") == SolverSpec("them", SpecKind.ENGINE, "http://h:1/?a=b")
    assert parse_spec("http://h:1/?a=b").target == "http://h:1/?a=b"
    for bad in ("two words=walras", "=walras", "x" * 65 + "=walras"):
        with pytest.raises(UsageError, match="no solver"):
            parse_spec(bad)


@pytest.mark.parametrize("stem", ["my solver", "lösung", "a,b;c", "x" * 200, os.fsdecode(b"\xff\xfe"), "…"])
def test_every_label_can_stand_in_a_record(stem: str, tmp_path: Path) -> None:
    """A file may be called anything; what its solver is called can be written and read."""
    path = tmp_path / f"{stem}.py"
    path.write_text("class Solver: pass\n")
    name = parse_spec(str(path)).name
    assert 1 <= len(name) <= 64
    assert decode_solution(encode_solution(Solution(name, 0, {}, ()))).solver == name


def test_no_two_share_a_label(file: Path) -> None:
    """Records would mix them up; a label tells them apart."""
    assert [spec.name for spec in parse_specs(("walras", "again=walras", str(file)))] == [
        "walras",
        "again",
        "mine",
    ]
    with pytest.raises(UsageError, match='two solvers are called "walras"; label one as other=walras'):
        parse_specs(("walras", "rings", "walras"))
    assert parse_specs(()) == ()
