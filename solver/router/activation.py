"""A fixed cost per venue used, relaxed: venues that may be used in part, at that part of their cost.

A venue that profits z = p·flow − c·p_m at prices p, its cost c being paid in token m, is worth max(0, z): a kink
where it starts to pay, as an order book has at a level's price. That relaxation is the best convex one: its dual
value bounds every choice of venues, and at an optimum no more venues are used in part than there are prices.

The kink is spread over a width w of z in units of v = c·p_m: the part used is θ = clip(z/(v·w)), and worth v·s
with s(r) = θ·(r − θ·w/2), r = z/v: convex in prices, homogeneous and never above max(0, z). Once centred, a venue
answers by its ramp instead (``ramp.py``). Its curvature in log prices is θ times the venue's own plus
dθ/dz·∇z·∇zᵀ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.router.families import Answer, Bools, Family, Floats, Ints
from solver.router.ramp import Ramp
from solver.tally import totals

#: Spread costs are this much wider, in units of the cost, than spread levels in units of what they trade.
WIDER: Final = 100.0


@dataclass(frozen=True, slots=True)
class Costed:
    """The venues of ``inner``, which has no kinks itself, each used at ``cost`` > 0 (P,) of token ``money``.

    Every venue's last slot is its cost; edges are the venue's own, then all pairs of its slots."""

    inner: Family
    money: int
    cost: Floats
    tails: Ints
    heads: Ints
    slot_token: Ints
    slot_venue: Ints
    _own: Ints
    _first: Ints
    _second: Ints
    _pair_venue: Ints
    ramp: Ramp | None = None

    kinked = True

    @classmethod
    def of(cls, inner: Family, money: int, cost: Floats) -> Costed:
        venues = inner.venues
        token = np.concatenate([inner.slot_token, np.full(venues, money)])
        venue = np.concatenate([inner.slot_venue, np.arange(venues)])
        first, second = _pairs(venue, venues)
        apart = token[first] != token[second]
        first, second = first[apart], second[apart]
        tails = np.concatenate([inner.tails, token[first]])
        heads = np.concatenate([inner.heads, token[second]])
        own = edge_venues(inner)
        return cls(inner, money, cost, tails, heads, token, venue, own, first, second, venue[first])

    @property
    def tokens(self) -> int:
        return self.inner.tokens

    @property
    def venues(self) -> int:
        return self.inner.venues

    @property
    def hints(self) -> tuple[Floats, Floats]:
        logs, depth = self.inner.hints
        none = np.zeros(len(self._first))
        return np.concatenate([logs, none]), np.concatenate([depth, none])

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        inner = self.inner.answer(log_prices)
        values = np.exp(log_prices[self.inner.slot_token]) * self.inner.flows(log_prices)
        profit = totals(self.inner.slot_venue, values, self.venues)
        price = float(np.exp(log_prices[self.money]))
        used, charged = self._use(profit, price, width)
        worth, bend = self._worth(profit - self.cost * price, used, price, width)
        net = totals(self.inner.slot_token, values * used[self.inner.slot_venue], self.tokens)
        net[self.money] -= float(charged.sum()) * price
        # ∇z per slot, the cost's such that a venue's sum is zero: it is but for z itself, which is small there.
        along = np.concatenate([values, -profit])
        pairs = -bend[self._pair_venue] * along[self._first] * along[self._second]
        return Answer(worth, net, np.concatenate([inner.stiffness * used[self._own], pairs]))

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        flows, profit, price = self._profits(log_prices)
        used, charged = self._use(profit, price, width)
        return np.concatenate([flows * used[self.inner.slot_venue], -charged])

    def only(self, keep: Bools) -> Costed:
        return Costed.of(self.inner.only(keep), self.money, self.cost[keep])

    def parts(self, log_prices: Floats, width: float) -> Floats:
        """(P,) the part θ in 0 … 1 of every venue that is used."""
        _, profit, price = self._profits(log_prices)
        return self._use(profit, price, width)[0]

    def gains(self, log_prices: Floats) -> Floats:
        _, profit, price = self._profits(log_prices)
        return profit - self.cost * price

    def centred(
        self,
        parts: Floats,
        log_prices: Floats,
        width: float,
        low: Floats | float = 0.0,
        high: Floats | float = 1.0,
    ) -> Costed:
        """Profit changes with log prices by the value traded: at least that at which the cost is earned back,
        which is about the root of cost times depth."""
        flows, _, price = self._profits(log_prices)
        traded = totals(
            self.inner.slot_venue, np.abs(np.exp(log_prices[self.inner.slot_token]) * flows), self.venues
        )
        depth = totals(self._own, self.inner.hints[1] * np.exp(log_prices[self.inner.tails]), self.venues)
        cost = self.cost * price
        return replace(
            self, ramp=Ramp(parts, width * np.maximum(traded / 2.0, np.sqrt(cost * (depth + cost))), low, high)
        )

    def _profits(self, log_prices: Floats) -> tuple[Floats, Floats, float]:
        flows = self.inner.flows(log_prices)
        values = np.exp(log_prices[self.inner.slot_token]) * flows
        return flows, totals(self.inner.slot_venue, values, self.venues), float(np.exp(log_prices[self.money]))

    def _use(self, profit: Floats, price: float, width: float) -> tuple[Floats, Floats]:
        """(θ, what is charged of token ``money``)."""
        z = profit - self.cost * price
        if width <= 0.0:
            used = (z > 0.0).astype(float)
            return used, used * self.cost
        if self.ramp is not None:
            used = self.ramp.part(z)
            return used, used * self.cost
        spread = WIDER * width
        used = np.clip(z / (self.cost * price * spread), 0.0, 1.0)
        return used, used * profit / price - self.cost * used * (z / (self.cost * price) - used * spread / 2.0)

    def _worth(self, z: Floats, used: Floats, price: float, width: float) -> tuple[float, Floats]:
        """(the family's worth, dθ/dz)."""
        if width <= 0.0:
            return float(used @ z), np.zeros(len(z))
        if self.ramp is not None:
            return self.ramp.worth(z, used), self.ramp.bend(used)
        scale = WIDER * width * self.cost * price
        margin = (used > 0.0) & (used < 1.0)
        return float(used @ (z - used * scale / 2.0)), np.where(margin, 1.0 / scale, 0.0)


def edge_venues(family: Family) -> Ints:
    """(E,) the venue of each edge: edges follow the venues' order, n(n − 1)/2 for n tokens."""
    counts = np.bincount(family.slot_venue, minlength=family.venues)
    return np.repeat(np.arange(family.venues), counts * (counts - 1) // 2)


def _pairs(slot_venue: Ints, venues: int) -> tuple[Ints, Ints]:
    """All pairs of slots of one venue."""
    order = np.argsort(slot_venue, kind="stable")
    counts = np.bincount(slot_venue, minlength=venues)
    starts = np.cumsum(counts) - counts
    firsts, seconds = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for size in np.unique(counts):
        left, right = np.triu_indices(size, 1)
        here = starts[counts == size][:, None]
        firsts.append(order[here + left].ravel())
        seconds.append(order[here + right].ravel())
    return np.concatenate(firsts), np.concatenate(seconds)
