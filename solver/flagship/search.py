"""The search: from starting prices to the plan worth most, by alternating solves and price moves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, repeat
from random import Random
from typing import Final

from intents.assets import AssetId
from solver.flagship.batch import FARTHEST, Mode, Move, solve_batch
from solver.flagship.flips import choose
from solver.flagship.ladders import WORK_PER_LADDER, Ladder, cut
from solver.flagship.plan import Plan, Problem
from solver.flagship.welfare import marginal_prices
from solver.protocol import Deadline

#: Log-price steps tried in turn; a step that does not improve is cut down.
FIRST_STEP: Final = 0.01
LAST_STEP: Final = 2e-6
MAX_MOVES: Final = 24
ROUNDS: Final = 3
#: In a dive whole orders filled less than this go together; how far prices may follow each time.
CUT_OFF: Final = 0.999
DIVE_STEP: Final = 1e-3
MAX_DIVE: Final = 40
#: A whole order nearer to none or all than this is none or all.
WHOLE: Final = 1e-6
#: A ladder that loses no more than this at the plan's prices may still be chosen.
NEARLY: Final = 0.01
#: How often the search begins anew while there is time, and by how much prices are then moved, in log.
RESTARTS: Final = 200
QUICK_MOVES: Final = 8
#: How far prices may move to make a choice balance.
GIVEN_STEPS: Final = (1e-3, 1e-2)
CORRECTIONS: Final = 3
SHAKES: Final = (0.003, 0.02, 0.1)
LEAST_START: Final = 1e-3
#: Of the time left, for one mixed-integer choice.
MIXED_SHARE: Final = 0.1
#: The same for flips of whole orders, thoroughly and in a quick pass.
FLIPS_SHARE: Final = 0.25
QUICK_SHARE: Final = 0.1
PURSUE_SHARE: Final = 0.6
#: What has to be left over to round with, in parts of every payout; how many ladders are asked for it, and by how
#: much they are to pay.
ROOM: Final = 2e-7
PAYING: Final = 8
PAYS: Final = 1e-5


def plans(problem: Problem, deadline: Deadline) -> Iterator[tuple[Problem, Plan]]:
    """Plans that can be settled, each meant to be better than the last, with the problem they solve.

    A quick pass first, for an early answer. Then from every start: climb in the relaxed problem, choose
    whole orders and venues at the prices found, move prices among the chosen; and again with ladders cut
    finely where they are used.
    """
    best: Plan | None = None
    draw = Random(deadline.seed)
    for prices in chain(starts(problem, deadline), repeat(None, RESTARTS)):
        if deadline.passed:
            return
        if prices is None:
            prices = shaken(problem, best, draw)
        here = problem
        quick = climb(here, prices, deadline, rounds=2, moves=3)
        if quick is not None and best is None:
            first = select(here, quick, deadline, draw, moves=4, share=QUICK_SHARE)
            if first is not None:
                best = first
                yield here, first
        plan = quick if quick is None or deadline.passed else climb(here, quick.prices, deadline)
        for _ in range(ROUNDS):
            if plan is None or deadline.passed:
                break
            here = refine(here, plan, deadline)
            chosen = select(here, plan, deadline, draw)
            if chosen is None or (best is not None and chosen.net <= best.net * (1.0 + 1e-7)):
                break
            plan = best = chosen
            yield here, chosen


def pursue(
    problem: Problem, prices: Mapping[AssetId, float], deadline: Deadline, draw: Random
) -> tuple[Problem, Plan] | None:
    """One plan near ``prices``, quickly, with the problem it solves."""
    quick = climb(problem, prices, deadline, rounds=2, moves=QUICK_MOVES)
    if quick is None:
        return None
    here = refine(problem, quick, deadline)
    chosen = select(here, quick, deadline, draw, moves=QUICK_MOVES, share=PURSUE_SHARE)
    return None if chosen is None else (here, chosen)


def starts(problem: Problem, deadline: Deadline) -> Iterator[Mapping[AssetId, float]]:
    """Where to begin: the problem's own start, marginal prices of the pay-as-bid batch, reference prices.

    The first are prices of the least bound. They know no cap on surplus and the whole depth of every
    venue, so they find what lies far from reference prices; the second stay close to them.
    """
    if problem.start:
        yield problem.start
    marginal = marginal_prices(problem, deadline)
    if marginal is not None:
        yield {
            asset: min(max(price, math.exp(-FARTHEST)), math.exp(FARTHEST)) for asset, price in marginal.items()
        }
    yield {}


def shaken(problem: Problem, best: Plan | None, draw: Random) -> dict[AssetId, float]:
    """The best plan's prices or the problem's start, every price moved by chance: where else to begin."""
    base = best.prices if best is not None and draw.random() < 0.5 else problem.start
    spread = draw.choice(SHAKES)
    assets = sorted({asset for order in problem.orders for asset in (order.give, order.want)})
    return {asset: max(base.get(asset, 1.0), LEAST_START) * math.exp(draw.gauss(0.0, spread)) for asset in assets}


def climb(
    problem: Problem,
    prices: Mapping[AssetId, float],
    deadline: Deadline,
    *,
    rounds: int = 3,
    moves: int = MAX_MOVES,
) -> Plan | None:
    """From ``prices``: sparsify at fixed prices, then move prices while the score rises."""
    plan: Plan | None = None
    for _ in range(rounds):  # each round spreads fixed costs over what the last one used
        found = solve_batch(problem, prices, deadline, hint=plan)
        if found is None:
            break
        plan = found
        if deadline.passed:
            return plan
    return (
        None if plan is None else move_prices(promising(problem, plan), plan, Mode.RELAXED, deadline, moves=moves)
    )


def select(
    problem: Problem,
    plan: Plan,
    deadline: Deadline,
    draw: Random,
    *,
    moves: int = MAX_MOVES,
    share: float = FLIPS_SHARE,
) -> Plan | None:
    """Which orders and venues are worth it: several choices around the plan, each with prices moved among it."""
    best: Plan | None = None
    for chosen in choices(problem, plan, deadline, draw, share):
        given = restrict(problem, chosen)
        settled = _balanced(given, chosen, Mode.GIVEN, deadline)
        if settled is not None and (best is None or settled.net > best.net):
            best = move_prices(given, settled, Mode.GIVEN, deadline, moves=moves)
    return best


def choices(problem: Problem, plan: Plan, deadline: Deadline, draw: Random, share: float) -> Iterator[Plan]:
    """A dive, then flips of whole orders, or where there are none a mixed-integer choice of what costs."""
    narrow = single(promising(problem, plan), plan)
    dived = dive(narrow, plan, deadline)
    if dived is not None:
        yield dived
    if deadline.passed:
        return
    if any(order.whole for order in narrow.orders):
        for flipped in choose(narrow, plan, plan.fills, deadline.part(share), draw):
            yield firmed(narrow, flipped, deadline) or flipped
        return
    chosen = solve_batch(narrow, plan.prices, deadline, mode=Mode.SWITCHES, hint=plan, share=MIXED_SHARE)
    if chosen is not None and chosen.fills:
        yield chosen


def dive(problem: Problem, plan: Plan, deadline: Deadline) -> Plan | None:
    """Whole orders cut in the relaxed plan are given up, those below ``CUT_OFF`` first, until none is cut.

    At a vertex few orders are cut, and dropping orders never makes the relaxed problem infeasible, so a dive
    ends after few solves with every whole order filled or out. Prices may follow a little each time.
    """
    found = plan
    for _ in range(MAX_DIVE):
        move = Move(found, DIVE_STEP)
        moved = solve_batch(problem, found.prices, deadline, move=move, hint=found)
        if moved is None:
            return None
        found = moved
        cut_up = {
            order.id: fill
            for order in problem.orders
            if order.whole and WHOLE < (fill := found.fills.get(order.id, 0.0)) < 1.0 - WHOLE
        }
        if not cut_up or deadline.passed:
            break
        least = min(cut_up.values())
        out = {order for order, fill in cut_up.items() if fill <= max(least, CUT_OFF)}
        problem = replace(problem, orders=tuple(order for order in problem.orders if order.id not in out))
    return found if found.fills else None


def single(problem: Problem, plan: Plan) -> Problem:
    """One direction per venue where the plan uses several: they are cut on the same reserves."""
    best: dict[str, tuple[float, tuple[str, AssetId, AssetId]]] = {}
    for name, flow in sorted(plan.flows.items()):
        if name[0] not in best or flow > best[name[0]][0]:
            best[name[0]] = (flow, name)
    return replace(
        problem,
        ladders=tuple(
            ladder
            for ladder in problem.ladders
            if ladder.venue.state.id not in best or best[ladder.venue.state.id][1] == ladder.name
        ),
    )


def promising(problem: Problem, plan: Plan) -> Problem:
    """The ladders in use, and those that pay at the plan's prices or nearly so."""

    def pays(ladder: Ladder) -> bool:
        worth = plan.prices.get(ladder.asset_out, 1.0) / plan.prices.get(ladder.asset_in, 1.0)
        return ladder.name in plan.flows or ladder.pieces[0][1] * worth > 1.0 - NEARLY

    return replace(problem, ladders=tuple(ladder for ladder in problem.ladders if pays(ladder)))


