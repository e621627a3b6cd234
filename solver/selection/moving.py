"""Which orders to fill whole while prices may still move: one mixed-integer program.

Around given prices the market is made linear: values stay as they are at these prices, each log price may move
by as much as few orders would mind, an order may trade only where the moved prices meet its limit, and a pool may
give up to what its curve covers at them. Looking at the root alone, SCIP's first cuts and dives find in a fraction
of a second most of what it finds in minutes. The proposal balances to first order; ``settling`` makes it exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Bools, Floats, Ints
from solver.selection.linear import chords
from solver.selection.pools import Givers, directions
from solver.selection.program import Program, choose
from solver.selection.reach import Reach, reach
from solver.selection.rows import Rows
from solver.selection.sums import per_token

#: Log prices are counted in these: numbers near one.
STEP: Final = 1e-3
#: Parts of the way prices may move at which a pool's cover is touched by a line, and how the line is found.
TOUCHED: Final = (0.05, 0.5)
BESIDE: Final = 1e-5
#: Rows add up to nothing: without some play, rounding alone makes them contradict one another.
PLAY: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Effort:
    """What the program takes in and what SCIP may spend on it.

    A price may move until orders worth the share ``minded`` of what all could gain would drop out, by ``least`` to
    ``most`` in logs. Orders below ``small`` typical ones trade where they are willing before prices move.
    ``chords``: where pools' gains are cut, in typical orders. SCIP's work is bounded by ``nodes`` and by what is
    refused beforehand: more than ``whole`` orders that must trade whole, or only with leave, and programs of more
    than ``entries``.
    """

    minded: float = 2e-4
    least: float = 1e-3
    most: float = 6e-3
    small: float = 0.3
    chords: tuple[float, ...] = (0.5, 3.0, 20.0)
    whole: int = 1500
    entries: int = 12_000
    nodes: int = 1
    # More rounds of cuts and of presolving cost more than they bring.
    settings: str = "separating/maxroundsroot = 2\npresolving/maxrounds = 3\n"


@dataclass(frozen=True, slots=True)
class Proposal:
    """``shares`` (N,) filled of each order at ``prices`` (T,), balanced to first order; the ``gain`` it promises
    and a ``bound`` on any other's in the program, at the values asked about, beyond what pools gain best."""

    prices: Floats
    shares: Floats
    gain: float
    bound: float


@dataclass(frozen=True, slots=True)
class Open:
    """``orders`` that may trade, with their ``value`` in typical orders (``unit``), ``edge`` (log price above the
    limit) and ``gain`` in typical orders; ``tied``: those whose limit the price may pass."""

    orders: Ints
    value: Floats
    edge: Floats
    gain: Floats
    tied: Bools
    unit: float


def propose(batch: Batch, values: Floats, prices: Floats, effort: Effort | None = None) -> Proposal | None:
    """The selection that gains most at ``values`` (T,) of those that prices near ``prices`` (T,) allow; None when
    there is too much to choose from, or SCIP finds nothing."""
    effort = effort or Effort()
    market, room = opened(batch, values, prices, effort)
    whole = batch.fill_or_kill[market.orders] | market.tied
    if not len(market.orders) or np.count_nonzero(whole) > effort.whole:
        return None
    posed = program(batch, values, prices, market, room, effort)
    if posed.rows.nnz > effort.entries:
        return None
    answer = choose(posed, nodes=effort.nodes, settings=effort.settings)
    if answer is None:
        return None
    tokens, shares = len(prices), np.zeros(len(batch.sell))
    shares[market.orders] = answer.x[tokens : tokens + len(market.orders)]
    moved = prices * np.exp(answer.x[:tokens] * STEP)
    return Proposal(moved, shares, answer.value * market.unit, answer.bound * market.unit)


def opened(batch: Batch, values: Floats, prices: Floats, effort: Effort) -> tuple[Open, Reach]:
    """The orders that may trade within reach of ``prices``, and that reach."""
    sell, buy = batch.sell, batch.buy
    with np.errstate(all="ignore"):
        value = batch.amount * prices[sell]
        edge = np.log(prices[sell] / prices[buy] / batch.limit)
        sane = (value > 0) & np.isfinite(value) & np.isfinite(edge) & (sell != buy)
    value, edge = np.where(sane, value, 0.0), np.where(sane, edge, -np.inf)
    here = value * -np.expm1(-np.maximum(edge, 0.0))
    room = reach(batch, edge, here, effort.minded * here.sum(), effort.least, effort.most)
    unit = float(np.median(value[sane])) if sane.any() else 1.0
    tied = edge < room.fall(sell, buy)
    small = value < effort.small * unit
    reached = edge + room.rise(sell, buy) > 0
    orders = np.flatnonzero(reached & ~(small & tied & (edge <= 0)))
    gain = batch.amount[orders] * (values[sell[orders]] - batch.limit[orders] * values[buy[orders]])
    return Open(orders, value[orders] / unit, edge[orders], gain / unit, (tied & ~small)[orders], unit), room


