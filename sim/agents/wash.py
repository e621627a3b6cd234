"""Wash traders: they trade with themselves, at limits that make their solver's surplus look large."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.declare import number
from sim.agents.base import Desk, Offer, Settled
from sim.agents.part import BPS, MS, AgentPart, share_of_funds
from sim.agents.valuing import legs, pricing, risky


@dataclass(frozen=True, slots=True)
class WashPart(AgentPart):
    """Pairs of accounts that sell to each other, each willing to take much less than fair."""

    count: int = number(2, 2, 1_000, "how many accounts it has; an odd one is left over")
    size: float = share_of_funds(0.05, "value of each side")
    slack_bps: float = number(3_000.0, 0.0, 9_000.0, "how much less than fair each side would take")
    every: int = number(1, 1, 1_000, "auctions from one trade to the next")
    delay_ms: int = number(100, 0, 600_000, "how long after an auction it trades")


class Wash:
    """An ``Agent`` that trades to and fro, so that it never runs out."""

    def __init__(self, part: WashPart) -> None:
        self.part = part

    def start(self, desk: Desk) -> None:
        desk.after(self.part.delay_ms * MS, self._trade, desk, 0)

    def settled(self, desk: Desk, news: Settled) -> None:
        if news.auction % self.part.every == 0:
            desk.after(self.part.delay_ms * MS, self._trade, desk, news.auction // self.part.every)

    def _trade(self, desk: Desk, turn: int) -> None:
        assets, value = risky(desk, self.part.assets), self.part.size * self.part.funds
        for first in range(0, desk.owners - 1, 2):
            if not assets:
                return
            asset = assets[(turn // 2) % len(assets)]
            giver, taker = (first, first + 1) if turn % 2 == 0 else (first + 1, first)
            there = (giver, (asset, desk.numeraire))
            back = (taker, (desk.numeraire, asset))
            for owner, pair in (there, back):
                found = legs(desk, owner, pair, value, self.part.slack_bps / BPS, pricing(desk))
                if found is not None:
                    desk.offer(Offer(*found, purpose="wash"), owner)
