"""From plans to integers: where no fee is withheld, a venue leaves what payouts are rounded with."""

from __future__ import annotations

from random import Random

from settlement.verify import Verifier
from solver.flagship.market import measure
from solver.flagship.prepare import prepare
from solver.flagship.search import climb, select
from solver.flagship.settling import Settling
from solver.protocol import Deadline
from tests.solver_worlds import ONE, auction, pool, swap


def test_whole_orders_that_need_no_venue_are_settled_with_one() -> None:
    """Orders that match each other at prices between a pool's two leave nothing to round with, and what trades
    whole or not at all fits no lattice of prices: prices move to where the pool pays, and all of it is settled."""
    orders = [
        swap(1, "A", 9 * ONE + 123_457, "B", 9 * ONE * 98 // 100),
        swap(2, "B", 6 * ONE + 7_919, "A", 6 * ONE * 98 // 100),
        swap(3, "B", 5 * ONE + 104_729, "A", 5 * ONE * 99 // 100, partial=True),
        swap(4, "A", ONE + 1_299_709, "B", ONE * 99 // 100, partial=True),
    ]
    world = auction(orders, [pool("p", "A", 10_000 * ONE, "B", 10_000 * ONE)])
    deadline = Deadline.work(1_000_000)
    problem = prepare(measure(world, "walras"), deadline)
    begun = climb(problem, {}, deadline)
    assert begun is not None
    plan = select(problem, begun, deadline, Random(0))
    assert plan is not None
    assert not plan.flows
    batch = Settling(Verifier(world), "walras").settled(problem, plan, deadline)
    assert batch is not None
    assert {fill.order for fill in batch.solution.fills} >= {orders[0].id, orders[1].id}
    assert batch.score.net > 0.97 * plan.net * problem.market.whole