def firmed(problem: Problem, chosen: Plan, deadline: Deadline) -> Plan | None:
    """The chosen whole orders filled, with prices moved as far as that takes; the rest adapts."""
    kept = tuple(order for order in problem.orders if not order.whole or order.id in chosen.fills)
    problem = replace(problem, orders=kept)
    return _balanced(problem, chosen, Mode.FIRM, deadline)


def adapted(problem: Problem, plan: Plan, deadline: Deadline, draw: Random) -> tuple[Problem, Plan] | None:
    """The plan at prices that suit the orders and floors of ``problem``, maybe others than it was made for; where
    it no longer balances, with other venues or less of it. With the problem it solves then."""
    kept = {order.id for order in problem.orders}
    plan = replace(plan, fills={order: fill for order, fill in plan.fills.items() if order in kept})
    for chosen in chain([plan], _near(problem, plan, deadline, draw)):
        given = restrict(problem, chosen)
        settled = _balanced(given, chosen, Mode.GIVEN, deadline)
        if settled is not None:
            return given, move_prices(given, settled, Mode.GIVEN, deadline, moves=QUICK_MOVES)
    return None


def _near(problem: Problem, plan: Plan, deadline: Deadline, draw: Random) -> Iterator[Plan]:
    """Choices near the plan: its whole orders, those that flips lead to from there, and what is left by a dive."""
    narrow = single(promising(problem, plan), plan)
    firm = firmed(narrow, plan, deadline)
    if firm is not None:
        yield firm
    for flipped in choose(narrow, plan, plan.fills, deadline.part(QUICK_SHARE), draw):
        yield firmed(narrow, flipped, deadline) or flipped
    dived = dive(narrow, plan, deadline)
    if dived is not None:
        yield dived


