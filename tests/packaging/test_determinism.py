"""Code whose results must repeat draws on nothing that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging import float_sums
from tests.packaging.determinism import check, lint

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_that_must_repeat_depends_on_time_chance_or_order() -> None:
    """The agreed rooms and the simulator pass the lint."""
    assert [str(found) for found in lint(ROOT)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from datetime import datetime\nx = datetime.now()",
        "from random import choice",
        "import random\nx = random.random()",
        "from random import Random\nx = Random()",
        "import os\nx = os.urandom(8)",
        "def f(a):\n    return hash(a)",
        "def f(a):\n    return id(a)",
        "import time\nclass A:\n    def __hash__(self):\n        return time.time_ns()",
        "def f(a):\n    for x in {1, 2}:\n        print(x)",
        "def f(a):\n    s = set(a)\n    return [x for x in s]",
        "def f(s: set[int]):\n    return list(s)",
        "def f(s: frozenset[int], t):\n    return (*(s - t), 1)",
        "class A:\n    s: set[int]\n    def f(self):\n        for x in self.s: ...",
    ],
)
def test_the_lint_notices(source: str) -> None:
    """Each of these would differ between processes or machines."""
    assert check(source, "x.py")


@pytest.mark.parametrize(
    "source",
    [
        "from random import Random\nx = Random(7)",
        "def f(s: set[int]):\n    return sorted(s), len(s), 3 in s, max(s)",
        "def f(a):\n    s = set(a)\n    return any(x > 3 for x in s)",
        "def f(a):\n    return {x + 1 for x in set(a)}",
        "def f(d):\n    for x in d.keys(): ...",
        "class A:\n    def __hash__(self):\n        return hash(self.key)",
    ],
)
def test_the_lint_lets_pass(source: str) -> None:
    """Asking, counting and sorting say nothing of order."""
    assert check(source, "x.py") == []


def test_floats_are_added_up_exactly() -> None:
    """No sum whose last digits depend on the version of Python, as far as files tell."""
    assert [str(found) for found in float_sums.lint(ROOT)] == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def f(a: float, b: int):\n    return sum(a * x for x in range(b))", True),
        ("def f(a: Sequence[float]):\n    return sum(a)", True),
        ("def f(a: Mapping[str, float]):\n    return sum(x for x in a.values())", True),
        ("def f(a: tuple[Sequence[float], Sequence[float]]):\n    return sum(a[0])", True),
        ("def f(a):\n    return sum(x / 2 for x in a)", True),
        ("def f(a):\n    return sum(float(x) for x in a)", True),
        ("class A:\n    s: list[float]\n    def f(self):\n        return sum(self.s)", True),
        ("def f(a: Mapping[float, int]):\n    return sum(a.values())", False),
        ("def f(a: float, b: list[int]):\n    return sum(x > a for x in b)", False),
        ("def f(a: list[float]):\n    return math.fsum(a)", False),
    ],
)
def test_sums_of_floats_are_noticed(source: str, told: bool) -> None:
    """By what is written in the function or class."""
    assert bool(float_sums.check(source, "x.py")) is told
