"""One order through real venues: described → bounded → ordered → venues chosen → executed in integers → certified.

The bound is the dual's: no routing whatever, with cycles, in parts of venues, with reals for integers, does better.
Beside it stands the bound of all routings in the same order of tokens; the gap to that one is what is left to find
once the order's route may not feed on arbitrage among the venues (see ``acyclic.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final

import numpy as np

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import VenueId, VenueState
from settlement.solution import Interaction
from solver.router import families
from solver.router.acyclic import by_flows, by_potential, down, same_way
from solver.router.choose import choose
from solver.router.errors import AmountOutOfRange, CostOutOfRange, NoRoute, NotEnough, SameToken
from solver.router.families import Floats, Goal, Network, Routing
from solver.router.integers import Arc, Executed, execute, plan
from solver.router.maximise import maximise
from solver.router.prepare import prepare
from solver.router.venues import Market, market

#: Floats may be off by this much of the bound; it is added so that the bound holds all the same.
ROUNDING: Final = 1e-11
#: Nodes of the search among venues that cost something: proven below ``SMALL`` venues, the root and a few beyond.
SMALL: Final = 40
FEW: Final = 2
MANY: Final = 64
#: Times an input is corrected until it buys the output wanted.
CORRECTIONS: Final = 12


class Kind(StrEnum):
    EXACT_IN = "exact-in"
    EXACT_OUT = "exact-out"


@dataclass(frozen=True, slots=True)
class Routed:
    """What an order does, and how good that is.

    ``interactions`` execute one after the other. With exact input, ``amount_out`` is what comes out of at most the
    amount given; with exact output, ``amount_in`` is what goes in for at least the amount wanted. ``cost``: of all
    venues used, in the token that is optimised. ``bound``: no routing ends with more output (exact in) or less input
    (exact out) after costs; ``bound_in_order``: none that respects ``order``, the tokens as they are passed through.
    ``gap`` and ``gap_in_order``: the distance of the exact integers from these, relative to them. ``prices``: those
    at which the bound was evaluated, in units of the token optimised. ``refused``: states that are no venues.
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


@dataclass(frozen=True, slots=True)
class Order:
    """An order over numbered tokens. ``money`` is the token optimised, in which costs are counted."""

    kind: Kind
    give: int
    want: int
    amount: int

    @property
    def money(self) -> int:
        return self.want if self.kind is Kind.EXACT_IN else self.give

    def goal(self, tokens: int) -> Goal:
        if self.kind is Kind.EXACT_IN:
            return families.route(tokens, self.give, self.want, float(self.amount))
        worth, given = np.zeros(tokens), np.zeros(tokens)
        worth[self.give], given[self.give], given[self.want] = 1.0, np.inf, -float(self.amount)
        return Goal(worth, given)


@dataclass(frozen=True, slots=True)
class Plan:
    """Flows over the market's venues, the ranks of tokens they go down, and the bound of that order, net of costs."""

    flows: tuple[Floats, ...]
    prices: Floats
    rank: Floats
    value: float
    bound: float


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

    ``costs``: what using a venue costs, in base units of the token optimised: ``want`` for exact input, ``give`` for
    exact output; 0 where not named. ``cycles`` lets the order collect arbitrage among the venues on its way. Raises a
    ``RouteError`` for an order that makes no sense or that the venues cannot fill.
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
        return [Plan(best.flows, best.prices, flowing, best.value, best.bound)]
    plans = []
    for rank in (flowing, potential):
        routing = maximise(prepare(down(network, rank, order.give, order.want)), goal)
        if routing.shortfall <= 1e-6:
            plans.append(Plan(routing.flows, routing.prices, rank, routing.value, routing.bound))
    return plans or [Plan(best.flows, best.prices, flowing, best.value, best.bound)]


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
    chosen = choose(restricted, charged, goal, order.money, nodes=MANY if venues <= SMALL else FEW)
    free = choose(network, charged, goal, order.money, nodes=1)
    if chosen is None or free is None:
        return planned, planned.bound
    plan = Plan(chosen.flows, chosen.routing.prices, planned.rank, chosen.value, chosen.bound)
    return plan, max(free.bound, chosen.value)


def _executed(described: Market, planned: Plan, order: Order) -> tuple[Executed, int]:
    """(what was done, what was offered): for an exact output, with as little input as is found to suffice."""
    arcs = plan(described, planned.flows, planned.prices, planned.rank)
    if order.kind is Kind.EXACT_IN:
        return execute(described, arcs, planned.rank, order.give, order.want, order.amount), order.amount
    offered = max(1, int(sum(arc.amount for arc in arcs if arc.tail == order.give)))
    price = float(planned.prices[order.want] / planned.prices[order.give])
    done, enough, most = None, None, 0
    for number in range(CORRECTIONS):
        scaled = _scaled(arcs, order.give, offered)
        done = execute(described, scaled, planned.rank, order.give, order.want, offered)
        missing = order.amount - done.left[order.want]
        most = max(most, done.left[order.want])
        if missing <= 0 and (enough is None or offered < enough[1]):
            enough = done, offered
        step = int(missing * price * (1.0 + 1e-3 * number)) + (number if missing > 0 else 0)
        if missing <= 0 and step >= -1:
            break
        if missing <= 0 and enough is not None and offered > enough[1]:
            break
        offered = max(1, offered + (step if step else 1))
    if enough is None:
        raise NotEnough(described.tokens[order.want], order.amount, most)
    return enough


def _scaled(arcs: list[Arc], give: int, offered: int) -> list[Arc]:
    """Arcs out of ``give`` that together spend what is offered."""
    total = sum(arc.amount for arc in arcs if arc.tail == give)
    factor = offered / total if total > 0.0 else 1.0
    return [
        Arc(a.venue, a.tail, a.head, a.amount * factor * (1 + 1e-9) + 1.0) if a.tail == give else a for a in arcs
    ]


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
        cost = sum(
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
