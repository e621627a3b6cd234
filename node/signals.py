"""The signals by which people and machines ask a process to end, told alike wherever it was started."""

from __future__ import annotations

import signal


def ending_signals() -> tuple[signal.Signals, ...]:
    """SIGINT and SIGTERM, and SIGHUP unless whoever started the process had it ignored, as ``nohup`` does.

    Shells without job control have SIGINT ignored in what they start in the background: who sends one means it.
    """
    hangup = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGINT, signal.SIGTERM, *hangup)


def end_like_ctrl_c() -> None:
    """From now on each of them raises ``KeyboardInterrupt``: workers are stopped and scratch folders removed."""
    first, *others = ending_signals()
    signal.signal(first, signal.default_int_handler)
    for number in others:
        signal.signal(number, lambda number, frame: signal.raise_signal(first))
