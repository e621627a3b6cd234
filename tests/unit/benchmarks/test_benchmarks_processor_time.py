"""Benchmarks say whose processor time it was: a process's own, its children's, and how busy the machine was."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from benchmarks.processor_time import busy_note, queued_s, started_s, used

#: Uses some processor time.
BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
#: Says that it is done, and lives until its input ends.
LIVE = "import sys\nprint(flush=True)\nsys.stdin.read()\n"
CHILD = BURN + LIVE
ENDED_GRANDCHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])\n{LIVE}"
GRANDCHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {CHILD!r}])\n"


def test_a_process_s_own_time_is_that_of_its_clock() -> None:
    """As the process itself counts it, between two looks of its own."""
    before = time.process_time()
    found = used(os.getpid()).own_s
    assert before - 0.05 <= found <= time.process_time() + 0.05
    assert used(os.getpid()).parent == os.getppid()


@pytest.mark.parametrize("program", [CHILD, GRANDCHILD, ENDED_GRANDCHILD])
def test_time_of_what_a_process_started_counts_before_and_after_its_end(program: str) -> None:
    """Of a child and of a child's child, whether they still run or have been waited for."""
    before = started_s(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        alive = started_s(os.getpid()) - before
        process.communicate(timeout=60)
    assert 0.25 <= alive <= started_s(os.getpid()) - before + 0.02


def test_a_process_that_has_ended_has_no_time() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with pytest.raises(OSError, match=str(process.pid)):
        used(process.pid)


def test_time_in_the_queue_only_grows() -> None:
    before = queued_s(os.getpid())
    time.sleep(0.01)
    assert 0.0 <= before <= queued_s(os.getpid())


def test_figures_of_a_busy_machine_say_so() -> None:
    assert busy_note(0.0) == ""
    assert "load average was 20.0" in busy_note(20.0)
