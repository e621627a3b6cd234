"""Child processes: told to end, made to end, and everything they started with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import trio

from node.livedemo.process import Child, start, stop_all


def script(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


async def written(path: Path, text: str) -> None:
    with trio.fail_after(30):
        while not path.exists() or text not in path.read_text():
            await trio.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_one_that_ends_when_told_is_not_killed(tmp_path: Path) -> None:
    """Its own exit status is kept, and what it wrote is in its log."""
    child = await start("good", script("import time; print('here', flush=True); time.sleep(60)"), tmp_path / "log")
    await written(tmp_path / "log", "here")
    assert await stop_all([child]) == []
    assert child.status == -signal.SIGTERM
    assert child.last_line() == "here"


async def test_one_that_will_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    """After the grace its whole group goes, grandchildren too."""
    text = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print('child', p.pid, 'end', flush=True); time.sleep(60)"
    )
    child = await start("stubborn", script(text), tmp_path / "log")
    await written(tmp_path / "log", "end")
    grandchild = int((tmp_path / "log").read_text().split()[1])
    assert await stop_all([child], 0.2) == ["stubborn"]
    assert child.status == -signal.SIGKILL
    with trio.fail_after(10):
        while alive(grandchild):
            await trio.sleep(0.02)


async def test_stopping_cannot_be_cancelled(tmp_path: Path) -> None:
    """Ctrl-C while processes are being ended still ends all of them."""
    children: list[Child] = []
    for number in range(2):
        children.append(await start(str(number), script("import time; time.sleep(60)"), tmp_path / "log"))  # noqa: PERF401
    with trio.CancelScope() as scope:
        scope.cancel()
        await stop_all(children)
    assert all(child.status is not None for child in children)
    assert not any(os.path.exists(f"/proc/{child.process.pid}") for child in children)


TIED = "from node.livedemo.lifeline import end_with_parent; end_with_parent(0.2); "


async def orphan(tmp_path: Path, text: str) -> int:
    """The id of a child that runs ``text`` after it tied itself to a parent, which is then killed."""
    command, log = script(TIED + text), tmp_path / "log"
    parent = script(
        f"import trio; from pathlib import Path; from node.livedemo.process import start\n"
        f"async def main() -> None:\n"
        f"    child = await start('tied', {command!r}, Path({str(log)!r}))\n"
        f"    await child.ended()\n"
        f"trio.run(main)"
    )
    process = subprocess.Popen(parent)
    try:
        await written(log, "end")
    finally:
        process.kill()
        process.wait()
    return int(log.read_text().split()[1])


async def gone(pid: int) -> None:
    with trio.fail_after(10):
        while alive(pid):
            await trio.sleep(0.02)


async def test_a_child_of_a_killed_parent_is_told_to_end(tmp_path: Path) -> None:
    """Standard input ends however the parent did; it may clear up as on any other day."""
    text = (
        "import os, signal, time;"
        "signal.signal(signal.SIGTERM, lambda number, frame: (print('told', flush=True), os._exit(0)));"
        "print('child', os.getpid(), 'end', flush=True); time.sleep(60)"
    )
    await gone(await orphan(tmp_path, text))
    assert (tmp_path / "log").read_text().split()[-1] == "told"


async def test_a_child_of_a_killed_parent_that_will_not_end_is_killed_with_its_own(tmp_path: Path) -> None:
    """After the grace its group goes, as it would have by the parent's hand."""
    text = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print('child', p.pid, 'end', flush=True); time.sleep(60)"
    )
    await gone(await orphan(tmp_path, text))
