"""The search: from starting prices to the plan worth most, by alternating solves and price moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from intents.assets import AssetId
from solver.flagship.batch import Move, solve_batch
from solver.flagship.ladders import cut
from solver.flagship.plan import Plan, Problem
from solver.flagship.welfare import marginal_prices
from solver.protocol import Deadline

#: Log-price steps tried in turn; a step that does not improve is halved.
FIRST_STEP: Final = 0.01
LAST_STEP: Final = 2e-6
MAX_MOVES: Final = 24
ROUNDS: Final = 3


def plans(problem: Problem, deadline: Deadline) -> Iterator[Plan]:
    """Ever better plans: relaxed ones first, then with true switches, then polished around what is used."""
    best: Plan | None = None
    for prices in starts(problem, deadline):
        plan = climb(problem, prices, deadline)
        if plan is not None and (best is None or plan.net > best.net):
            best = plan
            yield best
        if deadline.passed:
            return
    if best is None:
        return
    for _ in range(ROUNDS):
        if deadline.remaining_s < 0.05:
            return
        problem = refine(problem, best)
        whole = select(problem, best, deadline)
        if whole is None:
            return
        yield whole
        if whole.net <= best.net * (1.0 + 1e-9) and best.net > 0.0:
            return
        best = whole


def starts(problem: Problem, deadline: Deadline) -> Iterator[Mapping[AssetId, float]]:
    """Where to begin: the marginal prices of the pay-as-bid batch, then reference prices."""
    marginal = marginal_prices(problem, seconds=max(0.05, deadline.remaining_s / 3))
    if marginal is not None:
        yield marginal
    yield {}


def climb(
    problem: Problem, prices: Mapping[AssetId, float], deadline: Deadline, *, whole: bool = False
) -> Plan | None:
    """From ``prices``: sparsify at fixed prices, then move prices while the score rises."""
    plan: Plan | None = None
    for _ in range(ROUNDS):  # each round spreads fixed costs over what the last one used
        found = solve_batch(problem, prices, hint=plan, seconds=max(0.05, deadline.remaining_s))
        if found is None:
            break
        plan = found
        if deadline.passed:
            return plan
    if plan is None:
        return None
    return move_prices(problem, plan, deadline)


def move_prices(problem: Problem, plan: Plan, deadline: Deadline, *, whole: bool = False) -> Plan:
    """Sequential linear programming over log prices with a shrinking trust region."""
    step = FIRST_STEP
    for _ in range(MAX_MOVES):
        if step < LAST_STEP or deadline.remaining_s < 0.02:
            break
        moved = solve_batch(
            problem, plan.prices, move=Move(plan, step), hint=plan, seconds=max(0.05, deadline.remaining_s)
        )
        if moved is None:
            step /= 4.0
            continue
        settled = solve_batch(
            problem, moved.prices, hint=plan, whole=whole, seconds=max(0.05, deadline.remaining_s)
        )
        if settled is not None and settled.net > plan.net + 1e-12 * abs(plan.net):
            plan = settled
            step *= 1.5
        else:
            step /= 4.0
    return plan


def select(problem: Problem, plan: Plan, deadline: Deadline) -> Plan | None:
    """Which whole orders and venues are worth it: true switches at the plan's prices, then moves among them."""
    chosen = solve_batch(
        problem, plan.prices, whole=True, hint=plan, seconds=max(0.05, deadline.remaining_s * 0.6)
    )
    if chosen is None:
        return None
    return move_prices(restrict(problem, chosen), chosen, deadline, whole=True)


def restrict(problem: Problem, plan: Plan) -> Problem:
    """Only the orders and ladders that ``plan`` uses."""
    return replace(
        problem,
        orders=tuple(order for order in problem.orders if order.id in plan.fills),
        ladders=tuple(ladder for ladder in problem.ladders if ladder.name in plan.flows),
    )


def refine(problem: Problem, plan: Plan) -> Problem:
    """The used ladders cut anew, with fine pieces around the amounts in use."""
    ladders = []
    for ladder in problem.ladders:
        reach = plan.flows.get(ladder.name)
        if reach is not None:
            finer = cut(problem.market, ladder.venue, ladder.asset_in, ladder.asset_out, reach=reach)
            ladders.append(finer or ladder)
        else:
            ladders.append(ladder)
    return replace(problem, ladders=tuple(ladders))
