"""The flagship's table of contents.

seeds → prepare → a first batch (start, climb, select, polish → settle in integers, verify) → bound and
certificate → batches with floors, that stand beside rivals → batches without; the best of either kind made fair,
where it may be refused → single pairs that are left, as far as they bring no less than they cost by having ours
refused

Where few assets trade the bound comes after the seeds of the first solver, and for one pair and one pool so does
the best rate and its batch in exact integers (``one_pair``, ``best_rate``, ``at_rate``). Once either proves that
nothing is left to be had, the rest is left out.

Orders alone, without venues, costs or fees of ours, have a search of their own (``order_only``).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from intents.auction import Auction
from settlement.certificate.bound import certify
from settlement.certificate.dual import DualPrices
from settlement.solution import Solution
from settlement.verified import DirectedPair, Verified
from settlement.verify import Verifier
from solver.flagship.at_rate import settle_at_rate
from solver.flagship.best_rate import best_rate
from solver.flagship.bidding import NEARLY, WHOLE_ID, Stand, floors, together, unfair_pairs, winners, won
from solver.flagship.bound import dual_prices, relative
from solver.flagship.fair import adjusted, fair_batches
from solver.flagship.market import Market, measure
from solver.flagship.one_pair import one_pair
from solver.flagship.order_only import batches, fits
from solver.flagship.plan import Problem
from solver.flagship.prepare import prepare
from solver.flagship.seeds import seeds
from solver.flagship.settling import Settling
from solver.protocol import Deadline

#: The last step may take a little longer than it was given.
IN_TIME: Final = 0.96
#: The share of the time left in which a first batch is looked for: also without one the bound has its turn.
FIRST_SHARE: Final = 0.5
#: The share of the time left that the bound may take, as long as its prices still improve.
BOUND_SHARE: Final = 0.25
#: The share of the time that a batch of orders alone may take, as long as its gap is open.
ORDERS_SHARE: Final = 0.6
#: The share of the time left in which such a batch is made fair, and how often pairs are taken out of it.
FAIR_SHARE: Final = 0.6
FAIR_ROUNDS: Final = 3
#: Among so many assets the bound costs little more than a simple answer, and simple answers may reach it.
FEW_ASSETS: Final = 4
#: Of what is proven to be the most, in parts, what is not worth looking for.
CLOSED: Final = 1_000_000
#: The id of a smaller batch that stands where the whole one is refused as unfair.
FAIRER_ID: Final = 10_000
#: Bids for single pairs are numbered from here; each may take this share of the time that is left.
PAIR_ID: Final = 20_000
PAIR_SHARE: Final = 0.25
#: Where rivals bid for single pairs and no batch was fair beside them, all of ours may be refused: then batches
#: have this share of the time left, and single pairs the rest.
REFUSED_SHARE: Final = 0.5
#: The share of the time left in which a batch is made fair.
ADJUSTED_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class WalrasConfig:
    """Shares of the time left at each point: for a batch that is fair beside rivals, then for any batch."""

    fair_share: float = 0.65
    free_share: float = 0.8


class Walras:
    """Matches the batch at one price vector and routes the rest over all venues, net of cost."""

    name = "walras"

    def __init__(self, config: WalrasConfig | None = None) -> None:
        self.config = config or WalrasConfig()

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]:
        """The simple answers at once, then each better batch as soon as it verifies."""
        deadline = deadline.part(IN_TIME)
        settling, stand = Settling(Verifier(auction), self.name), Stand(self.name)
        if fits(auction):
            yield from self._orders_alone(auction, settling, stand, deadline)
            return
        simple: list[Verified] = []
        dual = yield from self._simple(auction, settling, stand, simple, deadline)
        if stand.closed(CLOSED, simple):
            return
        problem = prepare(measure(auction, self.name), deadline)
        # A first batch of any kind; then fair ones, where there is anything to be fair to; then any again.
        first = None
        for batch in islice(settling.batches(problem, deadline.part(FIRST_SHARE), deadline), 1):
            first = batch
            yield from self._offered(settling, stand, batch, simple, deadline)
        if dual is None:
            dual = dual_prices(problem.market, deadline.part(BOUND_SHARE))
            stand.proof = certify(auction, dual)
            yield from stand.bids()
        problem = replace(problem, start=relative(dual, problem.market))
        if stand.closed(CLOSED, simple):
            return
        if first is not None:
            yield from self._adjusted(settling, stand, problem, first, simple, deadline)
        for batch in self._fair(settling, problem, simple, deadline.part(self.config.fair_share)):
            yield from self._offered(settling, stand, batch, simple, deadline)
            if stand.closed(CLOSED, simple):
                return
            if stand.fairer(batch, simple):
                yield from self._beside(stand, simple, deadline)
        if stand.best:
            yield from self._adjusted(settling, stand, problem, stand.best[0], simple, deadline)
        refused = stand.fair is None and bool(floors(simple, problem.market.whole))
        refused |= bool(stand.best) and stand.loses(stand.best[0], simple)
        share = REFUSED_SHARE if refused else self.config.free_share
        for batch in settling.batches(problem, deadline.part(share), deadline):
            yield from self._offered(settling, stand, batch, simple, deadline)
            if stand.closed(CLOSED, simple):
                return
            yield from self._adjusted(settling, stand, problem, batch, simple, deadline)
        ours = stand.best
        if stand.fair is not None:  # once more, as what it stands beside has changed
            ours = yield from self._beside(stand, simple, deadline)
        yield from self._pairs(settling, stand, problem, ours, simple, deadline)

    def _adjusted(
        self,
        settling: Settling,
        stand: Stand,
        problem: Problem,
        batch: Verified,
        simple: Sequence[Verified],
        deadline: Deadline,
    ) -> Iterator[Solution]:
        """``batch`` as the fair one, or what is fair near it, where the fair one so far is worth much less."""
        if stand.fairer(batch, simple):
            yield from self._beside(stand, simple, deadline)
        if not stand.loses(batch, simple) or batch.score.net * NEARLY <= stand.tried:
            return
        stand.tried = batch.score.net
        for better in adjusted(settling, problem, batch, simple, deadline.part(ADJUSTED_SHARE)):
            yield from self._offered(settling, stand, better, simple, deadline)
            if stand.fairer(better, simple):
                yield from self._beside(stand, simple, deadline)

    def _simple(
        self, auction: Auction, settling: Settling, stand: Stand, simple: list[Verified], deadline: Deadline
    ) -> Generator[Solution, None, DualPrices | None]:
        """The first simple answer at once, then the best that all of them or one solver's make together. Where few
        assets trade, also the bound, which may show that the first solver's cannot be bettered: then no others."""
        families: dict[int, list[Verified]] = {}
        dual: DualPrices | None = None
        few = len({leg.asset for o in auction.orders for leg in (*o.intent.give, *o.intent.want)}) <= FEW_ASSETS
        for number, bid in seeds(auction, settling, deadline):
            if bid is None and few and dual is None:
                yield from stand.offer(winners(simple, deadline))
                market = measure(auction, self.name)
                dual = dual_prices(market, deadline.part(BOUND_SHARE))
                stand.proof = certify(auction, dual)
                yield from stand.bids()
                yield from self._at_one_rate(market, settling, stand, deadline)
                if stand.closed(CLOSED, simple):
                    return dual
            if bid is None:
                continue
            simple.append(bid)
            families.setdefault(number, []).append(bid)
            if not stand.best:
                yield from stand.offer([bid])
        for bids in (simple, *families.values()):
            yield from stand.offer(winners(bids, deadline))
        return dual

    def _at_one_rate(
        self, market: Market, settling: Settling, stand: Stand, deadline: Deadline
    ) -> Iterator[Solution]:
        """Where one pair trades with one pool, the batch at the best rate unless ours is as good already; and what
        can be had at most, provided that no rival's bid for either direction alone can have ours refused."""
        pair = one_pair(market)
        if pair is None:
            return
        best = best_rate(pair, deadline)
        most = math.ceil(best.most * market.whole)
        batches = settle_at_rate(market, best, self.name, WHOLE_ID)
        while (most - stand.worth) * CLOSED > most and (solution := next(batches, None)):
            batch = settling.judged(solution, deadline)
            yield from stand.offer([] if batch is None else [batch])
        ours = stand.best[0].score.pairs if stand.best else {}
        for direction, orders in pair.directions:
            given = ours.get(direction, 0) / market.whole
            if best_rate(orders, deadline, enough=given).most > given:
                return
        stand.most = most

    def _fair(
        self, settling: Settling, problem: Problem, simple: Sequence[Verified], deadline: Deadline
    ) -> Iterator[Verified]:
        """Batches on the way to fair ones, where there is anything to be fair to."""
        if any(len(bid.score.pairs) == 1 for bid in simple):
            yield from fair_batches(settling, problem, simple, deadline)

    def _beside(
        self, stand: Stand, simple: Sequence[Verified], deadline: Deadline
    ) -> Generator[Solution, None, list[Verified]]:
        """The fair batch as a bid of its own, if more is settled with it; else the best again in its place.

        Returns what we stand by then."""
        both = stand.best if stand.fair is None else [*stand.best, stand.fair]
        stays = won(both, simple, deadline) > won(stand.best, simple, deadline)
        bid = both[-1] if stays else stand.best[0]
        yield stand.certified(replace(bid.solution, solver=self.name, id=FAIRER_ID))
        return both if stays else stand.best

    def _offered(
        self, settling: Settling, stand: Stand, batch: Verified, simple: Sequence[Verified], deadline: Deadline
    ) -> Iterator[Solution]:
        for bids in settling.offers(batch, simple, deadline):
            yield from stand.offer(bids)

    def _pairs(
        self,
        settling: Settling,
        stand: Stand,
        problem: Problem,
        ours: Sequence[Verified],
        simple: Sequence[Verified],
        deadline: Deadline,
    ) -> Iterator[Solution]:
        """Bids for single pairs that our fair batches leave to rivals: nobody can call those unfair. They may have
        ours refused, so they are made where they bring at least what that costs, some only together."""
        served = {pair for bid in ours if not unfair_pairs(bid, simple) for pair in bid.score.pairs}
        rest = sorted(floors(simple, problem.market.whole).items(), key=lambda item: (-item[1], item[0]))
        made, waiting = list(ours), list[Verified]()
        settled = together(made, simple, deadline)
        for number, (pair, _) in enumerate(rest, start=PAIR_ID):
            if deadline.passed:
                return
            best = None if pair in served else self._single(settling, problem, pair, deadline)
            if best is None:
                continue
            bid = replace(best, solution=replace(best.solution, id=number))
            waiting.append(bid)
            for some in (waiting, [bid]):
                found = together([*made, *some], simple, deadline)
                if found >= settled:
                    made, settled = [*made, *some], found
                    yield from (stand.certified(one.solution) for one in some)
                    waiting = [one for one in waiting if one not in some]
                    break

    def _single(
        self, settling: Settling, problem: Problem, pair: DirectedPair, deadline: Deadline
    ) -> Verified | None:
        """The best batch of one pair's orders."""
        orders = tuple(order for order in problem.orders if (order.give, order.want) == pair)
        best: Verified | None = None
        for bid in settling.batches(replace(problem, orders=orders), deadline.part(PAIR_SHARE), deadline):
            best = bid if best is None or bid.score.net > best.score.net else best
        return best

    def _orders_alone(
        self, auction: Auction, settling: Settling, stand: Stand, deadline: Deadline
    ) -> Iterator[Solution]:
        """The best batch and a proof from one search; then one that rivals' single pairs leave standing."""
        market = measure(auction, self.name)
        batch: Verified | None = None
        for found in batches(market, settling.verifier, self.name, deadline.part(ORDERS_SHARE)):
            batch, stand.proof = found.verified, found.proof
            yield from stand.instead([] if batch is None else [batch])
        simple = [bid for _, bid in seeds(auction, settling, deadline) if bid is not None]
        yield from stand.offer(winners(simple, deadline))
        if batch is not None:
            yield from self._offered(settling, stand, batch, simple, deadline)
        out: set[DirectedPair] = set()
        for _ in range(FAIR_ROUNDS):
            if batch is None or deadline.passed or not unfair_pairs(batch, simple):
                break
            out |= unfair_pairs(batch, simple)
            kept = replace(market, orders=tuple(o for o in market.orders if (o.give, o.want) not in out))
            batch = None
            for found in batches(kept, settling.verifier, self.name, deadline.part(FAIR_SHARE)):
                batch = found.verified
        if batch is not None and batch not in stand.best and not unfair_pairs(batch, simple):
            yield stand.certified(replace(batch.solution, id=FAIRER_ID))
