"""Whoever shows a demonstration: a screen that is drawn again where there is a terminal, lines where not."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from node.livedemo.desk import Endpoint, Seen, Settled
from node.livedemo.screen import changes, introduction, line, lines
from node.livedemo.watching import Watch

#: Remarks that stay on the screen.
NOTES: Final = 3


class Shown(Protocol):
    def note(self, text: str) -> None:
        """A remark; the same one again is not said twice."""

    def started(self, endpoints: Sequence[Endpoint], root: Path, processes: Mapping[str, int]) -> None:
        """All nodes are ready; the first one's page is the network's, their homes are in ``root``."""

    def settled(self, row: Settled) -> None: ...

    def look(self, watch: Watch) -> None: ...


class Quiet:
    """Says nothing."""

    def note(self, text: str) -> None: ...

    def started(self, endpoints: Sequence[Endpoint], root: Path, processes: Mapping[str, int]) -> None: ...

    def settled(self, row: Settled) -> None: ...

    def look(self, watch: Watch) -> None: ...


class Lines:
    """A line per thing that happens."""

    def __init__(self, out: Any) -> None:
        self._out, self._last = out, ""
        self._seen: Mapping[str, Seen | None] = {}

    def note(self, text: str) -> None:
        if text != self._last:
            self._last = text
            self._out(text)

    def started(self, endpoints: Sequence[Endpoint], root: Path, processes: Mapping[str, int]) -> None:
        for text in introduction(endpoints, root, processes):
            self._out(text)

    def settled(self, row: Settled) -> None:
        self._out(line(row))

    def look(self, watch: Watch) -> None:
        for text in changes(self._seen, watch.seen):
            self._out(text)
        self._seen = watch.seen


class Screen:
    """One picture on a terminal, drawn again at every look, with the last remarks in it."""

    def __init__(self, live: Any) -> None:
        self._live, self._url, self._root, self._since = live, "", Path(), time.monotonic()
        self._notes: deque[str] = deque(maxlen=NOTES)

    def note(self, text: str) -> None:
        if self._url:
            self._notes.append(text)
        else:
            self._draw([text])

    def started(self, endpoints: Sequence[Endpoint], root: Path, processes: Mapping[str, int]) -> None:
        self._url, self._root, self._since = endpoints[0].url, root, time.monotonic()

    def settled(self, row: Settled) -> None: ...

    def look(self, watch: Watch) -> None:
        self._draw(lines(watch, self._url, self._root, time.monotonic() - self._since, tuple(self._notes)))

    def _draw(self, shown: list[str]) -> None:
        from rich.text import Text

        self._live.update(Text("\n".join(shown), no_wrap=True, overflow="ellipsis"), refresh=True)


@contextmanager
def on_terminal(color: bool) -> Iterator[Screen]:
    """On stderr; the last picture stays."""
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True, no_color=not color), auto_refresh=False) as live:
        yield Screen(live)
