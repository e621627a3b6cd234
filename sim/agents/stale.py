"""Stale-price arbitrageurs: they trade with those who go by the agreed price when it lags the outside one."""

from __future__ import annotations

from dataclasses import dataclass

from intents.assets import AssetId
from scenarios.declare import number
from sim.agents.base import Desk, Offer, Settled
from sim.agents.part import BPS, MS, AgentPart, share_of_funds
from sim.agents.stale_quotes import edge
from sim.agents.valuing import legs, pricing, risky


@dataclass(frozen=True, slots=True)
class StalePart(AgentPart):
    """Buys what the agreed price undervalues and sells what it overvalues, with limits between the two prices."""

    threshold_bps: float = number(10.0, 0.0, 5_000.0, "difference of the two prices below which it does nothing")
    keep_share: float = number(0.5, 0.0, 1.0, "share of the difference that its limit insists on")
    size: float = share_of_funds(0.02, "value of a trade")
    delay_ms: int = number(100, 0, 600_000, "how long after an auction it looks: late is better informed")


class Stale:
    """An ``Agent``; its accounts take turns."""

    def __init__(self, part: StalePart) -> None:
        self.part = part

    def start(self, desk: Desk) -> None:
        desk.after(self.part.delay_ms * MS, self._look, desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        desk.after(self.part.delay_ms * MS, self._look, desk)

    def _look(self, desk: Desk) -> None:
        owner = desk.auction % desk.owners
        for asset in risky(desk, self.part.assets):
            agreed = desk.agreed(asset)
            if agreed is None:
                continue
            found = edge(desk.outside(asset), agreed)
            if abs(found) > self.part.threshold_bps / BPS:
                self._trade(desk, owner, asset, found)

    def _trade(self, desk: Desk, owner: int, asset: AssetId, found: float) -> None:
        pair = (desk.numeraire, asset) if found > 0 else (asset, desk.numeraire)
        kept = -abs(found) * self.part.keep_share
        offered = legs(desk, owner, pair, self.part.size * self.part.funds, kept, pricing(desk))
        if offered is not None:
            desk.offer(Offer(*offered, purpose="stale"), owner)
