"""From whole orders and prices nearby to a lawful outcome: prices, fills in part and pools move until all is even.

Every step is a linear program around where prices are (``step``); steps shrink, and ``exact`` has the last word.
What is aimed at is welfare, or what owners gain, to whom it hands what curves leave of what pools are paid.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from solver.equilibrium.batch import Batch, Floats, Ints
from solver.equilibrium.flows import laplacian, net_of
from solver.selection.exact import Plan, exact
from solver.selection.outcome import Outcome
from solver.selection.pools import givers
from solver.selection.step import Fixed, Point, carried, stepped

#: How far prices may move in the first step (logs), and the shares of that in each.
TRUST: Final = 2e-3
SHRINKING: Final = (1.0, 0.1, 1e-3, 5e-7)
#: Orders and pools within this share of none, or of the most they may, do not give way.
SLACK: Final = 1e-6
#: Orders whose limit is missed by more than this (log prices) to begin with are left out.
MISSED: Final = 1e-6
#: Corrections of the levels of groups of tokens.
LEVELLINGS: Final = 4
#: Shares nearer than this to none or all are none or all.
TINY: Final = 1e-11


def settled(
    batch: Batch, prices: Floats, shares: Floats, values: Floats, *, owners: bool = False, trust: float = TRUST
) -> Outcome | None:
    """The outcome of most welfare at ``values`` (T,) that fills the whole orders of ``shares`` (N,) at prices near
    ``prices`` (T,); with ``owners``, of most surplus to owners. The first step moves prices by ``trust`` (logs) at
    most. None when steps do not end in balance."""
    fok = batch.fill_or_kill.astype(bool)
    with np.errstate(all="ignore"):
        edge = np.log(prices[batch.sell] / prices[batch.buy] / batch.limit)
        value = batch.amount * prices[batch.sell]
        free = np.isfinite(value) & (batch.amount > 0) & (batch.sell != batch.buy) & (edge > 2 * trust)
    met = edge >= -MISSED
    whole = np.flatnonzero(fok & (shares > 0.5) & met)
    part = np.flatnonzero(~fok & (((shares > TINY) & met) | free))
    if not len(whole) and not len(part):
        return None
    unit = float(np.median(value[np.r_[whole, part]]))
    fixed = Fixed(whole, part, values, unit, owners)
    pools = givers(batch.pools, prices)
    point = Point(np.log(prices), (shares * value)[part], pools, pools.best)
    for part_of in SHRINKING:
        moved = stepped(batch, fixed, point, trust * part_of)
        if moved is None:
            return None
        point = moved
    prices, fills = np.exp(point.log_prices), np.zeros(len(batch.sell))
    share = np.clip(point.sold / (batch.amount[part] * prices[batch.sell[part]]), 0.0, 1.0)
    share = np.where((share > TINY) & (share < 1 - TINY), share, np.round(share))
    fills[part] = share * batch.amount[part]
    fills[whole] = batch.amount[whole]
    plan = Plan(fills, point.pools, point.given)
    return exact(batch, prices, plan) or exact(batch, *_levelled(batch, prices, plan))


def _levelled(batch: Batch, prices: Floats, plan: Plan) -> tuple[Floats, Plan]:
    """Groups of tokens between which nothing can give way must balance by their prices: those move as one, so that
    limits met inside a group stay met."""
    fills, pools, given = plan.fills, plan.pools, plan.given
    tokens, some = len(prices), np.flatnonzero(plan.fills)
    for _ in range(LEVELLINGS):
        edge = prices[batch.sell[some]] / prices[batch.buy[some]] / batch.limit[some] - 1
        share = fills[some] / batch.amount[some]
        loose = some[((share > SLACK) & (share < 1 - SLACK)) | (edge < SLACK)]
        bendy = (given > SLACK * pools.most) & (given < (1 - SLACK) * pools.most)
        ends = np.r_[batch.sell[loose], pools.out[bendy]], np.r_[batch.buy[loose], pools.into[bendy]]
        links = csr_matrix((np.ones(len(ends[0])), ends), shape=(tokens, tokens))
        group: Ints = connected_components(links, directed=False)[1].astype(np.int64)
        groups = int(group.max(initial=-1)) + 1
        flow = np.r_[fills[some] * prices[batch.sell[some]], given]
        out, into = group[np.r_[batch.sell[some], pools.out]], group[np.r_[batch.buy[some], pools.into]]
        system = laplacian(groups, out, into, flow, np.zeros(len(flow)))
        shift = np.linalg.lstsq(system, -net_of(groups, out, into, flow), rcond=None)[0].astype(np.float64)
        moved = prices * np.exp(shift[group] - shift[group[0]])
        # What pools give is the same in tokens, as long as their curves allow.
        tokens_given = given / prices[pools.out]
        prices, (pools, given) = moved, carried(batch, moved, pools, tokens_given * moved[pools.out])
    return prices, Plan(fills, pools, given)
