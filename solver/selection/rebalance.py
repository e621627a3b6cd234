"""Whole fills near an equilibrium: marginal orders taken or left, then pools, others and prices rebalanced for them.

``quickly`` rounds by local search and solves what is left as a linear program, at the equilibrium's own prices;
``thoroughly`` poses it all to SCIP, with prices moving where that is allowed. Everything away from the margin stays
as it is, and ``exact`` has the last word: an outcome is lawful or there is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Equilibrium, Floats
from solver.selection.exact import Plan, exact
from solver.selection.linear import chords, program
from solver.selection.near import Effort, Near, nearby
from solver.selection.outcome import Outcome
from solver.selection.program import Answer, choose, relax
from solver.selection.rounding import rounded

#: Log prices by which what takes up the rounding is thought to move: further where less could not balance it.
PLAYS: Final = (1e-4, 1e-3, 1e-2)


def quickly(batch: Batch, equilibrium: Equilibrium, effort: Effort) -> Outcome | None:
    """An outcome at the equilibrium's prices by rounding; None when what is left then cannot balance."""
    near = nearby(batch, equilibrium, replace(effort, reach=0.0))
    pieces = chords(near.pools, near.unit)
    posed = program(batch, equilibrium, near, 0.0, pieces)
    n, whole = len(near.orders), near.whole
    with np.errstate(all="ignore"):
        share = np.clip(np.nan_to_num(equilibrium.fills[near.orders] / batch.amount[near.orders]), 0.0, 1.0)
    tried: list[bytes] = []
    for play in PLAYS:
        sell, buy = batch.sell[near.orders], batch.buy[near.orders]
        choice = rounded(near, sell, buy, share, len(equilibrium.prices), play)
        if choice[whole].tobytes() in tried:
            continue
        tried.append(choice[whole].tobytes())
        low, high = posed.low.copy(), posed.high.copy()
        low[:n][whole] = high[:n][whole] = choice[whole]
        answer = relax(replace(posed, low=low, high=high))
        found = answer and _lawful(batch, equilibrium, near, pieces[0], answer, 0.0)
        if found:
            return found
    return None


def thoroughly(batch: Batch, equilibrium: Equilibrium, effort: Effort) -> Outcome | None:
    """The best outcome SCIP finds within the effort, None when it finds none."""
    near = nearby(batch, equilibrium, effort)
    pieces = chords(near.pools, near.unit)
    posed = program(batch, equilibrium, near, effort.reach, pieces)
    answer = choose(posed, seconds=effort.seconds, nodes=effort.nodes, loss=effort.loss / near.unit)
    return answer and _lawful(batch, equilibrium, near, pieces[0], answer, effort.reach)


def _lawful(
    batch: Batch, equilibrium: Equilibrium, near: Near, pieces: Floats, answer: Answer, reach: float
) -> Outcome | None:
    n, k = len(near.orders), len(pieces)
    share = np.where(np.abs(answer.x[:n] - np.round(answer.x[:n])) < 1e-9, np.round(answer.x[:n]), answer.x[:n])
    share = np.where(near.whole, np.round(share), np.clip(share, 0, 1))
    fills = near.settled.copy()
    fills[near.orders] = share * batch.amount[near.orders]
    given = near.pools.best + np.bincount(pieces, answer.x[n : n + k] * near.unit, len(near.pools.pool))
    return exact(batch, equilibrium.prices, Plan(fills, near.pools, given, reach > 0))
