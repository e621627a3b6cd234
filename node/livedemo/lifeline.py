"""A child's end with its parent: it watches its standard input, which ends however the parent does."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import Final

#: How long a process told to end may take before its whole group is killed.
GRACE_S: Final = 15.0
_STDIN: Final = 0


def end_with_parent(grace_s: float = GRACE_S) -> None:
    """From now on: when standard input ends, this process is told to, and after ``grace_s`` its group made to.

    For a process that leads its group and is given a pipe to read from whose other end its parent alone holds.
    """
    threading.Thread(target=_watch, args=(grace_s,), name="lifeline", daemon=True).start()


def _watch(grace_s: float) -> None:
    with contextlib.suppress(OSError):  # no standard input at all is one that has ended
        while os.read(_STDIN, 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_s)
    os.killpg(0, signal.SIGKILL)
