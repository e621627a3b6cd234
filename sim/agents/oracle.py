"""Oracles: they report outside prices to the ledger, late, noisily, and some of them falsely."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from intents.assets import AssetId
from intents.intent import Leg
from scenarios.declare import number
from settlement.ledger.transactions import ReportPrices
from sim.agents.base import Desk, Settled
from sim.agents.part import BPS, MS, AgentPart
from sim.agents.valuing import ledger_price, risky


@dataclass(frozen=True, slots=True)
class OraclePart(AgentPart):
    """Reports prices for every auction; each account is an oracle of its own."""

    count: int = number(1, 1, 64, "how many oracles")
    funds: float = number(0.0, 0.0, 1e12, "value that each account begins with")
    delay_ms: int = number(0, 0, 600_000, "how long after an auction it looks at the outside price")
    lag_ms: int = number(0, 0, 3_600_000, "how old what it saw is when it reports it")
    noise_bps: float = number(0.0, 0.0, 5_000.0, "standard deviation of its error")
    silent_share: float = number(0.0, 0.0, 1.0, "share of auctions for which it reports nothing")
    silent_from_s: float = number(1e7, 0.0, 1e7, "from when on it reports nothing at all")
    lie_bps: float = number(0.0, -9_000.0, 100_000.0, "by how much its word is off, once it lies")
    lie_from_s: float = number(0.0, 0.0, 1e7, "from when on it lies")
    liars: int = number(0, 0, 64, "how many of its accounts lie, the first ones")


class Oracle:
    """An ``Agent`` whose accounts the ledger takes reports from."""

    def __init__(self, part: OraclePart) -> None:
        self.part = part

    def start(self, desk: Desk) -> None:
        desk.after(self.part.delay_ms * MS, self._look, desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        desk.after(self.part.delay_ms * MS, self._look, desk)

    def _look(self, desk: Desk) -> None:
        part, draw = self.part, desk.stream("errors")
        for owner in range(desk.owners):
            silent = draw.random() < part.silent_share or desk.now_us >= part.silent_from_s * 1e6
            lies = owner < part.liars and desk.now_us >= part.lie_from_s * 1e6
            seen = {
                asset: desk.outside(asset)
                * math.exp(draw.gauss(0.0, part.noise_bps / BPS))
                * (1.0 + part.lie_bps / BPS if lies else 1.0)
                for asset in risky(desk, part.assets)
            }
            if seen and not silent:
                desk.after(part.lag_ms * MS, _report, desk, owner, seen)


def _report(desk: Desk, owner: int, seen: Mapping[AssetId, float]) -> None:
    found = tuple(Leg(asset, ledger_price(desk, asset, price)) for asset, price in seen.items())
    desk.transact(ReportPrices(found), owner)
