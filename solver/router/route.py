"""One order through real venues: described → bounded → ordered → venues chosen → in integers → certified.

The bound is the dual's: no routing, be it with cycles, with parts of venues and reals for integers, does better.
Beside it stands the bound of all routings in the same order of tokens; the gap to that one is what is left to find
once the order's route may not feed on arbitrage among venues (see ``acyclic.py``).

Both are of routings that trade with each venue once. Fees stay in the pool: most pools pay trades in a row no more
than their sum at once, but a stableswap pool whose fee is on what goes out (Curve), or with three coins or more,
can pay slightly more. A route that does trade so is measured by a bound that leaves the fees of such pools out: no
trade lowers their invariant.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import numpy as np

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import StableState, VenueId, VenueState
from settlement.solution import Interaction
from solver.router.acyclic import by_flows, by_potential, down, same_way
from solver.router.choose import bound_of, choose
from solver.router.dual import dual_of, evaluate
from solver.router.errors import AmountOutOfRange, CostOutOfRange, NoRoute, SameToken
from solver.router.families import Floats, Goal, Network, Routing
from solver.router.integers import Executed, execute, plan
from solver.router.least_input import least_input
from solver.router.maximise import maximise
from solver.router.orders import Kind, Order, Plan
from solver.router.prepare import prepare
from solver.router.single import best_path
from solver.router.venues import Market, lasting, market

#: Floats may be off by this much of the bound; it is added so that the bound holds all the same.
ROUNDING: Final = 1e-11
#: Nodes of the search among venues that cost something: proven below ``SMALL`` venues, the root and a few beyond.
#: The gap asked of each node, relative.
GAP: Final = 1e-9
SMALL: Final = 40
FEW: Final = 2
MANY: Final = 24
#: Outputs below this many units are compared with those of single paths.
RESOLVED: Final = 10**6
#: Plans that fall short of any token by more, relative to what passes through it, are no plans.
SHORT: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Routed:
    """What an order does, and how good that is.

    ``interactions`` execute one after the other. With exact input, ``amount_out`` is what comes out of at most the
    amount given; with exact output, ``amount_in`` is what goes in for at least the amount wanted. ``cost``: of all
    venues used, in the token that is optimised. ``bound``: no routing ends with more output (exact in) or less
    input (exact out) after costs; ``bound_in_order``: none that respects ``order``, the tokens as they are passed
    through. ``gap`` and ``gap_in_order``: the distance of the exact integers from these, relative to them.
    ``prices``: those at which the bound was evaluated, in units of the token optimised. ``refused``: states that
    are no venues.
    """

    kind: Kind
    interactions: tuple[Interaction, ...]
    amount_in: int
    amount_out: int
    cost: float
    bound: float
    gap: float
    bound_in_order: float
    gap_in_order: float
    order: tuple[AssetId, ...]
    prices: Mapping[AssetId, float]
    refused: tuple[VenueId, ...]


def route(
    states: Mapping[VenueId, VenueState],
    give: AssetId,
    want: AssetId,
    amount: int,
    kind: Kind = Kind.EXACT_IN,
    *,
    costs: Mapping[VenueId, float] | None = None,
    cycles: bool = False,
) -> Routed:
    """The best route for ``amount`` base units of ``give`` (exact in) or of ``want`` (exact out).

    ``costs``: what using a venue costs, in base units of the token optimised: ``want`` for exact input, ``give``
    for exact output; 0 where not named. ``cycles`` lets the order collect arbitrage among the venues on its way.
    Raises a ``RouteError`` for an order that makes no sense or that the venues cannot fill.
    """
    _check(give, want, amount, costs)
    described = market(states, (give, want))
    order = Order(kind, 0, 1, amount)
    goal = order.goal(described.network.tokens)
    prepared = prepare(described.network)
    if prepared.part[order.give] != prepared.part[order.want]:
        raise NoRoute(want, give, want)
    best = maximise(prepared, goal)
    charged = _costs(described, costs)
    plans = _plans(described.network, best, order, goal, cycles=cycles)
    planned = max(plans, key=lambda plan: plan.value)
    bound = best.bound
    if charged is not None:
        planned, bound = _chosen(described.network, planned, charged, order, goal, cycles=cycles)
    done, given = _executed(described, planned, order)
    if _in_a_row(described, done):
        bound = max(bound, _lasting(described.network, best.prices, goal))
        planned = replace(planned, bound=max(planned.bound, _lasting(planned.network, planned.prices, goal)))
    return _certified(described, done, given, planned, best, bound, charged, order)


def _check(give: AssetId, want: AssetId, amount: int, costs: Mapping[VenueId, float] | None) -> None:
    if give == want:
        raise SameToken(give, give)
    if not 1 <= amount <= MAX_AMOUNT:
        raise AmountOutOfRange(give, amount, MAX_AMOUNT)
    for name, cost in (costs or {}).items():
        if not (isfinite(cost) and cost >= 0.0):
            raise CostOutOfRange(name, cost)


def _plans(network: Network, best: Routing, order: Order, goal: Goal, *, cycles: bool) -> list[Plan]:
    """The routing as it is where it has no cycles, or they are allowed; otherwise one for each order of tokens."""
    prepared = prepare(network)
    potential = by_potential(prepared, order.give, order.want)
    flowing = by_flows(network, best.flows, best.prices, potential)
    if cycles or same_way(network, best.flows, best.prices, flowing):
        return [Plan(network, best.flows, best.prices, flowing, best.value, best.bound)]
    plans = []
    for rank in (flowing, potential):
        ordered = down(network, rank, order.give, order.want)
        routing = maximise(prepare(ordered), goal)
        value = routing.value if routing.shortfall <= SHORT else -np.inf
        plans.append(Plan(ordered, routing.flows, routing.prices, rank, value, routing.bound))
    return plans


def _costs(described: Market, costs: Mapping[VenueId, float] | None) -> tuple[Floats, ...] | None:
    if not costs or not any(costs.get(name, 0.0) > 0.0 for ids in described.ids for name in ids):
        return None
    return tuple(np.array([float(costs.get(name, 0.0)) for name in ids]) for ids in described.ids)


def _chosen(
    network: Network, planned: Plan, charged: tuple[Floats, ...], order: Order, goal: Goal, *, cycles: bool
) -> tuple[Plan, float]:
    """The plan with its venues worth their cost, and the bound of all routings net of costs."""
    restricted = network if cycles else down(network, planned.rank, order.give, order.want)
    venues = sum(family.venues for family in network.families)
    chosen = choose(restricted, charged, goal, order.money, GAP, MANY if venues <= SMALL else FEW)
    if chosen is None:
        return planned, planned.bound
    plan = Plan(
        restricted, chosen.flows, chosen.routing.prices, planned.rank, chosen.value, chosen.bound, chosen.used
    )
    return plan, max(bound_of(network, charged, goal, order.money, GAP), chosen.value)


def _executed(described: Market, planned: Plan, order: Order) -> tuple[Executed, int]:
    """(what was done, what was offered). A single path serves where floats do not resolve the order's amount."""
    if order.kind is Kind.EXACT_OUT:
        return least_input(described, planned, order)
    arcs = plan(described, planned.flows, planned.prices, planned.rank)
    done = execute(described, arcs, planned.rank, order.give, order.want, order.amount)
    if planned.value == -np.inf or done.left[order.want] < RESOLVED:
        path = best_path(described, order.give, order.want, order.amount)
        if path.left[order.want] > done.left[order.want]:
            return path, order.amount
    return done, order.amount


