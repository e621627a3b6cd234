"""One pair and one constant-product pool: what a rate is worth, and at most any rate between two others.

At a rate every order inside its limit gains the more the further inside it is, one side pays the other, and what
is over goes through the pool as far as that pays the rate on average. So what a rate is worth has a closed form:
orders in the order of their limits, of the side in excess as many as the other and the pool take.

The bound on an interval of rates is Lagrange's: with prices on what is short, each order and the pool gain by
themselves, and as their gains are convex in the rate (but for a term that is added) the ends have the most.

Whole orders count as if they could be filled in part, but for rates at which the pool stands idle (``idle``): so
this bounds what batches at one rate are worth and is not always one of them. Amounts are floats, measured in the
numeraire.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final, NamedTuple

from intents.intent import IntentId
from intents.venue_states import ConstantProductState
from settlement.verified import DirectedPair
from solver.flagship.idle import idle_rates
from solver.flagship.market import Market, Order

#: An order so little outside its limit, in parts, is at it.
TOUCHING: Final = 1e-12


class Shadow(NamedTuple):
    """What one more unit of each asset would be worth at a rate."""

    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Side:
    """Orders that give one asset for the other, those that ask least first, with sums of all before each place."""

    ids: tuple[IntentId, ...]
    limits: tuple[float, ...]
    sizes: tuple[float, ...]
    size_before: tuple[float, ...]
    least_before: tuple[float, ...]

    @classmethod
    def of(cls, orders: Iterable[Order]) -> Side:
        # Of those that ask alike, those that can be filled in part are the last.
        ranked = sorted(orders, key=lambda order: (order.limit, not order.whole, order.id))
        sizes = tuple(order.size for order in ranked)
        return cls(
            tuple(order.id for order in ranked),
            tuple(order.limit for order in ranked),
            sizes,
            tuple(accumulate(sizes, initial=0.0)),
            tuple(accumulate((order.size * order.limit for order in ranked), initial=0.0)),
        )

    def gain(self, threshold: float, rate: float) -> float:
        """Σ size·(threshold − limit) of those that ask for no more than either."""
        count = self.inside(min(threshold, rate))
        return threshold * self.size_before[count] - self.least_before[count]

    def inside(self, rate: float) -> int:
        """How many ask for no more than ``rate``."""
        return bisect_right(self.limits, rate * (1.0 + TOUCHING))

    def between(self, low: float, high: float) -> float | None:
        """The limit nearest to the middle of those strictly between two rates."""
        middle = math.sqrt(low * high)
        place = bisect_right(self.limits, middle)
        near = [limit for limit in self.limits[max(0, place - 1) : place + 1] if low < limit < high]
        return min(near, key=lambda limit: abs(math.log(limit / middle)), default=None)


class Taken(NamedTuple):
    """So many orders of a side ``whole``, those that ask least first, and a ``part`` of the next."""

    whole: int
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Filled:
    """The best at one rate.

    ``pooled`` is what goes through the pool, ``gain`` what a unit more of the side in excess would gain, both
    below 0 for the seconds, and ``spread`` what the pool pays for one more less than the rate.
    """

    rate: float
    value: float
    firsts: Taken
    seconds: Taken
    pooled: float
    gain: float
    spread: float

    def shadow(self, least: float) -> Shadow:
        """What a unit more of each asset would be worth, reckoned with a spread of this part of the rate at least.

        Where the pool is hardly used the worth has no bound at the rate itself, and is of no use beside it.
        """
        if not self.gain:
            return Shadow(0.0, 0.0)
        rate = self.rate if self.gain > 0.0 else 1.0 / self.rate
        worth = abs(self.gain) / max(self.spread, least * rate)
        other = max(0.0, worth * rate - abs(self.gain))
        return Shadow(other, worth) if self.gain > 0.0 else Shadow(worth, other)


class Stretch(NamedTuple):
    """Rates from ``low`` to ``high``, at which nobody gains more than ``most``; ``made`` can be settled."""

    low: float
    high: float
    most: OnePair
    made: OnePair


@dataclass(frozen=True, slots=True)
class OnePair:
    """``firsts`` give the first asset and want the second at ``rate`` units for one, ``seconds`` the other way.

    ``pool`` has measured reserves of both and keeps ``kept`` of what goes in after its fee. On ``stretches`` of
    rates fewer can trade.
    """

    state: ConstantProductState
    firsts: Side
    seconds: Side
    pool: tuple[float, float]
    kept: float
    stretches: tuple[Stretch, ...] = ()

    @property
    def directions(self) -> Iterator[tuple[DirectedPair, OnePair]]:
        """Each direction's orders alone."""
        (first, second), nobody = self.state.assets, Side.of(())
        yield (first, second), replace(self, seconds=nobody, stretches=())
        yield (second, first), replace(self, firsts=nobody, stretches=())

    def at(self, rate: float) -> Filled:
        """The best fills at ``rate``."""
        firsts, seconds = self.firsts.inside(rate), self.seconds.inside(1.0 / rate)
        over = self.firsts.size_before[firsts] - self.seconds.size_before[seconds] / rate
        value = self.firsts.gain(rate, rate) + self.seconds.gain(1.0 / rate, 1.0 / rate)
        x, y = self.pool
        if over >= 0.0:
            taken, marginal = _through(x, y, self.kept, rate)
            cut = _cut(self.firsts, firsts, over - taken, rate)
            pooled = min(over, taken)
            return Filled(rate, value - cut.lost, cut.left, Taken(seconds), pooled, cut.gain, rate - marginal)
        taken, marginal = _through(y, x, self.kept, 1.0 / rate)
        cut = _cut(self.seconds, seconds, -over * rate - taken, 1.0 / rate)
        pooled = max(over * rate, -taken)
        return Filled(rate, value - cut.lost, Taken(firsts), cut.left, pooled, -cut.gain, 1.0 / rate - marginal)

    @property
    def turnover(self) -> float:
        """What all orders give, in parts of what the pool holds."""
        x, y = self.pool
        return self.firsts.size_before[-1] / x + self.seconds.size_before[-1] / y

    def reach(self) -> tuple[float, float]:
        """The least and the greatest rate at which anybody could trade."""
        x, y = self.pool
        lows, highs = [y / (self.kept * x)], [self.kept * y / x]
        lows += self.firsts.limits[:1]
        highs += [1.0 / limit for limit in self.seconds.limits[:1]]
        return min(lows + highs), max(lows + highs)

    def searched(self) -> list[Stretch]:
        """All rates at which anybody could trade, in stretches."""
        low, high = self.reach()
        if not self.stretches:
            return [Stretch(low, high, self, self)]
        first, last = self.stretches[0].low * (1.0 + TOUCHING), self.stretches[-1].high / (1.0 + TOUCHING)
        outer = [Stretch(low, first, self, self), Stretch(last, high, self, self)]
        return [stretch for stretch in (*outer, *self.stretches) if stretch.low <= stretch.high]

    def cut(self, low: float, high: float) -> float:
        """Where to cut an interval: at a limit, as what a rate is worth jumps there, else in the middle."""
        inner_low, inner_high = low * (1.0 + 2 * TOUCHING), high / (1.0 + 2 * TOUCHING)
        limit = self.firsts.between(inner_low, inner_high)
        if limit is not None:
            return limit
        limit = self.seconds.between(1.0 / inner_high, 1.0 / inner_low)
        return math.sqrt(low * high) if limit is None else 1.0 / limit

    def fills(self, filled: Filled) -> dict[IntentId, float]:
        """The orders that are filled, and which part of each."""
        fills: dict[IntentId, float] = {}
        for side, taken in ((self.firsts, filled.firsts), (self.seconds, filled.seconds)):
            fills |= dict.fromkeys(side.ids[: taken.whole], 1.0)
            if taken.part > 0.0:
                fills[side.ids[taken.whole]] = taken.part
        return fills

    def most(self, low: float, high: float, shadow: Shadow) -> tuple[float, float, float]:
        """What no rate from ``low`` to ``high`` betters at these shadow prices: at either end, and what both may
        be exceeded by in between."""
        reach = high, 1.0 / low
        first, second = shadow
        ends = []
        for rate in (low, high):
            gain = self.firsts.gain(rate + first - second * rate, reach[0])
            gain += self.seconds.gain(1.0 / rate + second - first / rate, reach[1])
            ends.append(gain)
        pool = self._pool_gain(first, second)
        # Above the chord between its ends 1/rate has nothing to add, −1/rate at most this much of each.
        sag = (1.0 / math.sqrt(low) - 1.0 / math.sqrt(high)) ** 2
        between = max(0.0, first - 1.0) * self.seconds.size_before[-1] * sag
        return ends[0] + pool, ends[1] + pool, between

    def _pool_gain(self, first: float, second: float) -> float:
        """The most a trade with the pool gains at these prices: (√(kept·y·b) − √(x·a))² / kept or its mirror."""
        x, y = self.pool
        out, back = math.sqrt(self.kept * y * second), math.sqrt(self.kept * x * first)
        into, forth = math.sqrt(x * first), math.sqrt(y * second)
        return (max(0.0, out - into) ** 2 + max(0.0, back - forth) ** 2) / self.kept


