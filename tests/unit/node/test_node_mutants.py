"""The catalogue of mutants follows the code, and the documentation follows the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from tests.mutants.catalogue import MUTANTS

ROOT = Path(__file__).resolve().parents[3]


def test_every_mutant_has_its_one_place_in_the_code() -> None:
    """Its text is there once, and what replaces it differs."""
    for mutant in MUTANTS:
        assert (ROOT / mutant.file).read_text().count(mutant.old) == 1, mutant.name
        assert mutant.old != mutant.new
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 25


def test_every_mutant_is_in_the_table_with_a_test_that_exists() -> None:
    """None is said to survive, none is missing, none is gone."""
    rows = re.findall(r"^\| (.+?) \| `(.+?)` \| `(\w+)` \|$", (ROOT / "docs/mutants.md").read_text(), re.MULTILINE)
    assert [(name, file) for name, file, _ in rows] == [(mutant.name, mutant.file) for mutant in MUTANTS]
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)
    }
    assert {killer for *_, killer in rows} | {mutant.killer for mutant in MUTANTS} <= tests
