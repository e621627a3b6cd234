"""A batch without what makes no sense in it, so that those who come after need not look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.equilibrium.batch import Batch, Bools, Floats, Pools


def sensible(batch: Batch) -> Batch:
    """The same numbers of orders and pools: those that the equilibrium leaves alone (``Batch`` says which), and
    pools between tokens that are not there, become nothing, of a token for itself."""
    tokens, pools = len(batch.values), batch.pools
    listed = _listed(batch.sell, tokens) & _listed(batch.buy, tokens) & (batch.sell != batch.buy)
    orders = listed & _positive(batch.amount) & _positive(batch.limit)
    linked = _listed(pools.a, tokens) & _listed(pools.b, tokens) & (pools.a != pools.b)
    if orders.all() and linked.all():
        return batch
    return replace(
        batch,
        sell=np.where(orders, batch.sell, 0),
        buy=np.where(orders, batch.buy, 0),
        amount=np.where(orders, batch.amount, 0.0),
        limit=np.where(orders, batch.limit, 1.0),
        pools=Pools(
            np.where(linked, pools.a, 0),
            np.where(linked, pools.b, 0),
            np.where(linked[:, None], pools.reserves, 1.0),
            pools.gamma,
            pools.weight,
        ),
    )


def _listed(token: np.ndarray, tokens: int) -> Bools:
    return np.asarray((token >= 0) & (token < tokens))


def _positive(value: Floats) -> Bools:
    return np.asarray((value > 0) & np.isfinite(value))
