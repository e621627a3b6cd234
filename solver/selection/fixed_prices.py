"""Which orders to fill at prices already fixed, some of them wholly or not at all.

At fixed prices p an order's fill is worth the same number on both sides, so a batch is a circulation of value:
per token, what is sold equals what is bought. The linear relaxation (GLOP) bounds it; SCIP chooses the
fill-or-kill orders; then, with these fixed, the rest is solved again as a linear program and its basis, a forest
of tokens, is evaluated from leaves to root, so that balances hold to rounding and not to a solver's tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from solver.selection.program import Answer, Bools, Floats, Program, choose, relax
from solver.tally import totals

Ints = NDArray[np.int64]

#: An order at its limit to within rounding may trade.
AT_LIMIT: Final = 1e-12
#: A token's net may miss zero by this share of what is traded of it.
BALANCED: Final = 1e-9
#: Shares nearer than this to none or all are none or all.
TINY: Final = 1e-9
#: Nodes SCIP may look at in one try, times the entries of the program: a market of 400 orders that is a subset sum
#: takes some seconds then, and has its bound.
WORK: Final = 1_000_000
#: Where all must be whole, balance is a subset sum: cuts take ten to fifty times as long as nodes there and close
#: nothing. Without them so many times the nodes take a second or so.
NO_CUTS: Final = "separating/maxrounds = 0\nseparating/maxroundsroot = 0\n"
QUICK_NODES: Final = 4
#: Rounds in which orders are cut to what others could take of them and bring.
CUTS: Final = 64
#: Selections tried before settling for none: one that only a tolerance made balance is barred and SCIP asked
#: again.
TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Market:
    """N orders to sell at most ``amount`` of token ``sell`` for ``buy`` at no less than ``limit`` (buy per sell),
    at ``prices`` (T,)."""

    prices: Floats
    sell: Ints
    buy: Ints
    amount: Floats
    limit: Floats
    fill_or_kill: Bools


@dataclass(frozen=True, slots=True)
class Selection:
    """``fills`` (N,) in sell tokens, their surplus Σ x·(p_sell − limit·p_buy), and bounds on any selection's:
    ``relaxed`` from the linear program, ``bound`` the lesser of that and SCIP's."""

    fills: Floats
    surplus: float
    relaxed: float
    bound: float


