"""From plans to verified batches: integers that the law accepts, with more room for rounding where it must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from settlement.errors import LawError
from settlement.solution import Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.flagship.bidding import WHOLE_ID, winners
from solver.flagship.circulation import settle_on_lattice
from solver.flagship.integers import settle_plan
from solver.flagship.plan import Plan, Problem
from solver.flagship.ration import rationed
from solver.flagship.search import plans, roomy, widened
from solver.flagship.split import components
from solver.protocol import Deadline
from solver.vetting import verify_work

#: How many times the usual hair is withheld when a plan cannot be rounded otherwise.
HAIRS: Final = (8.0, 64.0)


class Settling:
    """The referee's verifier, and what it takes to get a plan past it."""

    def __init__(self, verifier: Verifier, solver: str) -> None:
        self.verifier = verifier
        self.solver = solver

    def batches(self, problem: Problem, search: Deadline, settle: Deadline) -> Iterator[Verified]:
        """Batches that verify, as the search finds plans."""
        for at, plan in plans(problem, search):
            verified = self.settled(at, plan, settle)
            if verified is not None:
                yield verified

    def settled(self, problem: Problem, plan: Plan, deadline: Deadline) -> Verified | None:
        """The plan in integers; where rounding finds no room, without any, with a venue's, or with more of it."""
        shared = rationed(problem, plan)
        verified = self.judged(settle_plan(problem, shared, self.solver, WHOLE_ID, deadline), deadline)
        if verified is None and shared is not plan:
            verified = self.judged(settle_plan(problem, plan, self.solver, WHOLE_ID, deadline), deadline)
        if verified is None and not plan.flows:
            on_lattice = self.judged(settle_on_lattice(problem, plan, self.solver, WHOLE_ID), deadline)
            both = (self._with_room(problem, plan, deadline), on_lattice)
            verified = max((one for one in both if one is not None), key=lambda one: one.score.net, default=None)
        for factor in HAIRS:
            if verified is not None or deadline.passed:
                break
            wider = widened(problem, plan, factor, deadline)
            if wider is not None:
                verified = self.judged(settle_plan(*wider, self.solver, WHOLE_ID, deadline), deadline)
        return verified

    def _with_room(self, problem: Problem, plan: Plan, deadline: Deadline) -> Verified | None:
        """Whole orders have no place on a lattice: the plan with a venue that leaves something to round with."""
        if not any(order.whole and order.id in plan.fills for order in problem.orders):
            return None
        found = roomy(problem, plan, deadline)
        settled = None if found is None else settle_plan(*found, self.solver, WHOLE_ID, deadline)
        return self.judged(settled, deadline)

    def judged(self, solution: Solution | None, deadline: Deadline) -> Verified | None:
        """What the law makes of the solution; a bid it would refuse is not worth making."""
        if solution is None:
            return None
        deadline.spend(verify_work(solution))
        try:
            return self.verifier.verify(solution)
        except LawError:
            return None

    def offers(self, batch: Verified, simple: Sequence[Verified], deadline: Deadline) -> list[list[Verified]]:
        """The batch and the parts it falls into; and these with the simple answers that win beside it."""
        pieces = components(batch.solution, self.verifier.auction)
        judged = [self.judged(piece, deadline) for piece in pieces] if len(pieces) > 1 else []
        alone = [batch, *(part for part in judged if part is not None)]
        beside = [bid for bid in simple if bid.score.pairs.keys().isdisjoint(batch.score.pairs)]
        return [alone, [*alone, *winners(beside, deadline)]] if beside else [alone]