def _lasting(network: Network, prices: Floats, goal: Goal) -> float:
    """The dual at ``prices`` for any number of trades per venue; costs are left out of it."""
    with np.errstate(all="ignore"):
        return evaluate(dual_of(prepare(lasting(network)), goal), np.log(prices)).value


def _in_a_row(described: Market, done: Executed) -> bool:
    """Whether a stableswap pool is traded with more than once."""
    used = Counter(interaction.venue for interaction in done.interactions)
    return any(times > 1 and isinstance(described.venues[name].state, StableState) for name, times in used.items())


def _certified(
    described: Market,
    done: Executed,
    given: int,
    planned: Plan,
    best: Routing,
    bound: float,
    charged: tuple[Floats, ...] | None,
    order: Order,
) -> Routed:
    cost = 0.0
    if charged is not None:
        used = {interaction.venue for interaction in done.interactions}
        cost = math.fsum(
            float(price)
            for ids, prices in zip(described.ids, charged, strict=True)
            for name, price in zip(ids, prices, strict=True)
            if name in used
        )
    amount_in, amount_out = given - done.left[order.give], done.left[order.want]
    value = amount_out - cost if order.kind is Kind.EXACT_IN else -(amount_in + cost)
    within = (bound + ROUNDING * abs(bound), planned.bound + ROUNDING * abs(planned.bound))
    gaps = [(limit - value) / max(abs(limit), 1.0) for limit in within]
    sign = 1.0 if order.kind is Kind.EXACT_IN else -1.0
    passed = {i.asset_in for i in done.interactions} | {i.asset_out for i in done.interactions}
    ranked = sorted(range(len(described.tokens)), key=lambda token: (planned.rank[token], token))
    money = float(best.prices[order.money])
    return Routed(
        kind=order.kind,
        interactions=done.interactions,
        amount_in=amount_in,
        amount_out=amount_out,
        cost=cost,
        bound=sign * within[0],
        gap=gaps[0],
        bound_in_order=sign * within[1],
        gap_in_order=gaps[1],
        order=tuple(described.tokens[token] for token in ranked if described.tokens[token] in passed),
        prices={asset: float(best.prices[number]) / money for number, asset in enumerate(described.tokens)},
        refused=described.refused,
    )
