"""Whole fills near an equilibrium: marginal orders taken or left, then pools, others and prices rebalanced for them.

``quickly`` rounds by local search and solves what is left as a linear program, at the equilibrium's own prices;
``thoroughly`` poses it all to SCIP, with prices moving where that is allowed. Everything away from the margin stays
as it is, and ``exact`` has the last word: an outcome is lawful or there is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, hstack, identity, vstack

from solver.equilibrium.batch import Batch, Equilibrium, Ints
from solver.selection.exact import Plan, balance_out, exact, lawful
from solver.selection.linear import chords, program
from solver.selection.near import Effort, Near, nearby
from solver.selection.outcome import Outcome
from solver.selection.program import Answer, Program, choose, relax
from solver.selection.rounding import rounded

#: Log prices by which what takes up the rounding is thought to move: further where less could not balance it.
PLAYS: Final = (1e-4, 1e-3, 1e-3, 1e-2, 1e-2, 1e-2, 1e-1, 1e-1)
#: Points a program with moving prices is linear around, one after the other, and how much less far each reaches.
POINTS, NEARER = 4, 0.3
#: A token whose balance could not be had by more than this (typical orders) counts as so much stiffer next time.
MISSED, STIFFER = 1e-7, 0.1
#: What a typical order's worth of imbalance is made to cost, in its value: more than any order gains.
FORFEIT: Final = 10.0


def quickly(batch: Batch, equilibrium: Equilibrium, effort: Effort) -> Outcome | None:
    """An outcome at the equilibrium's prices by rounding; None when what is left then cannot balance."""
    near = nearby(batch, equilibrium, replace(effort, reach=0.0))
    pieces = chords(near.pools, near.unit)
    posed = program(batch, equilibrium, near, 0.0, pieces)
    n, whole = len(near.orders), near.whole
    with np.errstate(all="ignore"):
        share = np.clip(np.nan_to_num(equilibrium.fills[near.orders] / batch.amount[near.orders]), 0.0, 1.0)
    tokens = len(equilibrium.prices)
    sell, buy = batch.sell[near.orders], batch.buy[near.orders]
    stiff = np.ones(tokens)
    forgiving = _forgiving(posed, tokens)
    for play in PLAYS:
        choice = rounded(near, sell, buy, share, stiff, play)
        low, high = forgiving.low.copy(), forgiving.high.copy()
        low[:n][whole] = high[:n][whole] = choice[whole]
        answer = relax(replace(forgiving, low=low, high=high))
        if answer is None:
            continue
        missed = answer.x[-2 * tokens :].reshape(2, tokens).sum(axis=0) > MISSED
        if not missed.any():
            found = exact(batch, equilibrium.prices, _plan(batch, near, pieces[0], answer, 0.0))
            if found is not None:
                return found
        stiff[missed] *= STIFFER
    return None


def _forgiving(posed: Program, tokens: int) -> Program:
    """The program with two columns more for each token, which take up what nothing else can, at a price."""
    free = 2 * tokens
    one = identity(tokens, format="csr")
    below = csr_matrix((posed.rows.shape[0] - tokens, free))
    rows = csr_matrix(hstack([posed.rows, vstack([hstack([one, -one]), below])]))
    return Program(
        np.r_[posed.gain, np.full(free, -FORFEIT)],
        np.r_[posed.low, np.zeros(free)],
        np.r_[posed.high, np.full(free, np.inf)],
        np.r_[posed.whole, np.zeros(free, bool)],
        rows,
        posed.row_low,
        posed.row_high,
    )


def thoroughly(batch: Batch, equilibrium: Equilibrium, effort: Effort) -> Outcome | None:
    """The best outcome SCIP finds within the effort, None when it finds none.

    Where prices move, the program is only linear around its point: what it plans is taken as the next point, from
    which prices reach less far, until a plan is lawful.
    """
    base, reach = equilibrium, effort.reach
    for _ in range(POINTS if reach > 0 else 1):
        near = nearby(batch, base, replace(effort, reach=reach))
        pieces = chords(near.pools, near.unit)
        posed = program(batch, base, near, reach, pieces)
        answer = choose(posed, seconds=effort.seconds, nodes=effort.nodes, loss=effort.loss / near.unit)
        if answer is None:
            return None
        planned = balance_out(batch, base.prices, _plan(batch, near, pieces[0], answer, reach))
        if planned is None:
            return None
        if lawful(batch, planned):
            return planned
        base = replace(equilibrium, prices=planned.prices, fills=planned.fills, marginal=np.zeros(0, np.int64))
        reach *= NEARER
    return None


def _plan(batch: Batch, near: Near, pieces: Ints, answer: Answer, reach: float) -> Plan:
    n, k = len(near.orders), len(pieces)
    share = np.where(np.abs(answer.x[:n] - np.round(answer.x[:n])) < 1e-9, np.round(answer.x[:n]), answer.x[:n])
    share = np.where(near.whole, np.round(share), np.clip(share, 0, 1))
    fills = near.settled.copy()
    fills[near.orders] = share * batch.amount[near.orders]
    given = near.pools.best + np.bincount(pieces, answer.x[n : n + k] * near.unit, len(near.pools.pool))
    return Plan(fills, near.pools, given, reach > 0)
