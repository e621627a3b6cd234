"""Worker processes: they end with whoever started them, however that ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STARTER = """
import os, sys, time
from sim.workers import workers

def main():
    with workers(2) as pool:
        print(*{pool.submit(os.getpid).result(30), pool.submit(os.getpid).result(30)}, flush=True)
        pool.submit(time.sleep, 600)
        time.sleep(600)

if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks for POSIX signals")
@pytest.mark.parametrize(
    ("how", "group"), [(signal.SIGKILL, False), (signal.SIGINT, False), (signal.SIGINT, True)]
)
def test_no_worker_is_left_over(how: signal.Signals, group: bool, tmp_path: Path) -> None:
    """Killed, interrupted alone or with its group as from a terminal, nobody waits for what was begun."""
    script = tmp_path / "starter.py"
    script.write_text(STARTER)
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(root)},
        start_new_session=True,
    ) as starter:
        assert starter.stdout is not None
        pids = [int(pid) for pid in starter.stdout.readline().split()]
        (os.killpg if group else os.kill)(starter.pid, how)
        try:
            starter.wait(timeout=30)
        finally:
            starter.kill()
    assert pids
    assert _gone(pids)


def _gone(pids: list[int]) -> bool:
    """Whether all have ended; what nobody has reaped yet has."""
    for _ in range(200):
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.1)
    return False


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
