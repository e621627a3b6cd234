"""Routing without cycles: tokens in one order, every venue trading down it.

Why? Venues that disagree on prices offer arbitrage to anybody; on real dumps it dwarfs what an order could get,
and it is not the order's. The rule: the tokens that one order passes through can be put in an order such that
every trade goes from an earlier to a later one. Venues of two tokens then trade one way only, venues of more take
tokens up to a cut and give those after it; what remains is a routing like any other, with a bound of its own for
that order of tokens.

Two orders are tried, and the better routing kept: by potential (how the order's give-and-take moves prices in a
network without fees: currents flow down it), and by the flows of the unrestricted routing once its circulations
are cancelled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

import numpy as np

from solver.router.books import Books
from solver.router.families import Answer, Bools, Family, Floats, Ints, Network
from solver.router.prepare import Prepared
from solver.router.stable import Stable
from solver.router.weighted_many import WeightedMany
from solver.tally import totals


@dataclass(frozen=True, slots=True)
class OneWay:
    """Two-token venues of ``inner``; ``forward``: (P,) whether each takes its first slot's token, or else its
    second's; ``open``: (P,) whether it trades at all."""

    inner: Family
    forward: Bools
    open: Bools

    kinked = False

    @property
    def tokens(self) -> int:
        return self.inner.tokens

    @property
    def venues(self) -> int:
        return self.inner.venues

    @property
    def tails(self) -> Ints:
        return self.inner.tails

    @property
    def heads(self) -> Ints:
        return self.inner.heads

    @property
    def slot_token(self) -> Ints:
        return self.inner.slot_token

    @property
    def slot_venue(self) -> Ints:
        return self.inner.slot_venue

    @property
    def hints(self) -> tuple[Floats, Floats]:
        return self.inner.hints

    def answer(self, log_prices: Floats, width: float = 0.0) -> Answer:
        inner, values = self.inner.answer(log_prices), np.exp(log_prices[self.slot_token]) * self.flows(log_prices)
        allowed = totals(self.slot_venue, np.abs(values), self.venues) > 0.0
        net = totals(self.slot_token, values, self.tokens)
        return Answer(float(values.sum()), net, np.where(allowed, inner.stiffness, 0.0))

    def flows(self, log_prices: Floats, width: float = 0.0) -> Floats:
        flows = self.inner.flows(log_prices)
        return np.where(self._allowed(flows)[self.slot_venue], flows, 0.0)

    def only(self, keep: Bools) -> OneWay:
        return OneWay(self.inner.only(keep), self.forward[keep], self.open[keep])

    def _allowed(self, flows: Floats) -> Bools:
        first, second = _first_slots(self.inner)
        return self.open & np.where(self.forward, flows[first] < 0.0, flows[second] < 0.0)


def down(network: Network, rank: Floats, give: int, want: int) -> Network:
    """The network in which trades go from tokens of lower to tokens of higher ``rank`` (T,), all different.

    Venues at tokens that no way from ``give`` to ``want`` passes are left idle: no price would be right for
    these."""
    alive = np.ones(network.tokens, bool)
    families = network.families
    for _ in range(2):
        families = tuple(_down(family, rank, alive) for family in network.families)
        alive = _between(families, give, want, network.tokens)
    return Network(network.tokens, tuple(_down(family, rank, alive) for family in network.families))


def _down(family: Family, rank: Floats, alive: Bools) -> Family:
    if isinstance(family, Books):
        books = []
        for book in family.books:
            passes, forward = alive[book.base] and alive[book.quote], rank[book.base] < rank[book.quote]
            bids = book.bids if passes and forward else ()
            asks = book.asks if passes and not forward else ()
            books.append(replace(book, bids=bids, asks=asks))
        return Books.of(family.tokens, books)
    if isinstance(family, WeightedMany | Stable):
        trades = family.layout.used & alive[family.layout.place_token]
        ranks = np.where(trades, rank[family.layout.place_token], np.inf)
        cut = _cuts(ranks)
        return family.directed(trades & (ranks <= cut), trades & (ranks > cut))
    first, second = (family.slot_token[slots] for slots in _first_slots(family))
    return OneWay(family, rank[first] < rank[second], alive[first] & alive[second])


def _between(families: tuple[Family, ...], give: int, want: int, tokens: int) -> Bools:
    """(T,) tokens on some way from ``give`` to ``want`` along the directions that are left."""
    tails, heads = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for family in families:
        if isinstance(family, Books):
            for book in family.books:
                if book.bids or book.asks:
                    tails.append(np.array([book.base if book.bids else book.quote]))
                    heads.append(np.array([book.quote if book.bids else book.base]))
        elif isinstance(family, WeightedMany | Stable):
            first, second = family.layout.first, family.layout.second
            for i, j in ((first, second), (second, first)):
                goes = family.may_come.ravel()[i] & family.may_leave.ravel()[j]
                tails.append(family.layout.place_token.ravel()[i][goes])
                heads.append(family.layout.place_token.ravel()[j][goes])
        elif isinstance(family, OneWay):
            first, second = (family.slot_token[slots] for slots in _first_slots(family))
            tails.append(np.where(family.forward, first, second)[family.open])
            heads.append(np.where(family.forward, second, first)[family.open])
    tail, head = np.concatenate(tails), np.concatenate(heads)
    return _reached(tail, head, give, tokens) & _reached(head, tail, want, tokens)