def _balanced(problem: Problem, chosen: Plan, mode: Mode, deadline: Deadline) -> Plan | None:
    """The choice at its prices if they allow, else at prices moved until they do: linear steps miss at first."""
    found = solve_batch(problem, chosen.prices, deadline, mode=mode, hint=chosen)
    nearly: Plan | None = None
    for step in GIVEN_STEPS:
        moved: Plan | None = chosen
        for _ in range(CORRECTIONS):
            if found is not None or moved is None or deadline.passed:
                break
            moved = solve_batch(problem, moved.prices, deadline, move=Move(moved, step), mode=mode, hint=chosen)
            if moved is not None:
                found, nearly = solve_batch(problem, moved.prices, deadline, mode=mode, hint=moved), moved
    return found or nearly  # what is nearly right may still be settled in integers


def move_prices(problem: Problem, plan: Plan, mode: Mode, deadline: Deadline, *, moves: int = MAX_MOVES) -> Plan:
    """Sequential linear programming over log prices with a trust region."""
    step = FIRST_STEP
    for _ in range(moves):
        if step < LAST_STEP or deadline.passed:
            break
        moved = solve_batch(problem, plan.prices, deadline, move=Move(plan, step), mode=mode, hint=plan)
        settled = None
        if moved is not None:
            settled = solve_batch(problem, moved.prices, deadline, mode=mode, hint=plan)
        if settled is not None and settled.net > plan.net + 1e-10 * abs(plan.net):
            plan = settled
            step *= 1.5
        else:
            step /= 4.0
    return plan


