"""Exact outputs: as little input as is found to buy the output wanted, from the exact venues."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from intents.amounts import MAX_AMOUNT
from solver.router.choose import in_place, subset
from solver.router.errors import NotEnough
from solver.router.families import Floats
from solver.router.integers import Arc, Executed, execute, plan
from solver.router.maximise import maximise
from solver.router.orders import Order, Plan
from solver.router.prepare import prepare
from solver.router.venues import Market

#: By how much more than wanted is planned for until the exact venues pay enough, and how often each is corrected.
MORE: Final = (0.0, 1e-9, 1e-7, 1e-5, 1e-4, 1e-3)
CORRECTIONS: Final = 4


def least_input(described: Market, planned: Plan, order: Order) -> tuple[Executed, int]:
    """As little input as is found to buy the output wanted: plans for ever more output, each then cut back."""
    best, most = None, 0
    flows, prices = planned.flows, planned.prices
    for more in MORE:
        if more:
            flows, prices = _again(planned, order, order.amount + 1 + int(order.amount * more), prices)
        arcs = plan(described, flows, prices, planned.rank)
        offered = min(max(1, int(sum(arc.amount for arc in arcs if arc.tail == order.give))), MAX_AMOUNT)
        for _ in range(CORRECTIONS):
            done = execute(
                described, _scaled(arcs, order.give, offered), planned.rank, order.give, order.want, offered
            )
            missing = order.amount - done.left[order.want]
            most = max(most, done.left[order.want])
            if missing <= 0 and (
                best is None or offered - done.left[order.give] < best[1] - best[0].left[order.give]
            ):
                best = done, offered
            worth = missing * float(prices[order.want] / prices[order.give])
            # At the end of what venues hold no price is too high, and no amount buys the rest.
            if not abs(worth) < MAX_AMOUNT:
                break
            step = int(worth)
            if (missing <= 0 and step >= 0) or not 1 <= offered + step < MAX_AMOUNT:
                break
            offered += step + (missing > 0)
        if best is not None:
            return best
    raise NotEnough(described.tokens[order.want], order.amount, most)


def _again(planned: Plan, order: Order, amount: int, prices: Floats) -> tuple[tuple[Floats, ...], Floats]:
    """(flows, prices) of the plan's venues for another amount."""
    network = planned.network
    goal = replace(order, amount=amount).goal(network.tokens)
    with np.errstate(divide="ignore"):
        start = np.log(prices)
    if planned.used is None:
        routing = maximise(prepare(network), goal, start)
        return routing.flows, routing.prices
    routing = maximise(prepare(subset(network, planned.used)), goal, start)
    placed = zip(network.families, planned.used, routing.flows, strict=True)
    return tuple(in_place(family, mask, flows) for family, mask, flows in placed), routing.prices


def _scaled(arcs: list[Arc], give: int, offered: int) -> list[Arc]:
    """Arcs out of ``give`` that together spend what is offered."""
    total = sum(arc.amount for arc in arcs if arc.tail == give)
    factor = offered / total * (1 + 1e-9) if total > 0.0 else 1.0
    return [Arc(a.venue, a.tail, a.head, a.amount * factor + 1.0) if a.tail == give else a for a in arcs]
