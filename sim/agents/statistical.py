"""Statistical arbitrage: two assets whose prices have stood in a ratio are expected to return to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from intents.assets import AssetId
from scenarios.declare import number
from sim.agents.base import Desk, Offer, Settled
from sim.agents.part import BPS, MS, AgentPart, share_of_funds
from sim.agents.valuing import legs, pricing, risky

#: Part of a full position below which a difference is left as it is.
LEAST_CHANGE: Final = 0.1


@dataclass(frozen=True, slots=True)
class StatisticalPart(AgentPart):
    """Watches the ratio of two outside prices, the first two of its assets or its only one against the numeraire;
    sells what has become unusually dear and buys it back when that is over."""

    every_ms: int = number(500, 1, 3_600_000, "how often it looks")
    memory_s: float = number(120.0, 1e-3, 1e6, "time constant of what it takes for usual; it trades after so long")
    enter: float = number(2.0, 0.0, 100.0, "deviations from the usual at which it takes a position")
    leave: float = number(0.5, 0.0, 100.0, "deviations at which it gives it up")
    size: float = share_of_funds(0.1, "value of a position")
    slack_bps: float = number(10.0, -2_000.0, 5_000.0, "how much worse than the outside price it trades")
    delay_ms: int = number(200, 0, 600_000, "how long after an auction it trades")


@dataclass(slots=True)
class Usual:
    """Exponentially weighted mean and variance of a sequence."""

    weight: float
    mean: float = 0.0
    variance: float = 0.0
    seen: int = field(default=0, init=False)

    def deviations(self, value: float) -> float:
        """How many standard deviations ``value`` lies above what was usual before it; from now on it counts."""
        away = value - self.mean if self.seen else 0.0
        found = away / math.sqrt(self.variance) if self.variance > 0.0 else 0.0
        self.mean = self.mean + self.weight * away if self.seen else value
        self.variance = (1.0 - self.weight) * (self.variance + self.weight * away * away)
        self.seen += 1
        return found


def position(held: int, deviations: float, enter: float, leave: float) -> int:
    """−1: short of what is dear; 1: long of what is cheap; 0: neither."""
    if abs(deviations) >= enter:
        return -1 if deviations > 0 else 1
    return 0 if abs(deviations) <= leave or held * deviations > 0 else held


class Statistical:
    """An ``Agent``; its first account trades."""

    def __init__(self, part: StatisticalPart) -> None:
        self.part = part
        self.wanted = 0
        self._usual = Usual(1.0 - math.exp(-part.every_ms / 1000.0 / part.memory_s))
        self._pair: tuple[AssetId, AssetId] | None = None
        self._began = 0

    def start(self, desk: Desk) -> None:
        assets = risky(desk, self.part.assets)
        if assets:
            self._pair = assets[0], assets[1] if len(assets) > 1 else desk.numeraire
            self._began = desk.balance(assets[0])
            self._look(desk, *self._pair)

    def settled(self, desk: Desk, news: Settled) -> None:
        if self._pair is not None:
            desk.after(self.part.delay_ms * MS, self._trade, desk, *self._pair)

    def _look(self, desk: Desk, first: AssetId, second: AssetId) -> None:
        desk.after(self.part.every_ms * MS, self._look, desk, first, second)
        price = pricing(desk)
        found = self._usual.deviations(math.log(price(first) / price(second)))
        if desk.now_us >= self.part.memory_s * 1e6:
            self.wanted = position(self.wanted, found, self.part.enter, self.part.leave)

    def _trade(self, desk: Desk, first: AssetId, second: AssetId) -> None:
        """Towards the position wanted, whatever earlier intents have left of the way."""
        price, full = pricing(desk), self.part.size * self.part.funds
        has = desk.whole(first, desk.balance(first) - self._began) * price(first)
        missing = self.wanted * full - has
        if abs(missing) <= LEAST_CHANGE * full:
            return
        pair = (second, first) if missing > 0 else (first, second)
        found = legs(desk, 0, pair, abs(missing), self.part.slack_bps / BPS, price)
        if found is not None:
            desk.offer(Offer(*found, purpose="statistical"))
