"""The table of Algorithm 1's lines in the documentation names tests that exist, and leaves no line out."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.node import test_agreement_conduct as conduct
from tests.unit.node import test_agreement_patience as patience
from tests.unit.node import test_agreement_proposing as proposing
from tests.unit.node import test_agreement_rounds as rounds
from tests.unit.node import test_agreement_voting as voting

#: All that the table may name.
MODULES = (proposing, voting, rounds, conduct, patience)
RULES = {name: rule for module in MODULES for name, rule in vars(module).items()}
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "agreement.md"


def table() -> list[tuple[range, list[str]]]:
    """Lines and tests of each row."""
    found = []
    for row in re.findall(r"^\| (\d+)(?:–(\d+))? \|.*\| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE):
        first, last, tests = row
        found.append((range(int(first), int(last or first) + 1), re.findall(r"`(test_\w+)`", tests)))
    return found


def test_every_line_from_11_to_67_has_a_row() -> None:
    """Once, in order."""
    assert [line for lines, _ in table() for line in lines] == list(range(11, 68))


def test_every_row_names_tests_that_exist() -> None:
    """One at least."""
    for lines, tests in table():
        assert tests, lines
        for name in tests:
            assert callable(RULES.get(name)), name


def test_every_test_of_a_line_is_in_the_table() -> None:
    """None was forgotten."""
    named = {name for _, tests in table() for name in tests}
    assert {name for name in RULES if name.startswith("test_line_")} <= named
