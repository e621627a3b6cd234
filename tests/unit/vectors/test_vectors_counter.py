"""The vector counter: what it prints, what it says of failures, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vectors.__main__ import main
from tests.vectors.registry import Case, checker_for, covers, same

ABIDES = "venues/order_book_abides.json"


def write_book(root: Path, resting: int) -> None:
    """One sequence of one order, claiming that ``resting`` lots rest."""
    sequence = {
        "seed": 7,
        "ops": [["limit", 1, "B", 3, 100, []]],
        "l2_bids": [[100, resting]],
        "l2_asks": [],
        "l3_bids": [[100, [resting]]],
        "l3_asks": [],
    }
    path = root / ABIDES
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"sequences": [sequence]}))


def test_vectors_that_hold_are_counted_and_exit_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, passed, total; a file nobody checks is listed as not covered."""
    write_book(tmp_path, 3)
    (tmp_path / "unknown.json").write_text("{}")
    assert main([str(tmp_path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["file", "passed", "total"]
    assert lines[1] == ["unknown.json", "-", "-", "not", "covered"]
    assert lines[2] == [ABIDES, "1", "1"]
    assert lines[3][:3] == ["all", "1", "1"]


def test_a_vector_that_fails_is_named_with_both_values_and_exits_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The book holds three lots, the file says four."""
    write_book(tmp_path, 4)
    assert main([str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].split() == [ABIDES, "0", "1"]
    assert "seed 7: AssertionError: l2 bids: got [[100, 3]], expected [[100, 4]]" in shown.err


def test_a_file_its_checker_cannot_read_is_one_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Truncated JSON under a known name."""
    write_book(tmp_path, 3)
    (tmp_path / ABIDES).write_text('{"sequences": [')
    assert main([str(tmp_path)]) == 1
    assert "reading the file: JSONDecodeError" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Said on standard error, exit code 2."""
    assert main([str(tmp_path / "absent")]) == 2
    assert "no vectors at" in capsys.readouterr().err


def test_a_pattern_covers_the_files_of_its_folder() -> None:
    """Exact names and patterns find their checker, others none; no file has two."""
    assert checker_for(ABIDES) is not None
    assert checker_for("venues/other.json") is None
    with pytest.raises(KeyError):
        covers(ABIDES)(lambda path: iter(()))


def test_equality_is_stated_with_both_values() -> None:
    """What a checker raises reads as a sentence."""
    same("amount", 1, 1)
    with pytest.raises(AssertionError, match="amount: got 1, expected 2"):
        Case("x", lambda: same("amount", 1, 2)).check()
