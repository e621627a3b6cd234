"""A live benchmark that is told to end, ends as a command does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import sys
import trio
from benchmarks.live_network.bed import run

async def measure(tasks):
    async with trio.open_nursery() as nursery:
        for _ in range(tasks):
            nursery.start_soon(trio.sleep_forever)
        print("begun", flush=True)
        await trio.sleep_forever()

run(measure, int(sys.argv[1]))
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_benchmark_told_to_end_says_so_in_a_line(how: signal.Signals) -> None:
    """Exit code 130 and no traceback, wherever in its tasks it is met."""
    with subprocess.Popen(
        [sys.executable, "-c", MEASURE, "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"interrupted\n")
