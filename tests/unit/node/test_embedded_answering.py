"""A node's own solver: what it has not got through in time is told apart from what it has nothing to offer for."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.embedded.answering import in_process, in_thread
from tests.hostile import written
from tests.solver_worlds import auction, pool, swap

ONE = auction([swap(1, "A", 10**6, "B", 9 * 10**5)], [pool("p", "A", 10**12, "B", 10**12)])

BODIES = {
    "offers": ("return [answer(1)]", [1]),
    "has nothing": ("return []", []),
    "runs on": ("time.sleep(60)", None),
    "fails": ("raise KeyError('no such pool')", None),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_solver_in_a_process_ends_in_one_of_three_ways(name: str, tmp_path: Path) -> None:
    """Answers, nothing, or not got through it: stopped at its deadline, or lost."""
    body, expected = BODIES[name]
    async with in_process(written(tmp_path, body), 5.0 if expected is not None else 0.5) as solving:
        found = await solving(ONE)
    assert (None if found is None else [one.id for one in found]) == expected


async def test_a_solver_in_a_thread_without_time_has_not_got_through() -> None:
    """With time, the same auction has an answer."""
    assert await in_thread("naive", 0.0)(ONE) is None
    found = await in_thread("naive", 30.0)(ONE)
    assert [one.solver for one in found or ()] == ["naive"]
