"""How much of what fill-or-kill selection loses must be lost: a bound that SCIP proves in minutes.

    python benchmarks/fill_or_kill_bound.py [--seeds N] [--nodes N] [--json]

Markets of 1,000 orders, 50 tokens, 100 pools, half of the orders fill-or-kill. Per market, in basis points of the
welfare of the equilibrium that fills in part: what the selection loses in about a second, what the mixed-integer
program's own answer loses (it need not balance), and what any outcome loses at least.

The bound holds for outcomes whose prices lie within reach of the equilibrium's: no price moves so far that orders
worth more than one part in a thousand of all gains drop out at its token, or by more than 2 %. Within that it
allows for every value that an order or a pool can hand over as prices move, and pools gain no less than they do.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

# So that it also runs as a script, from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from scipy.sparse import csr_matrix, vstack

from benchmarks.fill_or_kill import drawn
from solver.equilibrium.batch import Batch, Floats
from solver.equilibrium.solve import equilibrium
from solver.selection.linear import chords
from solver.selection.moving import Effort, Open, opened, program
from solver.selection.outcome import most_welfare
from solver.selection.pools import Givers, directions
from solver.selection.program import Program, choose
from solver.selection.reach import Reach
from solver.selection.select import select
from solver.selection.sums import per_token

MARKET: Final = (1_000, 50, 100)
SHARE: Final = 0.5
#: Every order is looked at, pools are cut finely, prices have room.
THOROUGH: Final = Effort(
    minded=1e-3,
    most=0.02,
    small=0.0,
    chords=(0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 13.0, 26.0, 50.0, 100.0, 400.0),
    whole=5_000,
    entries=1_000_000,
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=6, help="markets drawn")
    parser.add_argument("--nodes", type=int, default=1, help="nodes SCIP may look at for one bound")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args(arguments)
    results = []
    if not options.json:
        print(f"{'seed':>5}{'found bp':>10}{'program bp':>12}{'at least bp':>13}{'seconds':>9}")
    for seed in range(options.seeds):
        results.append(measured(seed, options.nodes))
        if not options.json:
            row = results[-1]
            print(
                f"{seed:>5}{row['found_bp']:>10.1f}{row['program_bp'] or np.nan:>12.1f}"
                f"{row['least_bp'] or np.nan:>13.1f}{row['seconds']:>9.1f}",
                flush=True,
            )
    if options.json:
        json.dump({"markets": results}, sys.stdout, indent=1)
        print()
    return 0


def measured(seed: int, nodes: int) -> dict[str, Any]:
    batch = drawn(*MARKET, seed, SHARE)
    relaxed = equilibrium(batch)
    prices, most = relaxed.prices, most_welfare(batch, relaxed.prices)
    selected = select(batch, relaxed)
    start = time.perf_counter()
    market, room = opened(batch, prices, prices, THOROUGH)
    pools = reached(batch, prices, room)
    posed = program(batch, prices, prices, market, room, THOROUGH)
    posed = allowing(batch, market, room, pools, flattered(pools, room, market.unit, posed))
    answer = choose(posed, nodes=nodes)
    had = float(pools.gain(pools.best).sum())
    loss = {
        "program_bp": None if answer is None else 1e4 * (1 - (answer.value * market.unit + had) / most),
        "least_bp": None if answer is None else 1e4 * (1 - (answer.bound * market.unit + had) / most),
    }
    found = 1e4 * (1 - selected.welfare / most)
    return {"seed": seed, "found_bp": found, **loss, "seconds": time.perf_counter() - start}


def reached(batch: Batch, prices: Floats, room: Reach) -> Givers:
    """The pools that may give something within reach, with the most each may give there."""
    every = directions(batch.pools, prices)
    pools = every.only(np.flatnonzero(every.beyond + room.rise(every.out, every.into) > 0))
    return replace(pools, most=pools.moved(room.rise(pools.out, pools.into)).most)


def allowing(batch: Batch, market: Open, room: Reach, pools: Givers, posed: Program) -> Program:
    """The program with balances that hold whatever values become while prices move within reach.

    Counted in a token at its price before, a buyer of it is paid the value it sold times a factor: that of its
    rate's move, which its limit holds from below where it may trade at all. So a balance becomes two rows, one
    with all factors least, one with all greatest.
    """
    tokens, n = len(batch.values), len(market.orders)
    sell, buy = batch.sell[market.orders], batch.buy[market.orders]
    fall, rise = room.fall(sell, buy), room.rise(sell, buy)
    least = np.exp(-np.where(market.tied, np.minimum(fall, market.edge), fall))
    balance = posed.rows[:tokens].tocoo()
    bought = np.flatnonzero((balance.col >= tokens) & (balance.col < tokens + n) & (balance.data < 0))
    sides = []
    for factor in (least, np.exp(rise)):
        data = balance.data.copy()
        data[bought] *= factor[balance.col[bought] - tokens]
        sides.append(csr_matrix((data, (balance.row, balance.col)), shape=balance.shape))
    most = pools.most / market.unit
    dearer = per_token(pools.into, most * np.expm1(room.rise(pools.out, pools.into)), tokens)
    cheaper = per_token(pools.into, most * -np.expm1(-room.fall(pools.out, pools.into)), tokens)
    free = np.full(tokens, np.inf)
    return replace(
        posed,
        rows=vstack([*sides, posed.rows[tokens:]]).tocsr(),
        row_low=np.r_[posed.row_low[:tokens] - cheaper, -free, posed.row_low[tokens:]],
        row_high=np.r_[free, posed.row_high[:tokens] + dearer, posed.row_high[tokens:]],
    )


def flattered(pools: Givers, room: Reach, unit: float, posed: Program) -> Program:
    """The program with pools that gain no less than they do: every chord of a pool's gain is as steep as the gain
    itself at the chord's end nearer to the best. Their columns come before those of the switches."""
    piece, width, slope = chords(pools, unit, THOROUGH.chords)
    steeper = slope.copy()
    for pool in range(len(pools.pool)):
        one = pools.only(np.array([pool]))
        for side in (1.0, -1.0):
            here = np.flatnonzero((piece == pool) & (np.sign(slope) == -side))
            here = here[np.argsort(side * -slope[here], kind="stable")]
            inner = one.best + side * np.r_[0.0, np.cumsum(width[here])][:-1]
            steeper[here] = 1 - one.deep_in / one.deep_out * one.power / one.gamma * (
                1 - inner / one.deep_out
            ) ** (-one.power - 1)
    switches = np.count_nonzero(pools.beyond < room.fall(pools.out, pools.into))
    gain, last = posed.gain.copy(), len(posed.gain) - switches
    gain[last - len(slope) : last] = steeper
    return replace(posed, gain=gain)


if __name__ == "__main__":
    sys.exit(main())
