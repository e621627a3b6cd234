"""Sandwich attackers: they read others' intents as gossip brings them, trade before them and back after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from intents.intent import IntentId, Leg
from scenarios.declare import number
from sim.agents.base import Desk, Offer, Settled
from sim.agents.part import BPS, MS, AgentPart
from sim.agents.valuing import legs, pricing, traded, value_of

#: Intents remembered so that none is attacked twice.
MAX_SEEN: Final = 10_000


@dataclass(frozen=True, slots=True)
class SandwichPart(AgentPart):
    """On seeing an intent worth it, trades the same way with a limit that outbids it, in the same batch, and sells
    what it got in the next."""

    poll_ms: int = number(100, 1, 600_000, "how often it reads what gossip brings")
    least_value: float = number(0.0, 0.0, 1e9, "smallest intent it attacks, in whole numeraire units")
    times: float = number(2.0, 1e-3, 1e6, "its own trade, as a multiple of its victim's")
    slack_bps: float = number(300.0, 0.0, 5_000.0, "how much worse than the outside price it trades, either way")
    most_attacks: int = number(4, 1, 1_000, "at most so many an auction")


class Sandwich:
    """An ``Agent``; a victim's intent is met by one account, in turn."""

    def __init__(self, part: SandwichPart) -> None:
        self.part = part
        self._seen: dict[IntentId, None] = {}
        self._fronts: dict[IntentId, None] = {}
        self._auction, self._attacks = 0, 0

    def start(self, desk: Desk) -> None:
        desk.after(self.part.poll_ms * MS, self._read, desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        """Trade back whatever the attack got."""
        price, slack = pricing(desk), self.part.slack_bps / BPS
        for fill in news.fills:
            if fill.intent not in self._fronts or fill.got.amount <= 0:
                continue
            found = legs(
                desk,
                fill.owner,
                (fill.got.asset, fill.gave.asset),
                value_of(desk, fill.got, price),
                slack,
                price,
            )
            if found is not None:
                desk.offer(Offer(*found, lasts=2, purpose="back-run"), fill.owner)
        self._fronts.clear()

    def _read(self, desk: Desk) -> None:
        desk.after(self.part.poll_ms * MS, self._read, desk)
        if desk.auction != self._auction:
            self._auction, self._attacks = desk.auction, 0
        mine = traded(desk, (*self.part.assets, desk.numeraire) if self.part.assets else ())
        for number_, give, want in desk.overheard():
            if number_ in self._seen:
                continue
            self._remember(number_)
            if give.asset in mine and want.asset in mine and self._attacks < self.part.most_attacks:
                self._attack(desk, give, want)

    def _attack(self, desk: Desk, give: Leg, want: Leg) -> None:
        price, owner = pricing(desk), desk.auction % desk.owners
        value = value_of(desk, give, price)
        if value < self.part.least_value:
            return
        pair = (give.asset, want.asset)
        found = legs(desk, owner, pair, value * self.part.times, self.part.slack_bps / BPS, price)
        front = None if found is None else desk.offer(Offer(*found, purpose="front-run"), owner)
        if front is not None:
            self._fronts[front] = None
            self._attacks += 1

    def _remember(self, intent: IntentId) -> None:
        if len(self._seen) >= MAX_SEEN:
            del self._seen[next(iter(self._seen))]
        self._seen[intent] = None
