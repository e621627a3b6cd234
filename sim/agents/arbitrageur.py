"""Arbitrageurs: they bring venues back to the outside price and keep the difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.intent import Leg
from intents.venue_states import VenueState
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from scenarios.declare import number
from sim.agents.base import Desk, Offer, Settled
from sim.agents.best_trade import best_input
from sim.agents.part import BPS, MS, AgentPart
from sim.agents.valuing import pricing, traded, value_of


@dataclass(frozen=True, slots=True)
class ArbitrageurPart(AgentPart):
    """Trades with venues whose prices stray from the outside price, by intents whose limit is that price."""

    margin_bps: float = number(1.0, 0.0, 5_000.0, "what it wants beyond the outside price, on every unit")
    least_profit: float = number(0.0, 0.0, 1e9, "expected profit below which it stays away, whole numeraire units")
    most_offers: int = number(16, 1, 1_000, "at most so many intents an auction, the most profitable")
    delay_ms: int = number(200, 0, 600_000, "how long after an auction it looks")


@dataclass(frozen=True, slots=True)
class Chance:
    """A trade that would pay; ``profit`` in whole numeraire units at the outside price."""

    profit: float
    give: Leg
    want: Leg


class Arbitrageur:
    """An ``Agent``; its accounts take turns."""

    def __init__(self, part: ArbitrageurPart) -> None:
        self.part = part

    def start(self, desk: Desk) -> None:
        desk.after(self.part.delay_ms * MS, self._look, desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        desk.after(self.part.delay_ms * MS, self._look, desk)

    def _look(self, desk: Desk) -> None:
        owner = desk.auction % desk.owners
        found = [chance for chance in self._chances(desk, owner) if chance.profit > self.part.least_profit]
        found.sort(key=lambda chance: (-chance.profit, chance.give.asset, chance.give.amount))
        for chance in found[: self.part.most_offers]:
            desk.offer(Offer(chance.give, chance.want, purpose="arbitrage"), owner)

    def _chances(self, desk: Desk, owner: int) -> Iterator[Chance]:
        mine = traded(desk, (*self.part.assets, desk.numeraire) if self.part.assets else ())
        for _, state in sorted(desk.venues().items()):
            assets = [asset for asset in state.assets if asset in mine]
            for give in assets:
                for want in assets:
                    if give != want:
                        yield from chance(desk, owner, state, give, want, self.part.margin_bps / BPS)


def chance(
    desk: Desk, owner: int, state: VenueState, give: AssetId, want: AssetId, margin: float
) -> Iterator[Chance]:
    """The best trade that pays more than the outside price and ``margin``, if there is one."""
    price = pricing(desk)
    ratio = price(give) / price(want) * 10.0 ** (desk.assets[want].decimals - desk.assets[give].decimals)
    limit = ratio * (1.0 + margin)
    amount = best_input(state, give, want, limit, min(desk.balance(give, owner), MAX_AMOUNT))
    if amount <= 0:
        return
    try:
        paid = open_venue(state).quote_in(give, want, amount)
    except VenueError:
        return
    given, wanted = Leg(give, amount), Leg(want, min(paid, int(amount * limit)))
    profit = value_of(desk, Leg(want, paid), price) - value_of(desk, given, price)
    if profit > 0.0 and wanted.amount > 0:
        yield Chance(profit, given, wanted)
