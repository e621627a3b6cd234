"""Time limits for what peers must do, in which only the time counts that this process itself was running.

A machine that sleeps, a process that is stopped or starved: on waking, every time limit has passed at once, before
one of the answers in the sockets is read. A node that took that for its peers' silence would drop all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import trio

_TICK_S = 0.2


class Patience:
    """:meth:`run` must be running for the limits to end."""

    def __init__(self) -> None:
        self._awake_s = 0.0
        self._until: dict[trio.CancelScope, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def limit(self, scope: trio.CancelScope, seconds: float) -> None:
        """Cancel a scope so long from now, within a fifth of a second, unless it is lifted before."""
        self._until[scope] = self._awake_s + seconds

    def lift(self, scope: trio.CancelScope) -> None:
        """There is no limit any more."""
        self._until.pop(scope, None)

    @contextmanager
    def fail_after(self, seconds: float) -> Iterator[None]:
        """Give what is done in it so long. Raises ``trio.TooSlowError``."""
        with trio.CancelScope() as scope:
            self.limit(scope, seconds)
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
            for scope, until_s in list(self._until.items()):
                if self._awake_s >= until_s:
                    scope.cancel()
