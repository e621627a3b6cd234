"""One step of prices towards the best lawful outcome with given whole orders: a linear program there.

What whole orders sell is worth more as its price rises, limits stay met, pools stay covered, tokens balance, and
what cannot be balanced yet is paid for dearly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Floats, Ints
from solver.selection.linear import FORFEIT, chords
from solver.selection.pools import Givers, givers
from solver.selection.program import Program, relax
from solver.selection.rows import Rows
from solver.selection.sums import per_token

#: Log prices are counted in these: numbers near one.
STEP: Final = 1e-3
#: How the slope of a pool's cover is found, in logs.
BESIDE: Final = 1e-7
#: What a row may miss.
CLOSE: Final = 1e-11


@dataclass(frozen=True, slots=True)
class Fixed:
    """What stays as it is on the way: orders ``whole``, orders that may fill in ``part``, what tokens are worth to
    whom it is counted for (``values``), a typical order's value (``unit``)."""

    whole: Ints
    part: Ints
    values: Floats
    unit: float
    owners: bool


@dataclass(frozen=True, slots=True)
class Point:
    """Log prices, the value sold by orders in part, and given by pools, each on its better side at the prices."""

    log_prices: Floats
    sold: Floats
    pools: Givers
    given: Floats


def stepped(batch: Batch, fixed: Fixed, at: Point, trust: float) -> Point | None:
    """The best point with prices within ``trust`` (logs) of these, to first order; None when GLOP gives up.

    Columns: moves of prices, value sold in part, chords of pools, then what each token lacks and has too much of.
    """
    tokens, part, pools, unit = len(at.log_prices), len(fixed.part), at.pools, fixed.unit
    wider = pools.moved(np.full(len(pools.pool), 2 * trust))
    piece, width, slope = chords(replace(pools, most=wider.most), unit)
    order, chord = tokens + np.arange(part), tokens + part + np.arange(len(piece))
    spare = tokens + part + len(piece) + np.arange(2 * tokens)
    rows = Rows()
    _balance(rows, batch, fixed, at, order)
    rows.put(pools.out[piece], chord, 1.0)
    rows.put(pools.into[piece], chord, -1.0)
    rows.put(np.tile(np.arange(tokens), 2), spare, np.repeat([1.0, -1.0], tokens))
    _limits(rows, batch, fixed, at.log_prices, 2 * trust)
    _amounts(rows, batch, fixed, at, order)
    _covers(rows, pools, piece, chord, unit)
    far, nothing, free = np.full(tokens, trust / STEP), np.zeros(2 * tokens), np.full(2 * tokens, np.inf)
    less, more = np.where(slope < 0, 0.0, -width / unit), np.where(slope < 0, width / unit, 0.0)
    program = Program(
        np.r_[(*_gains(batch, fixed, at, piece, slope), nothing - FORFEIT)],
        np.r_[-far, np.zeros(part), less, nothing],
        np.r_[far, np.full(part, np.inf), more, free],
        np.zeros(spare[-1] + 1, bool),
        rows.matrix(spare[-1] + 1),
        rows.low,
        rows.high,
    )
    answer = relax(program, tolerance=CLOSE)
    if answer is None:
        return None
    log_prices = at.log_prices + (answer.x[:tokens] - answer.x[0]) * STEP
    given = pools.best + per_token(piece, answer.x[chord] * unit, len(pools.pool))
    return Point(log_prices, answer.x[order] * unit, *carried(batch, np.exp(log_prices), pools, given))


def _balance(rows: Rows, batch: Batch, fixed: Fixed, at: Point, order: Ints) -> None:
    """What is sold of each token less what is bought, chords left to the caller: the first rows."""
    tokens, whole, pools = len(at.log_prices), fixed.whole, at.pools
    sell, buy = batch.sell, batch.buy
    value = batch.amount[whole] * np.exp(at.log_prices)[sell[whole]] / fixed.unit
    level = per_token(buy[whole], value, tokens) - per_token(sell[whole], value, tokens)
    level += (per_token(pools.into, pools.best, tokens) - per_token(pools.out, pools.best, tokens)) / fixed.unit
    rows.add(level, level, tokens)
    rows.put(sell[whole], sell[whole], value * STEP)
    rows.put(buy[whole], sell[whole], -value * STEP)
    rows.put(sell[fixed.part], order, 1.0)
    rows.put(buy[fixed.part], order, -1.0)


def _limits(rows: Rows, batch: Batch, fixed: Fixed, log_prices: Floats, reach: float) -> None:
    """Limits that prices might pass within ``reach`` stay met."""
    both = np.r_[fixed.whole, fixed.part]
    edge = log_prices[batch.sell[both]] - log_prices[batch.buy[both]] - np.log(batch.limit[both])
    near = edge < reach + BESIDE
    row = rows.add(-edge[near] / STEP, np.inf, int(near.sum()))
    rows.put(row, batch.sell[both[near]], 1.0)
    rows.put(row, batch.buy[both[near]], -1.0)


def _amounts(rows: Rows, batch: Batch, fixed: Fixed, at: Point, order: Ints) -> None:
    """No order in part sells more than it has, whatever that is worth then."""
    sell = batch.sell[fixed.part]
    value = batch.amount[fixed.part] * np.exp(at.log_prices)[sell] / fixed.unit
    row = rows.add(-np.inf, value, len(value))
    rows.put(row, order, 1.0)
    rows.put(row, sell, -value * STEP)


def _covers(rows: Rows, pools: Givers, piece: Ints, chord: Ints, unit: float) -> None:
    """No pool gives more than its curve covers at the moved prices."""
    most = pools.most / unit
    rise = (pools.moved(np.full(len(most), BESIDE)).most / unit - most) / BESIDE
    row = rows.add(-np.inf, most - pools.best / unit, len(most))
    rows.put(row[piece], chord, 1.0)
    rows.put(row, pools.out, -(rise + most) * STEP)
    rows.put(row, pools.into, rise * STEP)


def _gains(batch: Batch, fixed: Fixed, at: Point, piece: Ints, slope: Floats) -> tuple[Floats, Floats, Floats]:
    """What is gained by prices, by value sold in part and by chords of pools, in typical orders."""
    prices, part, whole, pools = np.exp(at.log_prices), fixed.part, fixed.whole, at.pools
    sell, buy, worth = batch.sell, batch.buy, fixed.values / np.exp(at.log_prices)
    tokens = len(prices)
    if not fixed.owners:
        limit = batch.limit[part] * fixed.values[buy[part]]
        by_given = worth[pools.out[piece]] - worth[pools.into[piece]] * (1 - slope)
        return np.zeros(tokens), (fixed.values[sell[part]] - limit) / prices[sell[part]], by_given
    asked = batch.limit[part] * prices[buy[part]] / prices[sell[part]]
    rising = np.r_[
        batch.amount[whole] * prices[sell[whole]] * worth[buy[whole]], at.sold * worth[buy[part]] * asked
    ]
    both = np.r_[whole, part]
    by_price = per_token(sell[both], rising, tokens) - per_token(buy[both], rising, tokens)
    return by_price * STEP / fixed.unit, worth[buy[part]] * (1 - asked), np.zeros(len(piece))


def carried(batch: Batch, prices: Floats, pools: Givers, given: Floats) -> tuple[Givers, Floats]:
    """The pools that gain at new prices, and what each gives of what was given."""
    by_side = np.zeros((len(batch.pools.a), 2))
    by_side[pools.pool, pools.side] = given
    now = givers(batch.pools, prices)
    return now, np.clip(by_side[now.pool, now.side], 0.0, now.most)
