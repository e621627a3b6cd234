"""How long to wait before giving up on a step; every wait grows with the round, past any delay there is."""

from __future__ import annotations

from dataclasses import dataclass

from node.agreement.effects import Timeout


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Milliseconds. ``window_ms`` per kind of height (height mod its length) is how long a node collects before
    it takes part; peers' windows may close that much later, so waiting for a proposal includes it. ``early``:
    a window ends as soon as nothing more can come that its height takes; else all batches take equally long."""

    window_ms: tuple[int, ...] = (1000, 2000, 500)
    propose_ms: int = 1000
    vote_ms: int = 500
    propose_step_ms: int = 500
    vote_step_ms: int = 250
    early: bool = True

    def after_ms(self, kind: Timeout, height: int, round: int) -> int:
        window_ms = self.window_ms[height % len(self.window_ms)]
        if kind is Timeout.WINDOW:
            return window_ms
        if kind is Timeout.PROPOSE:
            return window_ms + self.propose_ms + self.propose_step_ms * round
        return self.vote_ms + self.vote_step_ms * round
