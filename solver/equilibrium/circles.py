"""Which tokens can trade with which: value goes in circles, so an order between tokens that no chain of orders and
pools leads back from can never be filled.

Tokens fall into groups, each token of a group reachable from any other (strongly connected components of the graph
of orders and pools). Inside groups every price is bounded by others. Orders from group to group stay empty, for
which the groups' price levels are set apart, once each group's own prices are known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Floats, Ints
from solver.equilibrium.book import Orders

#: How far an order from group to group is kept from its limit (in logs).
APART: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Circles:
    """``group``: (T,) numbers such that orders between groups lead from higher to lower ones; ``inside``: those of
    all ``orders`` that stay within groups; ``between``: the others."""

    orders: Orders
    group: Ints
    inside: Orders
    between: Orders


def circles(orders: Orders) -> Circles:
    group = groups(orders)
    across = group[orders.sell] != group[orders.buy]
    if not across.any():
        return Circles(orders, group, orders, only(orders, np.zeros(0, np.int64)))
    return Circles(orders, group, only(orders, np.flatnonzero(~across)), only(orders, np.flatnonzero(across)))


def only(orders: Orders, at: Ints) -> Orders:
    return replace(
        orders, index=orders.index[at], sell=orders.sell[at], buy=orders.buy[at], pair=orders.pair[at],
        amount=orders.amount[at], rate=orders.rate[at], limit=orders.limit[at],
    )  # fmt: skip


def groups(orders: Orders) -> Ints:
    """(T,) group numbers, from the sinks up."""
    t, c = orders.tokens, orders.curves
    if t == 0:
        return np.zeros(0, np.int64)
    linked = np.bincount(orders.pair, minlength=t * t) > 0
    linked[c.sell * t + c.buy] = True
    reach = linked.reshape(t, t).astype(np.float32)
    np.fill_diagonal(reach, 1.0)
    while True:
        further = np.minimum(reach @ reach, 1.0)
        if np.array_equal(further, reach):
            break
        reach = further
    mutual = reach * reach.T > 0
    # A group reaches all that the groups below it reach, and itself: fewer tokens, further down.
    leader = np.argmax(mutual, axis=1)
    reached = (reach > 0).sum(axis=1)
    _, group = np.unique(reached[leader] * t + leader, return_inverse=True)
    return np.asarray(group, np.int64)


def stacked(found: Circles, y: Floats) -> Floats:
    """Log prices with groups' levels lowered until no order between groups is willing."""
    between, group = found.between, found.group
    if not len(between.sell):
        return y
    room = between.limit - (y[between.sell] - y[between.buy]) - APART * (1 + np.abs(between.limit))
    order = np.argsort(group[between.sell], kind="stable")
    seller, buyer, room = group[between.sell][order], group[between.buy][order], room[order]
    level = np.zeros(int(group.max()) + 1)
    starts = np.flatnonzero(np.r_[True, seller[1:] != seller[:-1]])
    for start, end in zip(starts, [*starts[1:], len(seller)], strict=True):
        level[seller[start]] = min(0.0, float((level[buyer[start:end]] + room[start:end]).min()))
    lowered: Floats = y + level[group]
    return lowered
