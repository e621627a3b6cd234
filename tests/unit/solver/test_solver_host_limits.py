"""Hosting solvers that hang, hoard, print or flood: each is cut off or bounded, and no other is held up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

from settlement.solution import MAX_SOLUTIONS_PER_SOLVER
from solver import host as module
from solver.host import HostedSolver, host
from solver.limits import Limits
from solver.outcome import OutcomeKind, SolverRun
from tests.hostile import written
from tests.hosting import AUCTION, nothing_left, run


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with nothing_left(tmp_path, monkeypatch):
        yield


async def test_a_hung_solver_is_cut_off(tmp_path: Path) -> None:
    """An endless loop is a timeout; what it had yielded before counts, and it is not waited for."""
    empty = await run(written(tmp_path, "while True: pass"))
    assert (empty.kind, empty.stopped, empty.solutions) == (OutcomeKind.TIMEOUT, True, ())
    found = await run(written(tmp_path, "yield answer(1)\nyield answer(2)\nwhile True: pass"), 1.0)
    assert (found.kind, found.stopped) == (OutcomeKind.OK, True)
    assert [item.id for item in found.solutions] == [1, 2]


async def test_signals_do_not_save_it(tmp_path: Path) -> None:
    """Ignoring every signal that can be ignored, it is killed at the deadline like any other."""
    body = """
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        while True: time.sleep(1)
    """
    assert (await run(written(tmp_path, body))).kind is OutcomeKind.TIMEOUT


async def test_memory_is_limited(tmp_path: Path) -> None:
    """Twenty GiB under a limit of one is the solver's crash and nobody else's; a later auction is served."""
    body = """
        yield answer(1)
        if not os.path.exists('again'):
            open('again', 'w').close()
            hog = bytearray(20 << 30)
            yield answer(len(hog))
    """
    async with host(written(tmp_path, body), Limits(memory_mb=1024)) as hosted:
        first = await hosted.solve(AUCTION, 30.0)
        assert (first.kind, first.detail) == (OutcomeKind.OK, "MemoryError: ")
        second = await hosted.solve(AUCTION, 30.0)
    assert (second.kind, second.detail) == (OutcomeKind.OK, "")


async def test_the_kernel_holds_the_limits(tmp_path: Path) -> None:
    """Address space, CPU time and core dumps, as the solver's process sees them."""
    body = """
        import resource
        kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
        limits = [resource.getrlimit(kind)[0] for kind in kinds]
        yield answer(certificate={'limits': limits})
    """
    found = await run(written(tmp_path, body), 10.0, Limits(memory_mb=2048))
    certificate = found.solutions[0].certificate
    assert certificate is not None
    limits = certificate["limits"]
    assert isinstance(limits, list)
    memory, cpu, core = limits
    assert (memory, core) == (2048 << 20, 0)
    assert 10 < cpu < 10 * (os.cpu_count() or 1) + 60


async def test_prints_are_harmless(tmp_path: Path) -> None:
    """Megabytes on stdout and raw bytes on descriptor 1 take nothing from the answer."""
    body = """
        print('x' * 3_000_000, flush=True)
        os.write(1, bytes(range(256)) * 2000)
        sys.stderr.write('y' * 500_000)
        sys.stdout.buffer.write(b'\\xff' * 1000)
        yield answer(1)
    """
    found = await run(written(tmp_path, body), 30.0)
    assert (found.kind, found.detail, len(found.solutions)) == (OutcomeKind.OK, "", 1)


async def test_a_flood_is_bounded(tmp_path: Path) -> None:
    """The first 256 bids count; whoever offers more, or the same one for ever, is stopped."""
    many = await run(written(tmp_path, "for n in range(10**9): yield answer(n)"), 30.0)
    assert many.kind is OutcomeKind.OK
    assert [item.id for item in many.solutions] == list(range(MAX_SOLUTIONS_PER_SOLVER))
    assert many.detail == "offered more than 256 solutions"


async def test_frames_and_bytes_of_one_run_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing one solution over and over ends at a bound, by count and by size; so does a single huge one."""
    monkeypatch.setattr(module, "MAX_FRAMES", 50)
    again = written(tmp_path, "for n in range(10**9): yield answer(0, gas=n)")
    found = await run(again, 30.0)
    assert (found.kind, [item.gas for item in found.solutions]) == (OutcomeKind.OK, [49])
    assert found.detail.startswith("flooded its pipe (51 frames")
    monkeypatch.setattr(module, "MAX_RUN_BYTES", 500)
    assert "flooded its pipe" in (await run(again, 30.0)).detail
    huge = """
        from settlement.solution import Fill
        yield answer(0, certificate={'a': 'x' * 4_190_000})
        yield Solution('s', 1, {}, (Fill(bytes(64), 1),) * 200, certificate={'a': 'x' * 4_190_000})
    """
    monkeypatch.setattr(module, "MAX_RUN_BYTES", 10**9)
    found = await run(written(tmp_path, huge, "huge"), 30.0)
    assert [item.id for item in found.solutions] == [0]
    assert "broke the pipe's protocol (kind 5" in found.detail


async def test_handing_over_can_be_part_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a window does not wait, a slow handing over leaves the solver less, and a tenth at least."""
    load = HostedSolver._load

    async def slow(*arguments: Any) -> None:
        await trio.sleep(1.0)
        await load(*arguments)

    monkeypatch.setattr(HostedSolver, "_load", slow)
    async with host(written(tmp_path, "yield answer(max(0, int(1000 * deadline.remaining_s)))")) as hosted:
        await hosted.start()
        runs = [await hosted.solve(AUCTION, 60.0)]
        runs += [await hosted.solve(AUCTION, seconds, all_in=True) for seconds in (60.0, 1.0)]
    left_ms = [found.solutions[0].id for found in runs]
    assert left_ms[0] > 59_000 >= left_ms[1]
    assert left_ms[2] <= 100


async def test_what_cannot_be_read_is_invalid(tmp_path: Path) -> None:
    """Frames that hold no solution are not a crash: the solver answered, and not one answer could be read."""
    body = """
        sys.modules['__main__'].encode_solution = lambda solution: b'\\x90'
        yield answer(1)
    """
    found = await run(written(tmp_path, body), 30.0)
    assert (found.kind, found.solutions) == (OutcomeKind.INVALID, ())
    assert "solution" in found.detail


async def test_one_hung_solver_does_not_hold_up_another(tmp_path: Path) -> None:
    """Side by side, the good one is done long before the deadline that the other runs into."""
    good, bad = written(tmp_path, "yield answer()", "good"), written(tmp_path, "while True: pass", "bad")
    runs: dict[str, SolverRun] = {}
    async with host(good) as first, host(bad) as second:

        async def solve(hosted: module.HostedSolver) -> None:
            found = await hosted.solve(AUCTION, 3.0)
            runs[found.solver] = found

        async with trio.open_nursery() as nursery:
            nursery.start_soon(solve, second)
            nursery.start_soon(solve, first)
    assert (runs["good"].kind, runs["bad"].kind) == (OutcomeKind.OK, OutcomeKind.TIMEOUT)
    assert runs["good"].seconds < runs["bad"].seconds
