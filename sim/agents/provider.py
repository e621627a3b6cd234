"""Liquidity providers: they put funds into pools, and now and then take some out again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Final

from intents.amounts import mul_div_ceil
from intents.intent import Leg
from intents.venue_states import VenueId
from scenarios.declare import number, text
from settlement.ledger.transactions import AddLiquidity, RemoveLiquidity
from settlement.ledger.venues import Pool
from sim.agents.base import Desk, Settled
from sim.agents.part import AgentPart, share_of_funds
from sim.agents.valuing import pricing, value_of

#: How much more a deposit may cost by the time it is executed, and how much less a withdrawal pay, in percent.
ROOM_PERCENT: Final = 5


@dataclass(frozen=True, slots=True)
class ProviderPart(AgentPart):
    """Adds liquidity to pools and removes it, at random times, in proportion to their reserves."""

    venues: tuple[str, ...] = text((), "pools it chooses among, by id; none: all that take shares")
    every_s: float = number(30.0, 1e-3, 1e6, "mean wait between two moves, all accounts together")
    size: float = share_of_funds(0.1, "value of a move")
    remove_share: float = number(0.3, 0.0, 1.0, "share of moves that take out")


class Provider:
    """An ``Agent``; it begins with a deposit by each account."""

    def __init__(self, part: ProviderPart) -> None:
        self.part = part
        #: The auction of each account's last move: what it did is to be seen before it does more.
        self._moved: dict[int, int] = {}

    def start(self, desk: Desk) -> None:
        for owner in range(desk.owners):
            self._add(desk, owner, desk.stream("moves"))
        self._plan(desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        """It has a clock of its own."""

    def _plan(self, desk: Desk) -> None:
        wait = desk.stream("waits").expovariate(1.0 / self.part.every_s)
        desk.after(max(1, round(wait * 1e6)), self._move, desk)

    def _move(self, desk: Desk) -> None:
        self._plan(desk)
        draw = desk.stream("moves")
        owner, removes = draw.randrange(desk.owners), draw.random() < self.part.remove_share
        if self._moved.get(owner) == desk.auction:
            return
        if removes:
            self._remove(desk, owner, draw)
        else:
            self._add(desk, owner, draw)

    def _pool(self, desk: Desk, draw: Random) -> tuple[VenueId, Pool, float] | None:
        """A pool and what it is worth."""
        pools = [
            (venue, state)
            for venue, state in sorted(desk.venues().items())
            if isinstance(state, Pool) and (not self.part.venues or venue in self.part.venues)
        ]
        if not pools:
            return None
        venue, state = pools[draw.randrange(len(pools))]
        legs = zip(state.assets, state.reserves, strict=True)
        return venue, state, math.fsum(value_of(desk, Leg(*leg), pricing(desk)) for leg in legs)

    def _add(self, desk: Desk, owner: int, draw: Random) -> None:
        found = self._pool(desk, draw)
        if found is None:
            return
        venue, state, worth = found
        total = desk.shares(venue)
        shares = int(total * min(1.0, self.part.size * self.part.funds / worth))
        most = []
        for asset, reserve in zip(state.assets, state.reserves, strict=True):
            needed = mul_div_ceil(reserve * shares, 100 + ROOM_PERCENT, total * 100)
            if needed > desk.balance(asset, owner):
                return
            most.append(Leg(asset, needed))
        if shares > 0:
            self._moved[owner] = desk.auction
            desk.transact(AddLiquidity(venue, shares, tuple(most)), owner)

    def _remove(self, desk: Desk, owner: int, draw: Random) -> None:
        found = self._pool(desk, draw)
        if found is None:
            return
        venue, state, worth = found
        total = desk.shares(venue)
        shares = min(desk.shares(venue, owner), int(total * min(1.0, self.part.size * self.part.funds / worth)))
        least = tuple(
            Leg(asset, reserve * shares * (100 - ROOM_PERCENT) // (total * 100))
            for asset, reserve in zip(state.assets, state.reserves, strict=True)
        )
        if shares > 0:
            self._moved[owner] = desk.auction
            desk.transact(RemoveLiquidity(venue, shares, least), owner)
