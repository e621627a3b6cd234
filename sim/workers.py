"""Worker processes that begin as a fresh command would and do not outlive whoever started them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait


def _nothing() -> None:
    pass


@contextmanager
def workers(processes: int, begin: Callable[[], None] = _nothing) -> Iterator[ProcessPoolExecutor]:
    """A pool of so many, each of which calls ``begin`` first. A block that ends in an exception, as one that is
    interrupted does, ends them at once, whatever they are at.

    Futures must not be cancelled: the pool's thread trips over such when its workers are killed (``map`` cancels).
    """
    others = active_children()
    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_begin, initargs=(begin,)) as pool:
        try:
            yield pool
        except BaseException:
            # The pool would wait for what they have begun.
            for worker in active_children():
                if worker not in others:
                    worker.kill()
            raise


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
