"""Fill-or-kill selection at scale: what is lost against the equilibrium that could fill everything in part.

    python benchmarks/fill_or_kill.py [--seeds N] [--tries N] [--json]

Per market: the loss of owners' surplus at outside values, which is how the equilibrium's own value is told, and of
welfare (owners and pools, at the equilibrium's prices), which no price move can flatter; both in basis points.
Handed back (small markets): the same surplus once prices give owners what pools' curves leave of what pools are
paid, as settlements do, against the equilibrium without that; and alike, against the equilibrium with that. Then
seconds of processor for the equilibrium, the selection and handing back, whose work no clock bounds; and rules
broken, counted here and not by the solver.
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

from benchmarks import generators
from solver.equilibrium.batch import Batch, Pools
from solver.equilibrium.solve import equilibrium
from solver.selection.outcome import Outcome, of, surplus, welfare
from solver.selection.select import TRIES, handed_back, select

#: Orders, tokens, pools, share of fill-or-kill orders; the loss aimed at in basis points (None: only reported).
MARKETS: Final = (
    (100_000, 50, 1_000, 0.5, 0.5),
    (100_000, 50, 1_000, 1.0, 2.0),
    (1_000, 50, 1_000, 1.0, 5.0),
    (1_000, 50, 100, 0.5, 50.0),
    (1_000, 50, 100, 1.0, None),
    (1_000, 50, 0, 0.5, None),
)
#: Orders up to which prices hand back what pools' curves leave.
HANDED_BACK: Final = 2_000
#: What the checker allows: of a token's turnover, of a limit, of a curve.
BALANCE, LIMIT, CURVE = 1e-9, 1e-11, 1e-9


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=6, help="markets drawn of each size")
    parser.add_argument("--tries", type=int, default=TRIES, help="equilibria that one selection may find again")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args(arguments)
    results = []
    if not options.json:
        print(f"{'orders':>7}{'tokens':>7}{'pools':>6}{'whole':>6}{'seed':>5}", end="")
        print(
            f"{'surplus bp':>12}{'welfare bp':>12}{'back bp':>10}{'alike bp':>10}{'aim bp':>8}"
            f"{'equil. s':>10}{'select s':>10}{'back s':>8}{'violations':>12}"
        )
    for market in MARKETS:
        for seed in range(options.seeds):
            result = measured(market, seed, options.tries)
            results.append(result)
            if not options.json:
                print(_line(result), flush=True)
    if options.json:
        json.dump({"markets": results}, sys.stdout, indent=1)
        print()
    return 1 if any(result["violations"] for result in results) else 0


def measured(market: tuple[int, int, int, float, float | None], seed: int, tries: int) -> dict[str, Any]:
    orders, tokens, pools, share, aim = market
    batch = drawn(orders, tokens, pools, seed, share)
    start = time.process_time()
    relaxed = equilibrium(batch)
    between = time.process_time()
    selected = select(batch, relaxed, tries=tries)
    end = time.process_time()
    whole = of(relaxed)
    small = orders <= HANDED_BACK
    back = handed_back(batch, selected.outcome) if small else selected.outcome
    last = time.process_time()
    partly = replace(batch, fill_or_kill=np.zeros(orders, bool))
    alike = surplus(batch, handed_back(partly, whole)) if small else np.nan
    had, could = surplus(batch, selected.outcome), surplus(batch, whole)
    gained, most = (welfare(batch, outcome, relaxed.prices) for outcome in (selected.outcome, whole))
    return {
        "orders": orders,
        "tokens": tokens,
        "pools": pools,
        "fill_or_kill": share,
        "seed": seed,
        "surplus_loss_bp": 1e4 * (1 - had / could),
        "welfare_loss_bp": 1e4 * (1 - gained / most),
        "handed_back_loss_bp": 1e4 * (1 - surplus(batch, back) / could) if small else None,
        "handed_back_alike_loss_bp": 1e4 * (1 - surplus(batch, back) / alike) if small else None,
        "aim_bp": aim,
        "equilibrium_seconds": between - start,
        "selection_seconds": end - between,
        "handing_back_seconds": last - end,
        "violations": violations(batch, selected.outcome) + violations(batch, back),
    }


def drawn(orders: int, tokens: int, pools: int, seed: int, share: float) -> Batch:
    made = generators.batch(orders, tokens, pools, seed, share)
    p = made.pools
    return Batch(
        made.values, made.sell, made.buy, made.amount, made.limit, made.fill_or_kill,
        Pools(p.a, p.b, p.reserves, p.gamma, p.weight),
    )  # fmt: skip


def violations(batch: Batch, outcome: Outcome) -> int:
    """Fills beyond amount, limit or fill rule; tokens of which more is paid out than comes in; pools whose
    weighted product of reserves falls, fee counted."""
    p, x = outcome.prices, outcome.fills
    with np.errstate(all="ignore"):
        got = x * p[batch.sell] / p[batch.buy]
    broken = np.count_nonzero((x < 0) | (x > batch.amount))
    broken += np.count_nonzero(batch.fill_or_kill & (x != 0) & (x != batch.amount))
    broken += np.count_nonzero((x > 0) & (got < x * batch.limit * (1 - LIMIT)))
    income, payout = np.zeros(len(p)), np.zeros(len(p))
    np.add.at(income, batch.sell, x)
    np.add.at(payout, batch.buy, got)
    for side, token in enumerate((batch.pools.a, batch.pools.b)):
        flow = outcome.pool_flows[:, side]
        np.add.at(income, token, np.maximum(-flow, 0))
        np.add.at(payout, token, np.maximum(flow, 0))
    broken += np.count_nonzero(payout > income * (1 + BALANCE))
    pools = batch.pools
    into, out = np.maximum(outcome.pool_flows, 0), np.maximum(-outcome.pool_flows, 0)
    weight = np.stack([pools.weight, 1 - pools.weight], axis=1)
    after = np.log(pools.reserves + pools.gamma[:, None] * into - out)
    grown = np.sum(weight * (after - np.log(pools.reserves)), axis=1)
    return int(broken + np.count_nonzero(~(grown >= -CURVE)))


def _line(result: dict[str, Any]) -> str:
    aim = "-" if result["aim_bp"] is None else f"{result['aim_bp']:g}"
    back, alike = (
        "-" if loss is None else f"{loss:.2f}"
        for loss in (result["handed_back_loss_bp"], result["handed_back_alike_loss_bp"])
    )
    return (
        f"{result['orders']:>7}{result['tokens']:>7}{result['pools']:>6}{result['fill_or_kill']:>6}{result['seed']:>5}"
        f"{result['surplus_loss_bp']:>12.4f}{result['welfare_loss_bp']:>12.4f}{back:>10}{alike:>10}{aim:>8}"
        f"{result['equilibrium_seconds']:>10.3f}{result['selection_seconds']:>10.3f}"
        f"{result['handing_back_seconds']:>8.3f}{result['violations']:>12}"
    )


if __name__ == "__main__":
    sys.exit(main())