@dataclass(frozen=True, slots=True)
class _Cut:
    """``left`` is what stays, ``lost`` what the others would gain, ``gain`` what a unit more would."""

    left: Taken
    lost: float
    gain: float


def _cut(side: Side, count: int, excess: float, rate: float) -> _Cut:
    """Leave out ``excess`` of the first ``count``, those that gain least first, the last of them in part."""
    if excess <= 0.0:
        return _Cut(Taken(count), 0.0, 0.0)
    left = max(0.0, side.size_before[count] - excess)
    whole = bisect_right(side.size_before, left, 0, count) - 1
    if whole == count:
        return _Cut(Taken(count), 0.0, 0.0)
    rest, limit = left - side.size_before[whole], side.limits[whole]
    stays = rate * left - side.least_before[whole] - rest * limit
    return _Cut(Taken(whole, rest / side.sizes[whole]), side.gain(rate, rate) - stays, rate - limit)


def _through(into: float, out: float, kept: float, rate: float) -> tuple[float, float]:
    """How much a pool takes and still pays ``rate`` on average, and what it pays for one more then."""
    taken = out / rate - into / kept
    if taken <= 0.0:
        return 0.0, min(rate, kept * out / into)
    return taken, into * rate * rate / (kept * out)


def one_pair(market: Market) -> OnePair | None:
    """The market as one pair; ``None`` where it is anything else, or costs or fees come in."""
    auction = market.auction
    costs = (market.settlement_cost, market.trade_cost, market.gas_price)
    if len(market.venues) != 1 or any(costs) or not 0 < len(market.orders) == len(auction.orders):
        return None
    pool = market.venues[0].state
    if len(auction.venues) != 1 or not isinstance(pool, ConstantProductState) or pool.fee >= 1:
        return None
    first, second = pool.assets
    for order in market.orders:
        plain = order.sells and order.scores == 1.0 and order.floor == order.limit and not order.record.policies
        if not plain or {order.give, order.want} != {first, second}:
            return None
    firsts, seconds = ([order for order in market.orders if order.give == asset] for asset in (first, second))
    x, y = (amount * market.unit[asset] for amount, asset in zip(pool.reserves, pool.assets, strict=True))
    pair = OnePair(pool, Side.of(firsts), Side.of(seconds), (x, y), float(1 - pool.fee))
    two_sided = bool(firsts and seconds)
    if not two_sided or not any(o.whole for o in market.orders) or any(o.fee for o in market.orders):
        return pair
    made = replace(pair, firsts=Side.of(_in_part(firsts)), seconds=Side.of(_in_part(seconds)))
    stretches = []
    for idle in idle_rates(pool):
        low, high = (float(rate) * market.unit[second] / market.unit[first] for rate in (idle.low, idle.high))
        ours, theirs = (
            idle.meeting(orders, lot) for orders, lot in zip((firsts, seconds), idle.lots, strict=True)
        )
        stretches.append(Stretch(low, high, replace(pair, firsts=Side.of(ours), seconds=Side.of(theirs)), made))
    return replace(pair, stretches=tuple(stretches))


def _in_part(orders: Iterable[Order]) -> Iterator[Order]:
    return (order for order in orders if not order.whole)
