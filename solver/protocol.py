"""What a solver is: something that yields solutions to an auction until its deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from intents.auction import Auction
from settlement.solution import Solution


@dataclass(frozen=True, slots=True)
class Deadline:
    """When to stop (monotonic seconds of this process) and the seed for anything random.

    A solver that keeps to ``seed`` and counts work instead of time gives the same answer again.
    """

    ends_at: float
    seed: int = 0

    @classmethod
    def after(cls, seconds: float, *, seed: int = 0) -> Deadline:
        return cls(time.monotonic() + seconds, seed)

    @property
    def remaining_s(self) -> float:
        return max(0.0, self.ends_at - time.monotonic())

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.ends_at


class Solver(Protocol):
    """Yield each solution as soon as it is worth something: what was yielded in time counts.

    A solution replaces an earlier one of the same ``id``; different ids are separate bids. A list
    will do for a solver that answers once.
    """

    name: str

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]: ...
