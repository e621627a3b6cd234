"""The flagship's table of contents.

seeds → prepare → bound → search (start, climb, select, polish) → settle in integers → verify → fairness → bids
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intents.auction import Auction
from settlement.errors import LawError
from settlement.solution import Solution
from settlement.verified import DirectedPair, Verified
from settlement.verify import Verifier
from solver.flagship.bidding import WHOLE_ID, floors, numbered, unfair_pairs, winners, worth
from solver.flagship.bound import dual_prices, relative
from solver.flagship.certificate import certify
from solver.flagship.circulation import settle_on_lattice
from solver.flagship.integers import settle_plan
from solver.flagship.market import measure
from solver.flagship.order_only import batches, fits
from solver.flagship.plan import Plan, Problem
from solver.flagship.prepare import prepare
from solver.flagship.search import plans, widened
from solver.flagship.seeds import seeds
from solver.flagship.split import components
from solver.protocol import Deadline

#: How many times the usual hair is withheld when a plan cannot be rounded otherwise.
HAIRS: Final = (8.0, 64.0)
#: The share of the time that the bound may take, as long as its prices still improve.
BOUND_SHARE: Final = 0.25
#: The share of the time that a batch of orders alone may take, as long as its gap is open.
ORDERS_SHARE: Final = 0.6
#: How often pairs that rivals serve better may be taken out of the batch.
FAIR_ROUNDS: Final = 3
#: The share that may take of the time left after the search; the rest is for single pairs.
FAIR_SHARE: Final = 0.6
#: The id of a smaller batch that stands where the whole one is refused as unfair.
FAIRER_ID: Final = 10_000
#: Bids for single pairs are numbered from here; each may take this share of the time that is left.
PAIR_ID: Final = 20_000
PAIR_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class WalrasConfig:
    """Shares of the time left at each point: for a batch that is fair beside rivals, then for any batch."""

    fair_share: float = 0.6
    free_share: float = 0.5


class Walras:
    """Matches the batch at one price vector and routes the rest over all venues, net of cost."""

    name = "walras"

    def __init__(self, config: WalrasConfig | None = None) -> None:
        self.config = config or WalrasConfig()

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]:
        """The simple answers at once, then each better batch as soon as it verifies."""
        verifier = Verifier(auction)
        if fits(auction):
            yield from self._orders_alone(auction, verifier, deadline)
            return
        families = seeds(auction, verifier, deadline)
        simple = [bid for family in families for bid in family]
        best = max(([winners(simple), *map(winners, families)]), key=worth)
        taken: list[int] = []
        yield from self._bids(best, taken)
        problem = prepare(measure(auction, self.name))
        soon = replace(deadline, ends_at=deadline.ends_at - (1.0 - BOUND_SHARE) * deadline.remaining_s)
        dual = dual_prices(problem.market, soon)
        problem = replace(problem, start=relative(dual, problem.market))
        proof = certify(auction, dual)
        yield from self._bids(best, taken, proof)
        fair: Verified | None = None
        asks = replace(problem, floors=floors(simple))
        for at, share in ((asks, self.config.fair_share), (problem, self.config.free_share)):
            for batch in self._batches(verifier, at, _part(deadline, share), deadline):
                if not unfair_pairs(batch, simple) and (fair is None or batch.score.net > fair.score.net):
                    fair = batch
                for bids in (offer(verifier, batch, ()), offer(verifier, batch, simple)):
                    if worth(bids) > worth(best):
                        best = bids
                        yield from self._bids(best, taken, proof)
        if fair is None and best:
            fair = self._fairer(verifier, problem, best[0], simple, _part(deadline, FAIR_SHARE))
        if fair is not None and fair not in best and worth([*best, fair]) >= worth(best):
            yield replace(fair.solution, id=FAIRER_ID)
        yield from self._pairs(verifier, problem, fair or (best[0] if best else None), simple, deadline)

    def _orders_alone(self, auction: Auction, verifier: Verifier, deadline: Deadline) -> Iterator[Solution]:
        """The best batch and a proof from one search; then one that rivals' single pairs leave standing."""
        market = measure(auction, self.name)
        taken: list[int] = []
        best: list[Verified] = []
        proof: Mapping[str, object] | None = None
        for found in batches(market, verifier, self.name, deadline.part(ORDERS_SHARE)):
            best, proof = [found.verified], found.proof
            yield from self._bids(best, taken, proof)
        simple = [bid for family in seeds(auction, verifier, deadline) for bid in family]
        batch = best[0] if best else None
        for bids in (
            winners(simple),
            *([offer(verifier, batch, ()), offer(verifier, batch, simple)] if batch else []),
        ):
            if worth(bids) > worth(best):
                best = bids
                yield from self._bids(best, taken, proof)
        out: set[DirectedPair] = set()
        for _ in range(FAIR_ROUNDS):
            if batch is None or deadline.passed or not unfair_pairs(batch, simple):
                break
            out |= unfair_pairs(batch, simple)
            kept = replace(market, orders=tuple(o for o in market.orders if (o.give, o.want) not in out))
            batch = None
            for found in batches(kept, verifier, self.name, deadline.part(FAIR_SHARE)):
                batch = found.verified
        if batch is not None and batch not in best and not unfair_pairs(batch, simple):
            yield replace(batch.solution, id=FAIRER_ID)

    def _bids(
        self, bids: Sequence[Verified], taken: list[int], proof: Mapping[str, object] | None = None
    ) -> Iterator[Solution]:
        """The bids as they are numbered; the first carries what is proven about the whole auction."""
        for solution in numbered(bids, self.name, taken):
            if solution.id not in taken:
                taken.append(solution.id)
            yield replace(solution, certificate=proof) if solution.id == WHOLE_ID else solution

    def _batches(
        self, verifier: Verifier, problem: Problem, search: Deadline, settle: Deadline
    ) -> Iterator[Verified]:
        """Batches that verify, as the search finds plans."""
        for at, plan in plans(problem, search):
            verified = self._settled(verifier, at, plan, settle)
            if verified is not None:
                yield verified

    def _settled(self, verifier: Verifier, problem: Problem, plan: Plan, deadline: Deadline) -> Verified | None:
        """The plan in integers; where rounding finds no room, without any, or once more with more of it."""
        verified = judged(verifier, settle_plan(problem, plan, self.name, WHOLE_ID, deadline))
        if verified is None and not plan.flows:
            verified = judged(verifier, settle_on_lattice(problem, plan, self.name, WHOLE_ID))
        for factor in HAIRS:
            if verified is not None or deadline.passed:
                break
            wider = widened(problem, plan, factor, deadline)
            if wider is not None:
                verified = judged(verifier, settle_plan(*wider, self.name, WHOLE_ID, deadline))
        return verified

    def _fairer(
        self,
        verifier: Verifier,
        problem: Problem,
        batch: Verified | None,
        simple: Sequence[Verified],
        deadline: Deadline,
    ) -> Verified | None:
        """A smaller batch that rivals cannot have filtered out: without the pairs where this one could be."""
        out: set[DirectedPair] = set()
        least = floors(simple)
        found: Verified | None = None
        for _ in range(FAIR_ROUNDS):
            if batch is None or deadline.passed or not unfair_pairs(batch, simple):
                break
            # What falls short is left to rivals, and to bids of its own.
            out |= unfair_pairs(batch, simple)
            kept = tuple(o for o in problem.orders if (o.give, o.want) not in out)
            smaller = replace(
                problem, orders=kept, floors={pair: floor for pair, floor in least.items() if pair not in out}
            )
            batch = None
            for batch in self._batches(verifier, smaller, deadline, deadline):
                if not unfair_pairs(batch, simple):
                    found = batch
        return found

    def _pairs(
        self,
        verifier: Verifier,
        problem: Problem,
        batch: Verified | None,
        simple: Sequence[Verified],
        deadline: Deadline,
    ) -> Iterator[Solution]:
        """Bids for single pairs that the batch leaves to rivals: nobody can call those unfair."""
        served = set() if batch is None or unfair_pairs(batch, simple) else set(batch.score.pairs)
        rest = sorted(floors(simple).items(), key=lambda item: (-item[1], item[0]))
        for number, (pair, _) in enumerate(rest, start=PAIR_ID):
            if deadline.passed:
                return
            if pair in served:
                continue
            orders = tuple(order for order in problem.orders if (order.give, order.want) == pair)
            small = replace(problem, orders=orders, floors={})
            share = Deadline.after(deadline.remaining_s * PAIR_SHARE, seed=deadline.seed)
            best: Verified | None = None
            for bid in self._batches(verifier, small, share, deadline):
                best = bid if best is None or bid.score.net > best.score.net else best
            if best is not None:
                yield replace(best.solution, id=number)


def _part(deadline: Deadline, share: float) -> Deadline:
    """The deadline of a step that may take ``share`` of the time left."""
    return Deadline.after(deadline.remaining_s * share, seed=deadline.seed)


def offer(verifier: Verifier, batch: Verified, simple: Sequence[Verified]) -> list[Verified]:
    """The batch, the parts it falls into, and of the simple answers those that win beside it."""
    parts = [
        verified
        for part in components(batch.solution, verifier.auction)
        if (verified := judged(verifier, part)) is not None
    ]
    beside = [bid for bid in simple if bid.score.pairs.keys().isdisjoint(batch.score.pairs)]
    return [batch, *(parts if len(parts) > 1 else ()), *winners(beside)]


def judged(verifier: Verifier, solution: Solution | None) -> Verified | None:
    """What the law makes of the solution; a bid it would refuse is not worth making."""
    if solution is None:
        return None
    try:
        return verifier.verify(solution)
    except LawError:
        return None
