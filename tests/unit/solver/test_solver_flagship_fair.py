"""Batches that stand beside rivals: where a joint batch would be refused, one is found that is not."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TypeVar
from unittest.mock import patch

import pytest

from intents.assets import AssetId
from scenarios.catalog import find
from scenarios.generate import generate
from settlement.greedy import Greedy
from settlement.mechanism import Bid, bid_of
from settlement.settle import judge
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.baseline import Baseline
from solver.flagship.bidding import Stand, floors, together, unfair_pairs, winners, won
from solver.flagship.fair import MISSES, adjusted, fair_batches, raised
from solver.flagship.market import measure
from solver.flagship.plan import Floor, Plan, Problem
from solver.flagship.prepare import prepare
from solver.flagship.search import climb, pursue
from solver.flagship.seeds import seeds
from solver.flagship.settling import Settling
from solver.flagship.solve import Walras
from solver.naive import Naive
from solver.protocol import Deadline, Solver

S = TypeVar("S", bound=Settling)


def begun(name: str, work: int, kind: type[S]) -> tuple[S, Problem, list[Verified], Deadline]:
    """The flagship on a world's first auction once simple solvers have bid: how it settles, its problem, their
    bids, and what is left of ``work``."""
    auction = generate(find(name), 1)
    deadline = Deadline.work(work)
    settling = kind(Verifier(auction), "walras")
    simple = [bid for _, bid in seeds(auction, settling, deadline) if bid is not None]
    return settling, prepare(measure(auction, "walras"), deadline), simple, deadline


def test_a_fair_batch_keeps_most_of_what_an_unfair_one_is_worth() -> None:
    """On a market of many pairs the first batches are unfair and a later one is not, at over half the score."""
    settling, problem, simple, deadline = begun("stablecoins", 1_200_000, Settling)
    found = list(fair_batches(settling, problem, simple, deadline))
    fair = [batch.score.net for batch in found if not unfair_pairs(batch, simple)]
    assert unfair_pairs(found[0], simple)
    assert max(fair) > 0.5 * max(batch.score.net for batch in found)


class NoRoom(Settling):
    """Finds no room in integers for the first plans."""

    refused = 0

    def settled(self, problem: Problem, plan: Plan, deadline: Deadline) -> Verified | None:
        if self.refused < MISSES:
            self.refused += 1
            return None
        return super().settled(problem, plan, deadline)


def test_plans_without_room_in_integers_are_gone_on_from() -> None:
    """Where the first plans cannot be settled, rounds of better terms for pairs that fall short follow all the
    same, and one of them is fair."""
    settling, problem, simple, deadline = begun("one-sided", 1_200_000, NoRoom)
    with patch("solver.flagship.fair.raised", wraps=raised) as rounds:
        found = list(fair_batches(settling, problem, simple, deadline))
    assert settling.refused == MISSES
    assert found
    assert rounds.called


@pytest.mark.parametrize("name", ["one-sided", "stablecoins", "open-market"])
def test_alone_it_refuses_no_batch_of_its_own(name: str) -> None:
    """Bids for single pairs are references too: in these worlds none of its has a batch refused worth more."""
    auction = generate(find(name), 1)
    found = {bid.id: bid for bid in Walras().solve(auction, Deadline.work(300_000))}
    bids = [bid_of(bid) for bid in judge(Verifier(auction), found.values())[0]]
    assert Greedy().run(bids, auction.seed).total >= max(bid.score for bid in bids)


def test_single_pairs_are_bid_where_they_cost_no_batch() -> None:
    """They are where there is no batch; beside one that they would have refused, where they bring more than it.

    Judged by what is settled where nobody else bids, none that would have it refused is."""
    settling, problem, simple, deadline = begun("one-sided", 600_000, Settling)
    batch = next(settling.batches(problem, deadline, deadline))
    assert unfair_pairs(batch, simple)

    def singles(*ours: Verified) -> list[Verified]:
        units = Deadline.work(150_000)
        made = Walras()._pairs(settling, Stand("walras"), problem, ours, simple, units)
        return [settling.verifier.verify(bid) for bid in made]

    assert singles()
    before, made = together([batch], simple, deadline), singles(batch)
    assert together([batch, *made], simple, deadline) >= before
    with patch("solver.flagship.solve.together", lambda ours, rivals, deadline: won(ours, (), deadline)):
        assert won([batch, *singles(batch)], (), deadline) >= batch.score.net


def test_a_floor_moves_surplus_to_its_pair() -> None:
    """A pair promised more gets more than it would without the promise."""
    deadline = Deadline.work(10**9)
    problem = prepare(measure(generate(find("fragmented"), 1), "walras"), deadline)
    free = climb(problem, {}, deadline)
    assert free is not None
    table = problem.tables.orders

    def gained(pair: tuple[AssetId, AssetId], plan: Plan) -> float:
        surplus = table.surplus(table.rates(problem.tables.prices(plan.prices)))
        return sum(
            plan.fills.get(order.id, 0.0) * float(surplus[i])
            for i, order in enumerate(problem.orders)
            if (order.give, order.want) == pair
        )

    pairs = sorted({(order.give, order.want) for order in problem.orders})
    least = min(pairs, key=lambda pair: gained(pair, free))
    before = gained(least, free)
    floored = replace(problem, floors={least: Floor(before + 1.0, penalty=50.0)})
    after = climb(floored, {}, deadline)
    assert after is not None
    assert gained(least, after) > before + 0.5


def test_integers_keep_what_the_plan_promises_its_pairs() -> None:
    """Prices are fitted to exact amounts with floors in hand: what is fair as a plan is fair in integers."""
    settling, problem, simple, deadline = begun("open-market", 1_200_000, Settling)
    terms = {pair: Floor(score) for pair, score in floors(simple, problem.market.whole).items()}
    found = pursue(replace(problem, floors=terms), {}, deadline, Random(0))
    assert found is not None
    batch = settling.settled(*found, deadline)
    assert batch is not None
    assert not unfair_pairs(batch, simple)
    assert len(batch.score.pairs.keys() & terms.keys()) > 1


@pytest.mark.parametrize(("name", "part"), [("stablecoins", 0.9), ("open-market", 0.99), ("fill-or-kill", 0.99)])
def test_a_batch_is_adjusted_until_it_is_fair(name: str, part: float) -> None:
    """A batch that rivals' bids have refused is followed, in little work, by one that stands beside them, worth
    most of it, and none on the way is fair."""
    settling, problem, simple, deadline = begun(name, 1_200_000, Settling)
    batch = next(settling.batches(problem, deadline.part(0.5), deadline))
    assert unfair_pairs(batch, simple)
    before = deadline.now
    found = list(adjusted(settling, problem, batch, simple, deadline))
    assert deadline.now - before < 0.12
    assert found[-1].score.net > part * batch.score.net
    assert not unfair_pairs(found[-1], simple)
    assert all(unfair_pairs(one, simple) for one in found[:-1])


def test_choosing_among_bids_is_counted_as_work() -> None:
    """What it costs to find out which bids win, alone and beside rivals, is spent: bounded work bounds it too."""
    _, _, simple, deadline = begun("open-market", 1_200_000, Settling)
    before = deadline.now
    together(simple[:3], simple, deadline)
    once = deadline.now - before
    assert once > 0.0
    winners(simple, deadline)
    assert deadline.now - before > 1.5 * once
    before = deadline.now
    together(simple[:3], simple * 3, deadline)
    assert deadline.now - before > 2.0 * once


def test_beside_rivals_most_of_the_best_batch_is_settled() -> None:
    """Where rivals' bids for single pairs have a best batch refused, one worth most of it wins beside them."""
    auction = generate(find("fill-or-kill"), 1, seed=101)
    verifier = Verifier(auction)

    def bids(solver: Solver, name: str) -> list[Bid]:
        found = {bid.id: bid for bid in solver.solve(auction, Deadline.work(800_000, seed=1))}
        judged, _ = judge(verifier, found.values())
        return [replace(bid_of(bid), name=f"{name}/{bid.solution.id}", solver=name) for bid in judged]

    ours = bids(Walras(), "walras")
    beside = Greedy().run([*ours, *bids(Baseline(), "baseline"), *bids(Naive(), "naive")], auction.seed).total
    assert beside > 0.8 * max(bid.score for bid in ours)
