"""Hosting ends: children, cancelled runs and dead hosts leave no process behind."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from solver.host import host
from solver.outcome import OutcomeKind
from tests.hostile import alive, written
from tests.hosting import AUCTION, MARGIN_S, nothing_left, run


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with nothing_left(tmp_path, monkeypatch):
        yield


async def test_its_children_die_with_it(tmp_path: Path) -> None:
    """Processes that a solver started and left running, holding its pipes, are killed with its group."""
    body = """
        pids = [subprocess.Popen(['sleep', '600']).pid]
        if (pid := os.fork()) == 0:
            while True: time.sleep(60)
        yield answer(pids[0])
        yield answer(pid)
        while True: time.sleep(60)
    """
    found = await run(written(tmp_path, body), 2.0)
    pids = [item.id for item in found.solutions]
    assert len(pids) == 2
    with trio.fail_after(MARGIN_S):  # being reaped by init is not ours to time
        while any(map(alive, pids)):
            await trio.sleep(0.02)


async def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    """A run that is cancelled ends its worker; the next auction gets a fresh one and only its own answers."""
    body = """
        yield answer(os.getpid())
        if not os.path.exists('again'):
            open('again', 'w').close()
            time.sleep(1)
            yield answer(1)
            while True: time.sleep(60)
    """
    async with host(written(tmp_path, body)) as hosted:
        await hosted.start()
        with trio.move_on_after(0.3) as scope:
            await hosted.solve(AUCTION, 60.0)
        assert scope.cancelled_caught
        assert hosted._worker is None
        found = await hosted.solve(AUCTION, 30.0)
    assert (found.kind, found.detail, len(found.solutions)) == (OutcomeKind.OK, "", 1)
    assert not alive(found.solutions[0].id)


async def test_cancelling_from_outside_leaves_nothing(tmp_path: Path) -> None:
    """Also where the whole host is cancelled, mid-solve or while starting."""
    with trio.move_on_after(1.0) as scope:
        async with host(written(tmp_path, "while True: pass")) as hosted:
            await hosted.solve(AUCTION, 60.0)
    assert scope.cancelled_caught
    with trio.move_on_after(0.2) as scope:
        async with host(written(tmp_path, "time.sleep(60)\nclass Solver: pass", "slow")) as hosted:
            await hosted.start()
    assert scope.cancelled_caught


async def test_a_folder_of_its_own_is_cleared_before_and_after(tmp_path: Path) -> None:
    """What a killed host left in it is gone, the solver works there and nowhere else, and nothing of it stays."""
    own = tmp_path / "own"
    (own / "deep").mkdir(parents=True)
    (own / "deep" / "left").touch()
    spec = written(tmp_path, "yield answer(len(os.listdir('.'))); open('mark', 'w').close()")
    async with host(spec, scratch=own) as hosted:
        found = await hosted.solve(AUCTION, 30.0)
        assert [path.name for path in own.iterdir()] == ["mark"]
        assert not list(Path(tempfile.gettempdir()).iterdir())
    assert [item.id for item in found.solutions] == [0]
    assert not own.exists()


HOST = """
import sys, trio
from solver.host import host
from solver.spec import SolverSpec, SpecKind

async def main():
    async with host(SolverSpec("mine", SpecKind.FILE, sys.argv[1])) as hosted:
        await hosted.solve(open(sys.argv[2], "rb").read(), 600.0)

trio.run(main)
"""


async def test_a_worker_does_not_outlive_its_host(tmp_path: Path) -> None:
    """Not even a host that is killed, and not even a worker and its children that never read their pipes."""
    body = """
        child = subprocess.Popen(['sleep', '600']).pid
        with open('PIDS.new', 'w') as file: file.write(f'{os.getpid()} {child}')
        os.rename('PIDS.new', 'PIDS')
        while True: pass
    """
    pids = tmp_path / "pids"
    spec = written(tmp_path, body.replace("PIDS", str(pids)))
    (tmp_path / "auction").write_bytes(AUCTION)
    command = [sys.executable, "-c", HOST, spec.target, str(tmp_path / "auction")]
    with trio.fail_after(60.0):
        process = await trio.lowlevel.open_process(command, env=os.environ | {"TMPDIR": str(tmp_path)})
        while not pids.exists():
            await trio.sleep(0.02)
        process.kill()
        await process.wait()
    with trio.fail_after(MARGIN_S):
        while any(alive(int(pid)) for pid in pids.read_text().split()):
            await trio.sleep(0.02)
