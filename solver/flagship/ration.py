"""Ties: like orders share alike.

Orders that sell one asset for one other at exactly the same limit, in part if need be, cannot be told apart by
any price. Where a plan fills some of them more than others, each gets the same part of what remains of it: all of
them where a trade costs nothing, else those that the plan fills at all (one more trade is one more cost).
The plan is worth the same. Orders bound by a minimum or by a listed balance keep what the plan gives them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from solver.flagship.market import Order
from solver.flagship.plan import Plan, Problem

#: Parts this close are alike.
ALIKE: Final = 1e-9


def rationed(problem: Problem, plan: Plan) -> Plan:
    """``plan`` with what like orders get shared out, or ``plan`` itself where it is already."""
    costs = problem.market.auction.costs
    costly = costs.gas_price * costs.trade_gas > 0
    found = [o for o in problem.orders if not (costly and plan.fills.get(o.id, 0.0) <= 0.0)]
    fills = dict(plan.fills)
    for places in _groups(problem, found).values():
        orders = [found[i] for i in places]
        parts = [fills.get(order.id, 0.0) for order in orders]
        if max(parts) - min(parts) > ALIKE:
            whole = math.fsum(order.size for order in orders)
            shared = math.fsum(order.size * part for order, part in zip(orders, parts, strict=True)) / whole
            fills |= {order.id: shared for order in orders}
    return plan if fills == plan.fills else replace(plan, fills=fills)


def shared_units(
    problem: Problem, orders: Sequence[Order], most: Sequence[int], units: Sequence[int]
) -> list[int]:
    """The same for whole units that ``orders`` move, each at most its ``most``: parts of ``most``, rounded down,
    and what that leaves to the first of them."""
    found = list(units)
    for places in _groups(problem, orders).values():
        total, whole = sum(units[i] for i in places), sum(most[i] for i in places)
        if len(places) < 2 or not 0 < total < whole:
            continue
        for i in places:
            found[i] = total * most[i] // whole
        left = total - sum(found[i] for i in places)
        for i in places:
            more = min(left, most[i] - found[i], 1)
            found[i] += more
            left -= more
    return found


def _groups(problem: Problem, orders: Sequence[Order]) -> dict[object, list[int]]:
    """Like orders by place, those that must be left as they are left out."""
    auction = problem.market.auction
    bound = {(balance.owner, balance.asset) for balance in auction.balances}
    like: defaultdict[object, list[int]] = defaultdict(list)
    for i, order in enumerate(orders):
        intent = order.record.intent
        if not order.whole and intent.fill.min_fill == 0 and (intent.owner, order.give) not in bound:
            like[_kind(order)].append(i)
    return like


def _kind(order: Order) -> object:
    """What makes two orders alike: pair, side, the exact limit, and what is charged on them."""
    intent = order.record.intent
    limit = Fraction(intent.want[0].amount, intent.give[0].amount)
    return (order.give, order.want, order.sells, order.floor, order.fee, limit, order.record.policies)
