"""Progress on stderr, where that is a terminal and nobody asked for quiet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from node.cli.command import Settings


@contextmanager
def bars(settings: Settings) -> Iterator[Callable[[str, int, int], None]]:
    """A bar per name: call with name, how much is done, of how much."""
    if settings.quiet or not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        tasks: dict[str, Any] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=total)
            shown.update(tasks[name], completed=done)

        yield advance


@contextmanager
def bar(settings: Settings, name: str) -> Iterator[Callable[[int, int], None]]:
    """One bar: call with how much is done, of how much."""
    with bars(settings) as advance:
        yield lambda done, total: advance(name, done, total)
