"""Set packing by SCIP, beside CP-SAT: linear programs tell it early what CP-SAT finds out late on wide markets.

It works in doubles, so nothing it says is believed: the set it finds is checked and added up in integers, and its
bound, which is no proof, is not taken at all. One thread, fixed seed, and a limit in nodes, not in seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from settlement.mechanism import Bid
from settlement.packing import Worths

#: Nodes of the search tree for 1,000 bids; fewer bids get more. About ten seconds.
MAX_NODES: Final = 3_000
#: The largest coefficient handed over.
SCALE_BITS: Final = 40


def scip(bids: Sequence[Bid], worths: Worths, max_winners: int) -> tuple[int, ...] | None:
    """The set SCIP thinks best, by position; ``None`` where it found nothing."""
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver("SCIP")
    if solver is None:
        return None
    shift = max(0, max(worths.values, default=0).bit_length() - SCALE_BITS)
    choose = [solver.BoolVar("") for _ in bids]
    users: defaultdict[object, list[int]] = defaultdict(list)
    for i, bid in enumerate(bids):
        for resource in bid.resources:
            users[resource].append(i)
    rows = [users[key] for key in users if len(users[key]) > 1]
    for sharing in rows:
        row = solver.Constraint(-solver.infinity(), 1)
        for i in sharing:
            row.SetCoefficient(choose[i], 1)
    row = solver.Constraint(-solver.infinity(), max_winners)
    objective = solver.Objective()
    objective.SetMaximization()
    for i, x in enumerate(choose):
        row.SetCoefficient(x, 1)
        objective.SetCoefficient(x, worths.values[i] >> shift)
    nodes = max(100, MAX_NODES * 1000 // max(1, len(bids)))
    solver.SetSolverSpecificParametersAsString(
        f"limits/nodes = {nodes}\nlimits/gap = 0\nrandomization/randomseedshift = 0\nparallel/maxnthreads = 1\n"
    )
    status = solver.Solve()
    if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return None
    return tuple(i for i, x in enumerate(choose) if x.solution_value() > 0.5)