def _reached(tail: Ints, head: Ints, start: int, tokens: int) -> Bools:
    reached = np.zeros(tokens, bool)
    reached[start] = True
    for _ in range(tokens):
        more = reached.copy()
        more[head[reached[tail]]] = True
        if (more == reached).all():
            break
        reached = more
    return reached


def _cuts(ranks: Floats) -> Floats:
    """Per column, the rank below its widest gap: what is up to there comes in, what is after it goes out."""
    ordered = np.sort(ranks, axis=0)
    with np.errstate(invalid="ignore"):
        gaps = np.where(np.isfinite(ordered[1:]), np.diff(ordered, axis=0), -np.inf)
    cuts: Floats = np.take_along_axis(ordered, gaps.argmax(0)[None], 0)[0]
    return cuts


def _first_slots(family: Family) -> tuple[Ints, Ints]:
    """(P,) the first and the second slot of two-token venues."""
    order = np.argsort(family.slot_venue, kind="stable").reshape(-1, 2)
    return order[:, 0], order[:, 1]


def by_potential(prepared: Prepared, give: int, want: int) -> Floats:
    """(T,) ranks by how prices would move if a unit of value went in at ``give`` and out at ``want``."""
    into = np.zeros(prepared.network.tokens)
    into[give], into[want] = 1.0, -1.0
    potential = np.nan_to_num(prepared.respond(into))
    return _spaced(potential, give, want)


def by_flows(network: Network, flows: tuple[Floats, ...], prices: Floats, potential: Floats) -> Floats:
    """(T,) ranks by the flows' own order once the least part of every cycle is taken out of it."""
    carried: dict[tuple[int, int], float] = {}
    for family, flow in zip(network.families, flows, strict=True):
        for tail, head, value in arcs(family, flow, prices):
            carried[tail, head] = carried.get((tail, head), 0.0) + value
    order = _without_cycles(carried, potential)
    rank = np.empty(network.tokens)
    rank[order] = np.arange(network.tokens)
    return rank


def same_way(network: Network, flows: tuple[Floats, ...], prices: Floats, rank: Floats) -> bool:
    """Whether all flows go from lower to higher ``rank`` (T,)."""
    return all(
        rank[tail] < rank[head]
        for family, flow in zip(network.families, flows, strict=True)
        for tail, head, _ in arcs(family, flow, prices)
    )


def arcs(family: Family, flows: Floats, prices: Floats) -> list[tuple[int, int, float]]:
    """(paid token, token got, value) of every venue that trades; of n tokens, in proportion to what comes out."""
    found = []
    values = flows * prices[family.slot_token]
    for slots in _venue_slots(family):
        paid = [slot for slot in slots if values[slot] < 0.0]
        got = [slot for slot in slots if values[slot] > 0.0]
        total = math.fsum(values[slot] for slot in got)
        for i in paid:
            for j in got:
                tail, head = int(family.slot_token[i]), int(family.slot_token[j])
                found.append((tail, head, float(-values[i] * (values[j] / total))))
    return found


def _venue_slots(family: Family) -> list[Ints]:
    order = np.argsort(family.slot_venue, kind="stable")
    counts = np.bincount(family.slot_venue, minlength=family.venues)
    return [slots for slots in np.split(order, np.cumsum(counts)[:-1]) if len(slots)]


def _without_cycles(carried: dict[tuple[int, int], float], potential: Floats) -> list[int]:
    """All tokens, each after those it is fed by; among free ones by potential. Every cancellation takes out an
    arc."""
    left = dict(carried)
    for _ in range(len(carried) + 1):
        try:
            sorter: TopologicalSorter[int] = TopologicalSorter({token: set() for token in range(len(potential))})
            for tail, head in left:
                sorter.add(head, tail)
            sorter.prepare()
        except CycleError as error:
            around = [(b, a) for a, b in zip(error.args[1][1:], error.args[1], strict=False)]
            around = [arc if arc in left else arc[::-1] for arc in around]
            least = min(left[arc] for arc in around)
            left = {arc: value - least if arc in around else value for arc, value in left.items()}
            left = {arc: value for arc, value in left.items() if value > 0.0}
            continue
        order: list[int] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=lambda token: (potential[token], token))
            order += ready
            sorter.done(*ready)
        return order
    return sorted(range(len(potential)), key=lambda token: (potential[token], token))


def _spaced(potential: Floats, give: int, want: int) -> Floats:
    """Potentials made different from one another, ``give`` first and ``want`` last."""
    low, high = float(potential.min()), float(potential.max())
    ranked = potential + np.arange(len(potential)) * 1e-12 * max(high - low, 1e-300)
    ranked[give], ranked[want] = low - 1.0, high + 1.0
    return ranked
