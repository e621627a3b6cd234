"""Batches that stand beside rivals: where a joint batch would be refused, one is found that is not."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from unittest.mock import patch

from intents.assets import AssetId
from scenarios.catalog import find
from scenarios.generate import generate
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.flagship.bidding import floors, unfair_pairs
from solver.flagship.fair import MISSES, fair_batches, raised
from solver.flagship.market import measure
from solver.flagship.plan import Floor, Plan, Problem
from solver.flagship.prepare import prepare
from solver.flagship.search import climb, pursue
from solver.flagship.seeds import seeds
from solver.flagship.settling import Settling
from solver.flagship.solve import PAIR_ID, Walras
from solver.protocol import Deadline


def test_a_fair_batch_keeps_most_of_what_an_unfair_one_is_worth() -> None:
    """On a market of many pairs the first batches are unfair and a later one is not, at over half the score."""
    auction = generate(find("stablecoins"), 1)
    deadline = Deadline.work(1_200_000)
    settling = Settling(Verifier(auction), "walras")
    simple = [bid for _, bid in seeds(auction, settling, deadline) if bid is not None]
    problem = prepare(measure(auction, "walras"), deadline)
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
    auction = generate(find("one-sided"), 1)
    deadline = Deadline.work(1_200_000)
    settling = NoRoom(Verifier(auction), "walras")
    simple = [bid for _, bid in seeds(auction, settling, deadline) if bid is not None]
    problem = prepare(measure(auction, "walras"), deadline)
    with patch("solver.flagship.fair.raised", wraps=raised) as rounds:
        found = list(fair_batches(settling, problem, simple, deadline))
    assert settling.refused == MISSES
    assert found
    assert rounds.called


def test_where_no_batch_is_fair_single_pairs_have_their_share() -> None:
    """Rivals' bids for single pairs may have every batch refused: bids for pairs then come while there is work."""
    auction = generate(find("open-market"), 1)
    with patch("solver.flagship.solve.fair_batches", return_value=()):
        bids = {bid.id: bid for bid in Walras().solve(auction, Deadline.work(300_000))}
    assert any(number >= PAIR_ID for number in bids)
    assert all(Verifier(auction).verify(bid).score.net > 0 for number, bid in bids.items() if number >= PAIR_ID)


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
    auction = generate(find("open-market"), 1)
    deadline = Deadline.work(1_200_000)
    settling = Settling(Verifier(auction), "walras")
    simple = [bid for _, bid in seeds(auction, settling, deadline) if bid is not None]
    problem = prepare(measure(auction, "walras"), deadline)
    terms = {pair: Floor(score) for pair, score in floors(simple, problem.market.whole).items()}
    found = pursue(replace(problem, floors=terms), {}, deadline, Random(0))
    assert found is not None
    batch = settling.settled(*found, deadline)
    assert batch is not None
    assert not unfair_pairs(batch, simple)
    assert len(batch.score.pairs.keys() & terms.keys()) > 1
