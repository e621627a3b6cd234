"""Retail flow: people who come and trade for reasons of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from intents.assets import AssetId
from intents.conditions import Filled, From, Schedule
from intents.intent import IntentId, Kind
from scenarios.declare import number, text
from sim.agents.arrivals import Pattern, arrivals
from sim.agents.base import Desk, Offer, Settled
from sim.agents.part import BPS, AgentPart
from sim.agents.sizes import Sizes, lognormal, pareto
from sim.agents.triggers import Trigger, stop, take_profit, trailing
from sim.agents.valuing import Anchor, legs, pricing, risky

MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class RetailPart(AgentPart):
    """People who come at random and trade one asset for another, near what they take for the fair price."""

    count: int = number(50, 1, 10_000, "how many accounts it has")
    per_minute: float = number(60.0, 1e-3, 1e6, "intents in the long run, all accounts together")
    pattern: Pattern = text(Pattern.POISSON, "how they come")
    branching: float = number(0.5, 0.0, 0.95, "hawkes: intents that one intent draws after it, in the mean")
    decay_s: float = number(5.0, 1e-3, 1e5, "hawkes: how long that lasts, in the mean")
    sizes: Sizes = text(Sizes.LOGNORMAL, "how sizes are distributed")
    size_median: float = number(5.0, 1e-6, 1e9, "median size, in whole numeraire units")
    size_sigma: float = number(1.0, 0.0, 4.0, "lognormal: standard deviation of the log")
    tail: float = number(1.5, 0.5, 20.0, "pareto: exponent of the tail")
    buy_share: float = number(0.5, 0.0, 1.0, "share that gives the numeraire; the others want it")
    cross_share: float = number(0.1, 0.0, 1.0, "share that trades two other assets instead")
    anchor: Anchor = text(Anchor.OUTSIDE, "what they take for the fair price")
    slack_bps: float = number(40.0, -2_000.0, 5_000.0, "mean room between limit and fair price")
    slack_sigma_bps: float = number(40.0, 0.0, 5_000.0, "spread of that room")
    exact_out_share: float = number(0.2, 0.0, 1.0, "share that fixes what it gets instead of what it gives")
    whole_share: float = number(0.3, 0.0, 1.0, "share that trades whole or not at all")
    patience: int = number(3, 1, 1_000, "an intent lasts 1 to so many auctions")
    stop_share: float = number(0.0, 0.0, 1.0, "share that waits for the price to turn against it")
    profit_share: float = number(0.0, 0.0, 1.0, "share that waits for a better price")
    trailing_share: float = number(0.0, 0.0, 1.0, "share that waits for it to turn from the best it was since")
    bracket_share: float = number(0.0, 0.0, 1.0, "share that does both, one cancelling the other")
    twap_share: float = number(0.0, 0.0, 1.0, "share that trades in equal parts over time")
    trigger_bps: float = number(50.0, 1.0, 5_000.0, "how far off stops and take-profits are")
    waits: int = number(20, 1, 100_000, "how many auctions stops and take-profits last")
    parts: int = number(4, 2, 1_000, "into how many parts, one an auction")
    later_share: float = number(0.0, 0.0, 1.0, "share that waits for an auction to come")
    later: int = number(5, 1, 100_000, "how many auctions later that one is")
    return_share: float = number(0.0, 0.0, 1.0, "share that trades back at a better price once it is filled whole")


@dataclass(frozen=True, slots=True)
class _Wish:
    """What somebody wants. All of it is drawn at once, so that no outcome changes later draws."""

    owner: int
    pair: tuple[AssetId, AssetId]
    value: float
    slack: float
    kind: float
    exact_out: bool
    whole: bool
    lasts: int


class Retail:
    """An ``Agent``. Short of funds, people trade what they have; with next to nothing they stay away."""

    def __init__(self, part: RetailPart) -> None:
        self.part = part
        self._made = 0
        rate = part.per_minute / MINUTE_US
        self._arrivals = arrivals(part.pattern, rate, part.branching, 1.0 / (part.decay_s * 1e6))

    def start(self, desk: Desk) -> None:
        if risky(desk, self.part.assets):
            self._plan(desk)

    def settled(self, desk: Desk, news: Settled) -> None:
        """People do not watch."""

    def _plan(self, desk: Desk) -> None:
        wait = self._arrivals.wait(desk.stream("arrivals"))
        desk.after(max(1, round(wait)), self._come, desk)

    def _come(self, desk: Desk) -> None:
        self._plan(desk)
        wish = _drawn(self.part, desk, desk.stream("wishes"))
        made = [desk.offer(offer, wish.owner) for offer in self._offers(desk, wish)]
        # Drawn from the other end than what else people do, so that none of it changes.
        if made and made[-1] is not None and wish.kind >= 1.0 - self.part.return_share:
            self._return(desk, wish, made[-1])

    def _offers(self, desk: Desk, wish: _Wish) -> list[Offer]:
        part = self.part
        away = part.trigger_bps / BPS
        share = wish.kind
        if (share := share - part.stop_share) < 0:
            return self._waiting(desk, wish, [stop], away)
        if (share := share - part.profit_share) < 0:
            return self._waiting(desk, wish, [take_profit], away)
        if (share := share - part.trailing_share) < 0:
            return self._waiting(desk, wish, [trailing], away)
        if (share := share - part.bracket_share) < 0:
            return self._waiting(desk, wish, [stop, take_profit], away)
        price = pricing(desk, part.anchor)
        found = legs(desk, wish.owner, wish.pair, wish.value, wish.slack, price, exact_out=wish.exact_out)
        if found is None:
            return []
        kind = Kind.EXACT_OUT if wish.exact_out else Kind.EXACT_IN
        if share < part.twap_share:
            lasts = part.parts + wish.lasts - 1
            return [Offer(*found, kind, lasts=lasts, schedule=Schedule(part.parts, 1), purpose="twap")]
        if share - part.twap_share < part.later_share:
            when, lasts = From(desk.auction + part.later), part.later + wish.lasts
            return [Offer(*found, kind, wish.whole, lasts, when, purpose="later")]
        return [Offer(*found, kind, wish.whole, wish.lasts, purpose="retail")]

    def _return(self, desk: Desk, wish: _Wish, first: IntentId) -> None:
        """Back again, ``trigger_bps`` better than the fair price now, once ``first`` is filled whole."""
        price, better = pricing(desk, self.part.anchor), -self.part.trigger_bps / BPS
        found = legs(desk, wish.owner, (wish.pair[1], wish.pair[0]), wish.value, better, price)
        if found is not None:
            offer = Offer(*found, lasts=self.part.waits, when=Filled(first), purpose="return")
            desk.offer(offer, wish.owner)

    def _waiting(self, desk: Desk, wish: _Wish, triggers: list[Trigger], away: float) -> list[Offer]:
        """Of several the first to trade ends the others."""
        self._made += 1
        group = self._made.to_bytes(8, "big") if len(triggers) > 1 else b""
        price = pricing(desk, self.part.anchor)
        found = [trigger(desk, wish.owner, wish.pair, wish.value, wish.slack, away, price) for trigger in triggers]
        return [replace(offer, lasts=self.part.waits, group=group) for offer in found if offer is not None]


def _drawn(part: RetailPart, desk: Desk, draw: Random) -> _Wish:
    if part.sizes is Sizes.PARETO:
        value = pareto(draw, part.size_median, part.tail)
    else:
        value = lognormal(draw, part.size_median, part.size_sigma)
    return _Wish(
        owner=draw.randrange(desk.owners),
        pair=_pair(part, desk, draw),
        value=value,
        slack=draw.gauss(part.slack_bps, part.slack_sigma_bps) / BPS,
        kind=draw.random(),
        exact_out=draw.random() < part.exact_out_share,
        whole=draw.random() < part.whole_share,
        lasts=draw.randint(1, part.patience),
    )


def _pair(part: RetailPart, desk: Desk, draw: Random) -> tuple[AssetId, AssetId]:
    """Two assets: mostly the numeraire and another."""
    assets = risky(desk, part.assets)
    first = assets[draw.randrange(len(assets))]
    second = assets[draw.randrange(len(assets))]
    cross, buy = draw.random() < part.cross_share, draw.random() < part.buy_share
    if cross and first != second:
        return first, second
    return (desk.numeraire, first) if buy else (first, desk.numeraire)
