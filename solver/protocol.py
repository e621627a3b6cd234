"""What a solver is: something that yields solutions to an auction until its deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from intents.auction import Auction
from settlement.solution import Solution

#: Units of work that stand for a second: a unit is about a microsecond on a common server.
UNITS_PER_S: Final = 1_000_000


class Meter:
    """How much work has been done so far, in units, by whoever shares this meter."""

    __slots__ = ("spent",)

    def __init__(self) -> None:
        self.spent = 0


@dataclass(frozen=True, slots=True)
class Deadline:
    """When to stop, and the seed for anything random.

    Without a ``meter``, ``ends_at`` is in monotonic seconds of this process. With one, time does not count but
    work does: a solver says by ``spend`` what it has done, ``ends_at`` and everything derived from it are in
    seconds of ``UNITS_PER_S`` units each, and the same auction, budget and seed give the same answer on any
    machine under any load.
    """

    ends_at: float
    seed: int = 0
    meter: Meter | None = None

    @classmethod
    def after(cls, seconds: float, *, seed: int = 0) -> Deadline:
        """``seconds`` from now."""
        return cls(time.monotonic() + seconds, seed)

    @classmethod
    def work(cls, units: int, *, seed: int = 0) -> Deadline:
        """When ``units`` of work are done, however long that takes."""
        return cls(units / UNITS_PER_S, seed, Meter())

    @property
    def now(self) -> float:
        return time.monotonic() if self.meter is None else self.meter.spent / UNITS_PER_S

    @property
    def remaining_s(self) -> float:
        return max(0.0, self.ends_at - self.now)

    @property
    def passed(self) -> bool:
        return self.now >= self.ends_at

    @property
    def guard_s(self) -> float | None:
        """A limit in seconds for a call that cannot ask in between; ``None`` where only work counts."""
        return self.remaining_s if self.meter is None else None

    def part(self, share: float) -> Deadline:
        """The deadline of a step that may take ``share`` of what remains, on the same clock or meter."""
        return replace(self, ends_at=self.now + share * self.remaining_s)

    def spend(self, units: float) -> None:
        """Count work that was done; where time counts this changes nothing."""
        if self.meter is not None:
            self.meter.spent += int(units)


class Solver(Protocol):
    """Yield each solution as soon as it is worth something: what was yielded in time counts.

    A solution replaces an earlier one of the same ``id``; different ids are separate bids. A list
    will do for a solver that answers once.
    """

    name: str

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]: ...
