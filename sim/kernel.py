"""The event scheduler: virtual microseconds, one heap, ties in the order of scheduling."""

from __future__ import annotations

import hashlib
import heapq
import random
from collections.abc import Callable
from typing import Any

#: Told of every event before it happens: what is called, with what.
Watch = Callable[[Callable[..., Any], tuple[Any, ...]], None]


class Kernel:
    """Calls what was scheduled, in order of time. Everything random comes from ``stream``s of one seed."""

    __slots__ = ("_halted", "_heap", "_streams", "_until_us", "events", "now_us", "scheduled", "seed", "watch")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now_us = 0
        self.events = 0
        self.watch: Watch | None = None
        self._until_us = 0
        self._halted = False
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        #: Grows with every call scheduled, and when halted: unchanged means that ``quiet_us`` is.
        self.scheduled = 0
        self._streams: dict[str, random.Random] = {}

    def at(self, time_us: int, call: Callable[..., None], *arguments: Any) -> None:
        self.scheduled += 1
        now_us = self.now_us
        heapq.heappush(self._heap, (time_us if time_us > now_us else now_us, self.scheduled, call, arguments))

    def after(self, delay_us: int, call: Callable[..., None], *arguments: Any) -> None:
        """``delay_us`` ≥ 0 from now."""
        self.put(delay_us, call, arguments)

    def put(self, delay_us: int, call: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """As ``after``, for whoever has the arguments as one tuple."""
        self.scheduled = number = self.scheduled + 1
        heapq.heappush(self._heap, (self.now_us + delay_us, number, call, arguments))

    def stream(self, name: str) -> random.Random:
        """A generator of its own for each use, so that one more draw here changes nothing there."""
        found = self._streams.get(name)
        if found is None:
            digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
            found = self._streams[name] = random.Random(int.from_bytes(digest[:16], "big"))
        return found

    def quiet_us(self) -> int:
        """The first moment at which something else is due: up to it, whoever is called now may go ahead alone."""
        if self._halted:
            return self.now_us
        heap, until_us = self._heap, self._until_us
        return heap[0][0] if heap and heap[0][0] <= until_us else until_us + 1

    def halt(self) -> None:
        """``run`` ends after the event under way."""
        self._halted = True
        self.scheduled += 1

    def forget(self) -> None:
        """Drop whatever is still due, and whatever it refers to."""
        self._heap.clear()
        self.watch = None

    def run(self, until_us: int, stop: Callable[[], bool] | None = None) -> None:
        """Until nothing is left, time is up, somebody halts, or ``stop`` says so after an event."""
        heap, pop, watch = self._heap, heapq.heappop, self.watch
        self._until_us, self._halted = until_us, False
        while heap and heap[0][0] <= until_us:
            self.now_us, _, call, arguments = pop(heap)
            self.events += 1
            if watch is not None:
                watch(call, arguments)
            call(*arguments)
            if self._halted or (stop is not None and stop()):
                return
