"""The entry point ``walras``, and what an interruption means before, while and after a command runs.

Imports little, so that it is in charge of signals some milliseconds after Python is.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence

from node.signals import end_like_ctrl_c, ending_signals

EXIT_INTERRUPTED = 130
_nothing_to_clear = False


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit. Never returns, never shows a traceback for bad input."""
    for number in ending_signals():
        signal.signal(number, _leave)
    from node.cli.run import run

    code = run(argv)
    if _nothing_to_clear:
        _flush()
        os._exit(code)
    sys.exit(code)


def begin_work() -> None:
    """The command itself begins: from now on it may have to clear up, and an exception interrupts it."""
    if signal.getsignal(signal.SIGINT) is _leave:
        end_like_ctrl_c()


def nothing_to_clear() -> None:
    """Once its command is over, this process may vanish: what it holds is closed by then, or nobody's but its own.

    To take a node's memory apart object by object took it longer than all else of its end.
    """
    global _nothing_to_clear
    _nothing_to_clear = True


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def _leave(number: int, frame: object) -> None:
    """Until then an exception would come in the midst of an import, which shows a traceback or loses it."""
    os._exit(EXIT_INTERRUPTED)