def program(batch: Batch, values: Floats, prices: Floats, market: Open, room: Reach, effort: Effort) -> Program:
    """Columns: moves of prices, shares of orders, leave to trade for tied orders that may fill in part, chords of
    pools, leave to trade for pools. Rows: balance per token first."""
    tokens, n, unit = len(prices), len(market.orders), market.unit
    sell, buy = batch.sell[market.orders], batch.buy[market.orders]
    whole = batch.fill_or_kill[market.orders].astype(bool)
    pools = directions(batch.pools, prices)
    pools = pools.only(np.flatnonzero(pools.beyond + room.rise(pools.out, pools.into) > 0))
    widest = pools.moved(room.rise(pools.out, pools.into))
    piece, width, slope = chords(replace(pools, most=widest.most), unit, effort.chords)
    chord_low, chord_high = np.where(slope < 0, 0.0, -width / unit), np.where(slope < 0, width / unit, 0.0)
    # Gains told at the values asked about: a pool gives and takes, each at its value there.
    ratio = values / prices
    slope = ratio[pools.out[piece]] - ratio[pools.into[piece]] * (1 - slope)
    leave, switch = (
        np.flatnonzero(market.tied & ~whole),
        np.flatnonzero(pools.beyond < room.fall(pools.out, pools.into)),
    )
    order = tokens + np.arange(n)
    allowed = tokens + n + np.arange(len(leave))
    chord = tokens + n + len(leave) + np.arange(len(piece))
    on = tokens + n + len(leave) + len(piece) + np.arange(len(switch))
    columns = tokens + n + len(leave) + len(piece) + len(switch)

    rows = Rows()
    # What a pool gives best, but for chords too short to count: so that it can give nothing, too.
    base = -per_token(piece, chord_low, len(pools.pool))
    settled = per_token(pools.into, base, tokens) - per_token(pools.out, base, tokens)
    rows.add(settled - PLAY, settled + PLAY, tokens)
    rows.put(sell, order, market.value)
    rows.put(buy, order, -market.value)
    rows.put(pools.out[piece], chord, 1.0)
    rows.put(pools.into[piece], chord, -1.0)
    part = rows.add(-np.inf, 0.0, len(leave))
    rows.put(part, order[leave], 1.0)
    rows.put(part, allowed, -1.0)
    trader = order.copy()
    trader[leave] = allowed
    tied = np.flatnonzero(market.tied)
    _meet(rows, room, sell[tied], buy[tied], market.edge[tied], trader[tied])
    _meet(rows, room, pools.out[switch], pools.into[switch], pools.beyond[switch], on)
    _cover(rows, room, pools, base, (piece, chord), (switch, on), unit)
    return Program(
        np.r_[np.zeros(tokens), market.gain, np.zeros(len(leave)), slope, np.zeros(len(switch))],
        np.r_[-room.down / STEP, np.zeros(n + len(leave)), chord_low, np.zeros(len(switch))],
        np.r_[room.up / STEP, np.ones(n + len(leave)), chord_high, np.ones(len(switch))],
        np.r_[np.zeros(tokens, bool), whole, np.ones(len(leave), bool), np.zeros(len(piece), bool),
              np.ones(len(switch), bool)],
        rows.matrix(columns), rows.low, rows.high,
    )  # fmt: skip


def _meet(rows: Rows, room: Reach, sell: Ints, buy: Ints, edge: Floats, trader: Ints) -> None:
    """Where ``trader`` is one the moved rate is no less than the limit."""
    worst = edge - room.fall(sell, buy)
    row = rows.add((worst - edge) / STEP, np.inf, len(trader))
    rows.put(row, sell, 1.0)
    rows.put(row, buy, -1.0)
    rows.put(row, trader, worst / STEP)


def _cover(
    rows: Rows, room: Reach, pools: Givers, base: Floats, pieces: tuple[Ints, Ints], switches: tuple[Ints, Ints],
    unit: float,
) -> None:  # fmt: skip
    """A pool gives no more than its curve covers where prices are then, which lines touch from above, and nothing
    where it is switched off. Rows speak of chords: what is given beyond ``base``."""
    (piece, chord), (switch, on) = pieces, switches
    rise, fall = room.rise(pools.out, pools.into), room.fall(pools.out, pools.into)
    row = rows.add(-np.inf, -base[switch], len(switch))
    rows.put(row, on, -pools.moved(rise).most[switch] / unit)
    number = np.full(len(base), -1)
    number[switch] = row
    switched = np.flatnonzero(number[piece] >= 0)
    rows.put(number[piece[switched]], chord[switched], 1.0)
    nearest = np.maximum(-fall, -pools.beyond)
    for part in TOUCHED:
        at = nearest + part * (rise - nearest)
        here = pools.moved(at).most / unit
        slope = (pools.moved(at + BESIDE).most / unit - here) / BESIDE
        eased = np.zeros(len(base))
        eased[switch] = np.maximum(0.0, slope * (at + fall) - here)[switch]
        row = rows.add(-np.inf, here - slope * at - base + eased, len(base))
        rows.put(row[piece], chord, 1.0)
        rows.put(row, pools.out, -slope * STEP)
        rows.put(row, pools.into, slope * STEP)
        rows.put(row[switch], on, eased[switch])
