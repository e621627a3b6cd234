"""Code whose results must repeat draws on nothing that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    ],
)
def test_the_lint_lets_pass(source: str) -> None:
    """Asking, counting and sorting say nothing of order."""
    assert check(source, "x.py") == []
