"""How long to wait before giving up on a step; every wait grows with the rounds lost, past any delay there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from node.agreement.effects import Timeout

#: The part of its time to propose that is given to whoever has been silent for long.
SILENT_PART: Final = 4


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Milliseconds. ``window_ms`` per kind of height (height mod its length) is how long a node collects before
    it takes part; peers' windows may close that much later, so waiting for a proposal includes it until a quorum's
    have closed. ``early``: a window ends as soon as nothing more can come that its height takes; else all batches
    take equally long. Where windows end early the last kind's may last as long as the one's before it: nothing but
    a promise made there and not kept yet keeps it open, and who was in time with that has as long to keep it."""

    window_ms: tuple[int, ...] = (1000, 2000, 500)
    propose_ms: int = 1000
    vote_ms: int = 500
    propose_step_ms: int = 500
    vote_step_ms: int = 250
    early: bool = True

    def after_ms(self, kind: Timeout, height: int, lost: int) -> int:
        """After ``lost`` rounds the wait is longer by 1 + 2 + … + ``lost`` steps. Of delays far beyond the first
        wait that takes less time to reach than as many equal steps would, and less beyond it than doubling."""
        steps = lost * (lost + 1) // 2
        match kind:
            case Timeout.WINDOW:
                return self.longest_ms(height)
            case Timeout.PROPOSE:
                return self.longest_ms(height) + self.propose_ms + self.propose_step_ms * steps
            case Timeout.OVERDUE:
                return self.propose_ms + self.propose_step_ms * steps
            case Timeout.SILENT:
                return self.propose_ms // SILENT_PART + self.propose_step_ms * steps
            case Timeout.PREVOTE | Timeout.PRECOMMIT:
                return self.vote_ms + self.vote_step_ms * steps

    def longest_ms(self, height: int) -> int:
        """How long the window of a height may last."""
        kind, last = height % len(self.window_ms), len(self.window_ms) - 1
        return max(self.window_ms[kind - 1 :]) if self.early and kind == last > 0 else self.window_ms[kind]
