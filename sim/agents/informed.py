"""Informed traders: they know the price elsewhere, or where it will be, before venues and quotes do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from intents.assets import AssetId
from scenarios.declare import number
from sim.agents.base import Desk, Offer, Settled
from sim.agents.part import BPS, MS, AgentPart, share_of_funds
from sim.agents.valuing import best_prices, legs, pricing, risky


@dataclass(frozen=True, slots=True)
class InformedPart(AgentPart):
    """Compares the outside price, seen with some noise, with the best that venues show, and takes what is off."""

    every_ms: int = number(1_000, 1, 3_600_000, "how often it looks")
    threshold_bps: float = number(20.0, 0.0, 5_000.0, "edge below which it does nothing")
    horizon_ms: int = number(0, 0, 600_000, "how far ahead it sees the outside price; 0: as it is now")
    noise_bps: float = number(0.0, 0.0, 5_000.0, "standard deviation of what it takes the price to be")
    size: float = share_of_funds(0.02, "value it trades at twice the threshold")
    lasts: int = number(1, 1, 1_000, "how many auctions an intent lasts")


class Informed:
    """An ``Agent``; a random account trades."""

    def __init__(self, part: InformedPart) -> None:
        self.part = part

    def start(self, desk: Desk) -> None:
        desk.after(self.part.every_ms * MS, self._look, desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        """It has a clock of its own."""

    def _look(self, desk: Desk) -> None:
        desk.after(self.part.every_ms * MS, self._look, desk)
        draw = desk.stream("views")
        for asset in risky(desk, self.part.assets):
            view = desk.ahead(asset, self.part.horizon_ms * MS) * math.exp(
                draw.gauss(0.0, self.part.noise_bps / BPS)
            )
            self._act(desk, draw.randrange(desk.owners), asset, view)

    def _act(self, desk: Desk, owner: int, asset: AssetId, view: float) -> None:
        """Buy what is offered below its view, sell where more is paid; keep the threshold as profit."""
        bid, ask = best_prices(desk, desk.venues(), asset)
        agreed = desk.agreed(asset)
        bid, ask = (agreed if found is None else found for found in (bid, ask))
        threshold = self.part.threshold_bps / BPS
        edge_buying = 0.0 if ask is None else view / ask - 1.0
        edge_selling = 0.0 if bid is None else bid / view - 1.0
        if max(edge_buying, edge_selling) <= threshold:
            return
        buying = edge_buying >= edge_selling
        pair = (desk.numeraire, asset) if buying else (asset, desk.numeraire)
        edge = max(edge_buying, edge_selling)
        # Twice the threshold earns one size; more edge earns more, up to four.
        value = self.part.size * self.part.funds * min(4.0, edge / threshold - 1.0 if threshold else 1.0)

        def price(priced: AssetId) -> float:
            return view if priced == asset else pricing(desk)(priced)

        offered = legs(desk, owner, pair, value, -threshold, price)
        if offered is not None:
            desk.offer(Offer(*offered, lasts=self.part.lasts, purpose="informed"), owner)
