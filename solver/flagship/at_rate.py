"""One pair's batch at its best rate in integers: what is over goes through the pool, or orders meet in exact lots.

Where the pool serves everybody at one price, that is the price. Where it would pay more than those bear who give
it nothing, the price is the rate, and a hair of what the pool pays stays behind. Where it stands idle nothing is
there to round with, so fills are whole lots. Where orders filled whole or not at all are no lots, or one would be
filled in part, those at the margin are chosen anew (``margin``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Final

from msgspec import structs

from intents.amounts import mul_div_ceil
from intents.assets import AssetId
from intents.intent import IntentId
from liquidity.errors import VenueError
from liquidity.registry import open_venue
from settlement.solution import Fill, Interaction, Solution
from solver.asks import Ask, lawful_asks
from solver.crossing import cross_at, simplest_between
from solver.flagship.best_rate import Best
from solver.flagship.margin import whole_at_margin
from solver.flagship.market import Market
from solver.flagship.one_pair import OnePair
from solver.flagship.plan import Plan, Problem
from solver.flagship.ration import rationed
from solver.naive import net_at_home
from solver.netting import left_over

#: A price is this near the rate, in parts: nearer means less simple fractions, and larger lots.
NEAR: Final = Fraction(1, 10**8)
#: Parts of orders are this much smaller, so that the pool pays a hair more than the rate.
SPARE: Final = 1e-9


def settle_at_rate(market: Market, best: Best, solver: str, number: int) -> Iterator[Solution]:
    """Up to three batches of ``best``, like orders sharing alike; the law has yet to be asked."""
    pair, fills = best.pair, best.pair.fills(best.filled)
    first, second = pair.state.assets
    rate = Fraction(best.rate * market.unit[first] / market.unit[second])
    lawful = lawful_asks(market.auction, solver)
    parts = [fills[ask.order.id] for ask in lawful if not ask.partial and ask.order.id in fills]
    if parts and (min(parts) < 1.0 or not best.filled.pooled):
        whole = whole_at_margin(pair, best.filled)
        netted = net_at_home(market.auction, number, [a for a in lawful if a.order.id in whole], pair.state)
        if netted is not None:
            yield netted
    asks = sorted(_smaller(lawful, _shared(market, best, fills)), key=lambda ask: ask.exact_rate)
    ours = _bearing([ask for ask in asks if ask.sell == first], rate)
    theirs = _bearing([ask for ask in asks if ask.sell == second], 1 / rate)
    asks = [*ours, *theirs]
    if best.filled.pooled and asks:
        netted = net_at_home(market.auction, number, asks, pair.state)
        if netted is not None:
            yield netted
        # The pool pays the rate or more to those who give it something: on their side the price may be worse.
        low, high = (1 - NEAR, 1) if best.filled.pooled > 0.0 else (1, 1 + NEAR)
        price = _between(ours, theirs, rate * low, rate * high)
        prices = {first: price.numerator, second: price.denominator}
        yield from _through_pool(pair, asks, prices, solver, number)
    elif ours and theirs:
        crossing = cross_at(ours, theirs, _between(ours, theirs, rate * (1 - NEAR), rate * (1 + NEAR)))
        if crossing is not None:
            traded = tuple(Fill(ask.order.id, executed) for ask, executed in crossing.fills)
            yield Solution(solver, number, crossing.prices, traded)


def _shared(market: Market, best: Best, fills: Mapping[IntentId, float]) -> Mapping[IntentId, float]:
    """The parts of orders that are filled, like orders sharing alike."""
    first, second = best.pair.state.assets
    plan = Plan(fills, {}, {first: best.rate, second: 1.0}, best.value)
    return rationed(Problem(market, market.orders, ()), plan).fills


def _smaller(asks: Iterable[Ask], fills: Mapping[IntentId, float]) -> Iterator[Ask]:
    """The asks that are filled, each as small as it is filled; those that allow no such part are left out."""
    for ask in asks:
        part = fills.get(ask.order.id, 0.0)
        if part >= 1.0:
            yield ask
        elif ask.partial and (units := floor(ask.sell_amount * part * (1.0 - SPARE))) >= max(1, ask.min_fill):
            least = mul_div_ceil(ask.buy_amount, units, ask.sell_amount)
            yield structs.replace(ask, sell_amount=units, buy_amount=least)


def _bearing(asks: Sequence[Ask], rate: Fraction) -> list[Ask]:
    """Those at whose limit ``rate`` is, or inside: of a few base units what is wanted is rounded up beyond it."""
    top, bottom = rate.numerator * (NEAR.denominator + 1), rate.denominator * NEAR.denominator
    return [ask for ask in asks if ask.buy_amount * bottom <= top * ask.sell_amount]


def _between(ours: Sequence[Ask], theirs: Sequence[Ask], low: Fraction, high: Fraction) -> Fraction:
    """The simplest price from ``low`` to ``high``, or next to them, that those bear who ask most on both sides."""
    if ours:
        least = Fraction(ours[-1].buy_amount, ours[-1].sell_amount)
        low, high = max(low, least), max(high, least)
    if theirs:
        most = Fraction(theirs[-1].sell_amount, theirs[-1].buy_amount)
        low, high = min(low, most), min(high, most)
    return simplest_between(low, high)


def _through_pool(
    pair: OnePair, asks: Sequence[Ask], prices: dict[AssetId, int], solver: str, number: int
) -> Iterator[Solution]:
    """All of ``asks`` at ``prices``, as far as the pool pays for what is over."""
    left = left_over(asks, prices)
    excess, shortage = sorted(left, key=lambda asset: -left[asset])
    swaps: tuple[Interaction, ...] = ()
    if left[shortage] < 0:
        try:
            paid = open_venue(pair.state).quote_in(excess, shortage, left[excess])
        except VenueError:
            return
        if paid < -left[shortage]:
            return
        swaps = (Interaction(pair.state.id, excess, shortage, left[excess], paid),)
    fills = tuple(Fill(ask.order.id, ask.sell_amount) for ask in asks)
    yield Solution(solver, number, prices, fills, swaps)
