"""Market makers: two-sided quotes around an inventory-dependent price, renewed every auction."""

from __future__ import annotations

from dataclasses import dataclass

from intents.assets import AssetId
from intents.intent import Leg
from scenarios.declare import number, text
from sim.agents.avellaneda_stoikov import Quotes, quotes
from sim.agents.base import Desk, Offer, Settled
from sim.agents.book_quotes import book_of, resting_base, wanted_quotes
from sim.agents.part import BPS, MS, AgentPart, share_of_funds
from sim.agents.valuing import Anchor, pricing, risky


@dataclass(frozen=True, slots=True)
class MakerPart(AgentPart):
    """Quotes both ways around its reservation price (Avellaneda–Stoikov), prices and risk in basis points of the
    fair price, inventory in sizes of a quote."""

    size: float = share_of_funds(0.01, "value of each quote")
    volatility_bps: float = number(100.0, 0.0, 100_000.0, "what it takes prices to move per √hour")
    risk_aversion: float = number(0.01, 0.0, 100.0, "γ per basis point: how much it minds inventory")
    fill_decay: float = number(
        0.2, 1e-6, 100.0, "k per basis point: how fast fills get rarer away from the fair price"
    )
    horizon_s: float = number(60.0, 0.0, 1e6, "time in which it wants its inventory back")
    anchor: Anchor = text(Anchor.OUTSIDE, "what it takes for the fair price")
    most_inventory: float = number(10.0, 1.0, 1e6, "sizes beyond which it quotes one side only")
    delay_ms: int = number(100, 0, 600_000, "how long after an auction it quotes anew")
    books: tuple[str, ...] = text((), "order books to rest quotes on; without any it quotes in intents")


class Maker:
    """An ``Agent``; each account keeps inventory of its own, measured from what it began with."""

    def __init__(self, part: MakerPart) -> None:
        self.part = part
        #: The value of a quote.
        self._clip = part.size * part.funds
        self._began: dict[tuple[int, AssetId], int] = {}

    def start(self, desk: Desk) -> None:
        self._began = {
            (owner, asset): desk.balance(asset, owner)
            for owner in range(desk.owners)
            for asset in risky(desk, self.part.assets)
        }
        desk.after(self.part.delay_ms * MS, self._quote, desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        desk.after(self.part.delay_ms * MS, self._quote, desk)

    def _quote(self, desk: Desk) -> None:
        if self._clip <= 0.0:
            return
        for (owner, asset), began in self._began.items():
            if self.part.books:
                self._rest(desk, owner, asset, began)
            else:
                self._offer(desk, owner, asset, began)

    def _offer(self, desk: Desk, owner: int, asset: AssetId, began: int) -> None:
        mid = pricing(desk, self.part.anchor)(asset)
        held = desk.balance(asset, owner)
        clip = self._clip / mid
        inventory = desk.whole(asset, held - began) / clip
        found = quotes_bps(self.part, inventory)
        bid, ask = mid * (1.0 + found.bid / BPS), mid * (1.0 + found.ask / BPS)
        base, cash = desk.units(asset, clip), desk.numeraire
        if bid > 0.0 and inventory < self.part.most_inventory:
            paid = min(desk.balance(cash, owner), desk.units(cash, clip * bid))
            _hand_in(desk, owner, Leg(cash, paid), Leg(asset, desk.units(asset, desk.whole(cash, paid) / bid)))
        if ask > 0.0 and inventory > -self.part.most_inventory:
            sold = min(held, base)
            _hand_in(desk, owner, Leg(asset, sold), Leg(cash, desk.units(cash, desk.whole(asset, sold) * ask)))

    def _rest(self, desk: Desk, owner: int, asset: AssetId, began: int) -> None:
        """Both quotes on each book of the asset, those of before taken off first."""
        venues = desk.venues()
        mid = pricing(desk, self.part.anchor)(asset)
        maker = desk.holder(owner).hex()
        books = [book for name in self.part.books if (book := book_of(venues, name, asset, desk.numeraire))]
        held = desk.balance(asset, owner) + sum(resting_base(book, maker) for book in books)
        clip = self._clip / mid
        inventory = desk.whole(asset, held - began) / clip
        found = quotes_bps(self.part, inventory)
        most = self.part.most_inventory
        bid = mid * (1.0 + found.bid / BPS) if inventory < most else 0.0
        ask = mid * (1.0 + found.ask / BPS) if inventory > -most else 0.0
        for book in books:
            for action in wanted_quotes(desk, book, owner, bid, ask, clip):
                desk.transact(action, owner)


def quotes_bps(part: MakerPart, inventory: float) -> Quotes:
    """Bid and ask as basis points away from the fair price."""
    hours = part.horizon_s / 3600.0
    return quotes(0.0, inventory, part.risk_aversion, part.volatility_bps, part.fill_decay, hours)


def _hand_in(desk: Desk, owner: int, give: Leg, want: Leg) -> None:
    if give.amount > 0 and want.amount > 0:
        desk.offer(Offer(give, want, purpose="quote"), owner)
