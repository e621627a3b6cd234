"""Trio's clock in a process's own time: the CPU it used and the time it slept, as on a core that nobody shares.

A figure in wall-clock time says as much of the machine's other guests as of the program. Where all nodes are in
one process nothing can happen while it waits for the scheduler: its I/O is with itself, its timers are its own.
"""

from __future__ import annotations

import math
import time

import trio


class OwnTime(trio.abc.Clock, trio.abc.Instrument):
    """Pass it to ``trio.run`` as both clock and instrument."""

    def __init__(self) -> None:
        self._slept_s = 0.0
        self._began_s = 0.0
        self._asked_s = 0.0

    def start_clock(self) -> None:
        self._slept_s = 0.0

    def current_time(self) -> float:
        return time.process_time() + self._slept_s

    def deadline_to_sleep_time(self, deadline: float) -> float:
        return math.inf if deadline == math.inf else deadline - self.current_time()

    def before_io_wait(self, timeout: float) -> None:
        self._began_s, self._asked_s = time.perf_counter(), timeout

    def after_io_wait(self, timeout: float) -> None:
        """No longer than was asked for: the rest was somebody else's turn."""
        self._slept_s += min(time.perf_counter() - self._began_s, max(0.0, self._asked_s))
