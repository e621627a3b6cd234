"""What a run directory says of how to get it again is a command that asks for the same."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from node.cli.compete import compete
from node.cli.competing import ALL_BUILT_IN, Request, command_of


@pytest.mark.parametrize(
    "request_",
    [
        Request(2.0),
        Request(
            0.25, ("naive", "my own=my solver.py", "http://127.0.0.1:8001"), ("sparse", "one-sided"),
            ("a b.json",), batches=3, seed=0, mechanism="exact", jobs=2, memory_mb=512,
        ),
    ],
    ids=["plain", "everything"],
)  # fmt: skip
def test_the_command_asks_for_the_same_once_more(request_: Request) -> None:
    """Read as a shell and ``compete`` read it, with blanks in names, and a seed of 0."""
    program, command, *words = shlex.split(command_of(request_))
    assert (program, command) == ("walras", "compete")
    asked: dict[str, Any] = compete.make_context("compete", words).params
    assert asked["solvers"] + asked["engines"] == (request_.solvers or ALL_BUILT_IN)
    assert (asked["scenarios"], asked["auctions"]) == (request_.scenarios, request_.auctions)
    assert (asked["deadline"], asked["mechanism"]) == (request_.deadline_s, request_.mechanism)
    assert (asked["batches"], asked["seed"]) == (request_.batches, request_.seed)
    assert (asked["jobs"], asked["memory"]) == (request_.jobs, request_.memory_mb)
