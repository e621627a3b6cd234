"""One hosted run of a solver, and that it leaves nothing behind: for the tests of hosting."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from intents.auction_codec import encode_auction
from solver.host import host
from solver.limits import Limits
from solver.outcome import SolverRun
from solver.spec import SolverSpec
from tests.hostile import children
from tests.solver_worlds import auction, pool, swap

AUCTION = encode_auction(auction([swap(1, "A", 10**6, "B", 9 * 10**5)], [pool("p", "A", 10**12, "B", 10**12)]))

#: No speed test: far more than a noisy machine needs, far less than a hung solver would take.
MARGIN_S = 5.0

DEADLINE_S = 0.4


@contextmanager
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What runs within must leave neither a process nor a scratch folder."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = children()
    yield
    assert children() <= before
    assert list(scratch.iterdir()) == []


async def run(spec: SolverSpec, seconds: float = DEADLINE_S, limits: Limits | None = None) -> SolverRun:
    """One hosted run, which must not outlast its deadline by much."""
    async with host(spec, limits) as hosted:
        await hosted.start()
        started = trio.current_time()
        found = await hosted.solve(AUCTION, seconds)
        assert trio.current_time() - started < seconds + MARGIN_S
    return found
