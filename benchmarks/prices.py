"""Equilibrium prices beside those of the Devanur–Garg–Végh convex program, solved by cvxpy and Clarabel.

The batches have no pools. The program ("A rational convex program for linear Arrow–Debreu markets", 2016) is posed
with every order as an agent that owns what it sells and likes it as much as its limit says. Its optimum is zero
exactly at equilibria. Prices are compared within groups of tokens that trade with each other: between groups any
ratio that tempts nobody is an equilibrium.

    python benchmarks/prices.py [--peer-python PYTHON] [--json]

The peer runs in another interpreter, since cvxpy and ortools do not share a process. Exit code 1 when prices
differ by more than 1e-6.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# So that it also runs as a script, from anywhere.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import generators

#: Orders, tokens, seed.
SIZES: Final = (
    (12, 3, 1), (30, 3, 2), (100, 10, 3), (100, 5, 4), (300, 10, 5), (300, 20, 6), (1000, 50, 7), (1000, 10, 8),
    (1000, 30, 9),
)  # fmt: skip
#: What the prices may differ by, relatively.
CLOSE: Final = 1e-6


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer-python", type=Path, default=Path(".venv-peers/bin/python"))
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--as-peer", nargs=3, type=int, metavar=("N", "T", "SEED"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_peer:
        orders, tokens, seed = options.as_peer
        print(json.dumps(convex_program(generators.batch(orders, tokens, 0, seed))))
        return 0
    if not options.peer_python.exists():
        print(f"error[benchmark.no-peer] {options.peer_python}: no such interpreter (make peers)", file=sys.stderr)
        return 3
    rows = [compared(options.peer_python, *size) for size in SIZES]
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        print(HEAD)
        for row in rows:
            print(line(row))
    return int(any(not row["exact"] or row["difference"] > CLOSE for row in rows))


HEAD: Final = (
    f"{'orders x tokens, seed':24}{'exact':>8}{'differ by':>12}{'groups':>8}{'ours, ms':>10}{'theirs, ms':>12}"
)


def line(row: dict[str, Any]) -> str:
    name = f"{row['orders']} x {row['tokens']}, {row['seed']}"
    times = f"{1e3 * row['seconds']:10.2f}{1e3 * row['peer_seconds']:12.1f}"
    return f"{name:24}{row['exact']!s:>8}{row['difference']:12.1e}{row['groups']:8}{times}"


def compared(peer: Path, orders: int, tokens: int, seed: int) -> dict[str, Any]:
    """One batch solved by both."""
    from benchmarks.instance_runs.batch_by_seed import generated
    from solver.equilibrium.solve import equilibrium

    batch = generated(orders, tokens, 0, seed)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        found = equilibrium(batch)
        seconds.append(time.perf_counter() - start)
    command = [str(peer), __file__, "--as-peer", str(orders), str(tokens), str(seed)]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    apart = np.log(found.prices) - np.log(np.array(theirs["prices"]))
    groups = trading_groups(tokens, batch.sell[found.fills > 0], batch.buy[found.fills > 0])
    spread = [float(np.ptp(apart[groups == group])) for group in np.unique(groups)]
    return {
        "orders": orders, "tokens": tokens, "seed": seed, "exact": found.exact, "difference": max(spread),
        "groups": len(spread), "seconds": min(seconds), "peer_seconds": theirs["seconds"],
        "peer_objective": theirs["objective"],
    }  # fmt: skip


def trading_groups(tokens: int, sell: NDArray[np.int64], buy: NDArray[np.int64]) -> NDArray[np.int64]:
    """(T,) a number for each set of tokens that trades connect."""
    group = np.arange(tokens)
    for _ in range(tokens):
        least = group.copy()
        np.minimum.at(least, sell, group[buy])
        np.minimum.at(least, buy, group[sell])
        if (least == group).all():
            break
        group = least
    return group


def convex_program(batch: generators.Batch) -> dict[str, Any]:
    """min Σ q·p_sell·log(p_sell/β) − Σ spending·log utility over prices p, bang per buck 1/β, and value moved."""
    # Only the peer's interpreter has it.
    import cvxpy as cp  # type: ignore[import-not-found]

    tokens, n = len(batch.values), len(batch.sell)
    # In units that make values and amounts of order one.
    limit = batch.limit * batch.values[batch.buy] / batch.values[batch.sell]
    amount = batch.amount * batch.values[batch.sell]
    amount = amount / amount.mean()
    sells, buys = np.zeros((n, tokens)), np.zeros((n, tokens))
    sells[np.arange(n), batch.sell] = buys[np.arange(n), batch.buy] = 1.0
    p, beta, moved = cp.Variable(tokens), cp.Variable(n), cp.Variable(n, nonneg=True)
    own = sells @ p
    objective = amount @ cp.rel_entr(own, beta) - (cp.multiply(amount, own) - moved) @ np.log(limit)
    rules = [
        moved <= cp.multiply(amount, own),
        sells.T @ moved == buys.T @ moved,
        cp.multiply(limit, beta) <= own,
        beta <= buys @ p,
        p >= 0.01,
        cp.sum(p) == tokens,
    ]
    problem = cp.Problem(cp.Minimize(objective), rules)
    start = time.perf_counter()
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    seconds = time.perf_counter() - start
    prices = np.asarray(p.value) * batch.values
    return {"prices": (prices / prices[0]).tolist(), "objective": float(problem.value), "seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
