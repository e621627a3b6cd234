"""Time limits for what peers must do, in which only the time counts that this process itself was running.

A machine that sleeps, a process that is stopped or starved: on waking, every time limit has passed at once, before
one of the answers in the sockets is read. A node that took that for its peers' silence would drop all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

_TICK_S = 0.2
#: Who shows signs of life is given so many times as long.
_SPARED = 5


@dataclass(slots=True)
class _Limit:
    """When it ends, in seconds this process was awake. ``alive`` counts signs of life, of which ``seen`` were."""

    seconds: float
    until_s: float
    latest_s: float
    alive: Callable[[], int] | None
    seen: int

    def over(self, awake_s: float) -> bool:
        if self.alive is not None and (seen := self.alive()) != self.seen:
            self.seen = seen
            self.until_s = min(awake_s + self.seconds, self.latest_s)
        return awake_s >= self.until_s


class Patience:
    """:meth:`run` must be running for the limits to end."""

    def __init__(self) -> None:
        self._awake_s = 0.0
        self._limits: dict[trio.CancelScope, _Limit] = {}

    def __len__(self) -> int:
        return len(self._limits)

    def limit(self, scope: trio.CancelScope, seconds: float, alive: Callable[[], int] | None = None) -> None:
        """Cancel a scope so long from now, within a fifth of a second, unless it is lifted before.

        Where ``alive`` counts signs of life, so long after the last of them, but never after five times as long.
        """
        now_s, seen = self._awake_s, 0 if alive is None else alive()
        self._limits[scope] = _Limit(seconds, now_s + seconds, now_s + _SPARED * seconds, alive, seen)

    def lift(self, scope: trio.CancelScope) -> None:
        """There is no limit any more."""
        self._limits.pop(scope, None)

    @contextmanager
    def fail_after(self, seconds: float, alive: Callable[[], int] | None = None) -> Iterator[None]:
        """Give what is done in it so long (see ``limit``). Raises ``trio.TooSlowError``."""
        with trio.CancelScope() as scope:
            self.limit(scope, seconds, alive)
            try:
                yield
            finally:
                self.lift(scope)
        if scope.cancelled_caught:
            raise trio.TooSlowError

    async def run(self) -> None:
        """Until cancelled. A tick that comes late counts as two, however late."""
        last_s = trio.current_time()
        while True:
            await trio.sleep(_TICK_S)
            now_s = trio.current_time()
            self._awake_s += min(now_s - last_s, 2 * _TICK_S)
            last_s = now_s
            for scope, limit in list(self._limits.items()):
                if limit.over(self._awake_s):
                    scope.cancel()
