"""Worker processes that begin as a fresh command would and do not outlive whoever started them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait


def _nothing() -> None:
    pass


def workers(processes: int, begin: Callable[[], None] = _nothing) -> ProcessPoolExecutor:
    """A pool of so many, each of which calls ``begin`` first. An interrupt from the terminal ends them at once."""
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(begin,))


def _begin(begin: Callable[[], None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    begin()


def _leave_with_parent() -> None:
    """A worker waits for work on a pipe that its siblings hold open too, so the end of a killed parent would go
    unnoticed there."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
