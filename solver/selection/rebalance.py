"""Whole fills at an equilibrium's own prices: marginal orders taken or left, then pools and others rebalanced for
them.

Prices stay, so no limit can be missed. Whole orders are rounded by local search, what is left is a linear
program, and ``exact`` has the last word: an outcome is lawful or there is none. Everything away from the margin
stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Equilibrium, Ints
from solver.selection.exact import Plan, exact
from solver.selection.linear import chords, program
from solver.selection.near import Near, nearby
from solver.selection.outcome import Outcome
from solver.selection.program import Answer, relax
from solver.selection.rounding import rounded
from solver.selection.sums import per_token

#: Log prices by which what takes up the rounding is thought to move: further where less could not balance it.
PLAYS: Final = (1e-4, 1e-3, 1e-2, 1e-1)
#: A token whose balance could not be had by more than this (typical orders) counts as so much stiffer next time.
MISSED, STIFFER = 1e-7, 0.1


def rebalance(batch: Batch, equilibrium: Equilibrium) -> Outcome | None:
    """An outcome at the equilibrium's prices; None when what rounding leaves cannot be balanced."""
    near = nearby(batch, equilibrium)
    pieces = chords(near.pools, near.unit)
    posed = program(batch, equilibrium, near, pieces)
    n, whole, tokens = len(near.orders), near.whole, len(equilibrium.prices)
    sell, buy = batch.sell[near.orders], batch.buy[near.orders]
    with np.errstate(all="ignore"):
        share = np.clip(np.nan_to_num(equilibrium.fills[near.orders] / batch.amount[near.orders]), 0.0, 1.0)
    stiff = np.ones(tokens)
    for play in PLAYS:
        choice = rounded(near, sell, buy, share, stiff, play)
        low, high = posed.low.copy(), posed.high.copy()
        low[:n][whole] = high[:n][whole] = choice[whole]
        answer = relax(replace(posed, low=low, high=high))
        if answer is None:
            continue
        missed = answer.x[-2 * tokens :].reshape(2, tokens).sum(axis=0) > MISSED
        if not missed.any():
            found = exact(batch, equilibrium.prices, _plan(batch, near, pieces[0], answer))
            if found is not None:
                return found
        stiff[missed] *= STIFFER
    return None


def _plan(batch: Batch, near: Near, pieces: Ints, answer: Answer) -> Plan:
    n, k = len(near.orders), len(pieces)
    share = np.clip(answer.x[:n], 0, 1)
    share = np.where(near.whole | (np.abs(share - np.round(share)) < 1e-9), np.round(share), share)
    fills = near.settled.copy()
    fills[near.orders] = share * batch.amount[near.orders]
    given = near.pools.best + per_token(pieces, answer.x[n : n + k] * near.unit, len(near.pools.pool))
    return Plan(fills, near.pools, given)