def select(market: Market, *, work: int = WORK) -> Selection:
    """The most surplus at the market's prices that SCIP finds with so much ``work`` a try."""
    nothing = np.zeros(len(market.sell))
    willing, most, scale, program = as_program(market)
    if program is None:
        return Selection(nothing, 0.0, 0.0, 0.0)
    sums = bool(program.whole.all())
    nodes = max(1, (QUICK_NODES if sums else 1) * work // program.rows.nnz)
    settings = NO_CUTS if sums else ""
    relaxed = relax(program)
    ceiling = np.inf if relaxed is None else relaxed.value
    barred: list[Floats] = []
    bound = ceiling
    for _ in range(TRIES):
        posed = _without(program, barred)
        chosen = choose(posed, nodes=nodes, settings=settings) if program.whole.any() else relaxed
        if chosen is None:
            break
        # What a barred selection claimed, it could not have had.
        bound = min(bound, chosen.bound)
        exact = finish(program, chosen)
        if exact is not None:
            fills = nothing.copy()
            fills[willing] = np.where(exact == 1.0, most, most * exact)
            return Selection(fills, surplus(market, fills), ceiling * scale, bound * scale)
        barred.append(np.round(chosen.x[program.whole]))
    return Selection(nothing, 0.0, ceiling * scale, bound * scale)


def surplus(market: Market, fills: Floats) -> float:
    """Σ x·(p_sell − limit·p_buy)."""
    p = market.prices
    return float(np.sum(fills * (p[market.sell] - market.limit * p[market.buy])))


def as_program(market: Market) -> tuple[Ints, Floats, float, Program | None]:
    """The orders that may trade and the most each could sell, the value that counts as one, and the program over
    their shares of that filled."""
    p, sell, buy = market.prices, market.sell, market.buy
    with np.errstate(all="ignore"):
        value = market.amount * p[sell]
        cost = market.limit * p[buy] / p[sell]
        willing = np.flatnonzero((cost * (1 - AT_LIMIT) <= 1) & (value > 0) & np.isfinite(value) & (sell != buy))
    part = matched(sell[willing], buy[willing], value[willing], market.fill_or_kill[willing].astype(bool), len(p))
    willing, part = willing[part > 0], part[part > 0]
    most = market.amount[willing] * part
    if not len(willing):
        return willing, most, 1.0, None
    value = value[willing] * part
    scale = float(np.median(value))
    w, n = value / scale, len(willing)
    columns = np.arange(n)
    rows = csr_matrix(
        (np.r_[w, -w], (np.r_[sell[willing], buy[willing]], np.r_[columns, columns])), shape=(len(p), n)
    )
    level = np.zeros(len(p))
    gain = w * np.maximum(1 - cost[willing], 0)
    whole = market.fill_or_kill[willing].astype(bool)
    program = Program(gain, np.zeros(n), np.ones(n), whole, rows, level, level)
    return willing, most, scale, program


def matched(sell: Ints, buy: Ints, value: Floats, whole: Bools, tokens: int) -> Floats:
    """(N,) the part of each order that others could take and bring at most, 0 for a whole one larger than that:
    next to an order many times all others no program sees theirs."""
    part = np.ones(len(sell))
    for _ in range(CUTS):
        kept = value * part
        most = np.minimum(totals(buy, kept, tokens)[sell], totals(sell, kept, tokens)[buy])
        less = np.where(whole & (kept > most * (1 + BALANCED)), 0.0, np.where(whole, part, most / value))
        if (less >= part * (1 - BALANCED)).all():
            break
        part = np.minimum(part, less)
    return part


def finish(program: Program, chosen: Answer) -> Floats | None:
    """The best exactly balanced shares with the whole variables as ``chosen``; None when there are none."""
    settled = program.whole
    x = np.where(settled, np.round(chosen.x), 0.0)
    free = np.flatnonzero(~settled)
    if len(free):
        target = -(program.rows[:, np.flatnonzero(settled)] @ x[settled])
        rest = Program(
            program.gain[free], program.low[free], program.high[free], program.whole[free], program.rows[:, free],
            target, target,
        )  # fmt: skip
        best = relax(rest)
        if best is None:
            return None
        shares = np.clip(best.x, 0.0, 1.0)
        partial = (shares > TINY) & (shares < 1 - TINY)
        shares = np.where(partial, shares, np.round(shares))
        x[free] = shares
        x[free[partial]] = _tidied(program.rows, x, free[partial])
    flows = abs(program.rows) @ x
    net = program.rows @ x
    return x if np.all(np.abs(net) <= BALANCED * np.maximum(flows, np.finfo(float).tiny)) else None


def _tidied(rows: csr_matrix, x: Floats, partial: Ints) -> Floats:
    """The partial shares that balance what the others do: least squares, exact where the basis is a forest."""
    if not len(partial):
        return x[partial]
    columns = rows[:, partial].toarray()
    correction: Floats = np.linalg.lstsq(columns, -(rows @ x), rcond=None)[0]
    return np.clip(x[partial] + correction, 0.0, 1.0)


def _without(program: Program, barred: list[Floats]) -> Program:
    """The program with these choices of its whole variables cut off, one row each."""
    if not barred:
        return program
    whole = np.flatnonzero(program.whole)
    cuts = np.zeros((len(barred), program.rows.shape[1]))
    least = np.empty(len(barred))
    for row, choice in enumerate(barred):
        # Σ over taken (1 − z) + Σ over left z ≥ 1
        cuts[row, whole] = np.where(choice > 0, -1.0, 1.0)
        least[row] = 1.0 - choice.sum()
    return Program(
        program.gain, program.low, program.high, program.whole,
        csr_matrix(vstack([program.rows, csr_matrix(cuts)])),
        np.r_[program.row_low, least], np.r_[program.row_high, np.full(len(barred), np.inf)],
    )  # fmt: skip