def widened(problem: Problem, plan: Plan, factor: float, deadline: Deadline) -> tuple[Problem, Plan] | None:
    """The plan with ``factor`` times the hair withheld, where the usual one left no room for rounding."""
    wider = replace(
        problem, orders=tuple(replace(order, fee=order.fee * factor) for order in restrict(problem, plan).orders)
    )
    given = restrict(wider, plan)
    for step in (1e-3, 1e-4):
        move = Move(plan, step)
        moved = solve_batch(given, plan.prices, deadline, move=move, mode=Mode.GIVEN)
        if moved is None:
            return None
        plan = moved
    return given, plan


def roomy(problem: Problem, plan: Plan, deadline: Deadline) -> tuple[Problem, Plan] | None:
    """The chosen whole orders at prices near by at which a venue pays that the plan does without: what it pays is
    left over of every payout, to round with. With the problem it solves.

    At the plan's prices value is conserved, and linear steps of prices see no way to gain any."""
    kept = tuple(order for order in problem.orders if not order.whole or order.id in plan.fills)
    here = replace(problem, orders=kept, room=ROOM)
    best: Plan | None = None
    for prices in _paying(here, plan):
        if deadline.passed:
            break
        found = solve_batch(here, prices, deadline, mode=Mode.FIRM, hint=plan)
        if found is not None and found.fills and (best is None or found.net > best.net):
            best = found
    return None if best is None else (restrict(here, best), best)


def _paying(problem: Problem, plan: Plan) -> Iterator[dict[AssetId, float]]:
    """The plan's prices with one changed until a ladder pays that nearly does, the nearest first."""

    def lacks(ladder: Ladder) -> float:
        worth = plan.prices.get(ladder.asset_out, 1.0) / plan.prices.get(ladder.asset_in, 1.0)
        return 1.0 / (ladder.pieces[0][1] * worth)

    near = sorted((lacks(ladder), ladder.name) for ladder in problem.ladders)
    for lack, (_, asset_in, asset_out) in [one for one in near if one[0] < 1.0 + NEARLY][:PAYING]:
        more = lack * (1.0 + PAYS)
        yield {**plan.prices, asset_out: plan.prices.get(asset_out, 1.0) * more}
        yield {**plan.prices, asset_in: plan.prices.get(asset_in, 1.0) / more}


def restrict(problem: Problem, plan: Plan) -> Problem:
    """Only the orders and ladders that ``plan`` uses."""
    return replace(
        problem,
        orders=tuple(
            order
            for order in problem.orders
            if plan.fills.get(order.id, 0.0) > (WHOLE if order.whole else max(WHOLE, order.least / 2.0))
        ),
        ladders=tuple(ladder for ladder in problem.ladders if ladder.name in plan.flows),
    )


def refine(problem: Problem, plan: Plan, deadline: Deadline) -> Problem:
    """The used ladders cut anew, with fine pieces around the amounts in use."""
    ladders = []
    for ladder in problem.ladders:
        reach = plan.flows.get(ladder.name)
        if reach is not None:
            deadline.spend(WORK_PER_LADDER)
            finer = cut(problem.market, ladder.venue, ladder.asset_in, ladder.asset_out, reach=reach)
            ladders.append(finer or ladder)
        else:
            ladders.append(ladder)
    return replace(problem, ladders=tuple(ladders))
