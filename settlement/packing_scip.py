"""Set packing by SCIP, beside CP-SAT: linear programs tell it early what CP-SAT finds out late on wide markets.

It works in doubles, so nothing it says is believed: the set it finds is added up in integers, and its bound is
taken with a margin far above its tolerance. One thread, fixed seed, and a limit in nodes, not in seconds: what it
does is the same again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from settlement.mechanism import Bid
from settlement.packing import Worths

#: Nodes of the search tree for 1,000 bids; fewer bids get more. About ten seconds.
MAX_NODES: Final = 3_000
#: The largest coefficient handed over, and the margin of the bound, well above SCIP's tolerances.
SCALE_BITS: Final = 40
MARGIN_BITS: Final = 18


@dataclass(frozen=True, slots=True)
class Proposal:
    """``chosen`` by position, a compatible set if SCIP is right; ``bound`` on the worth of any."""

    chosen: tuple[int, ...]
    bound: int | None


def scip(bids: Sequence[Bid], worths: Worths, max_winners: int) -> Proposal | None:
    """What SCIP makes of it; ``None`` where it found nothing."""
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
    chosen = tuple(i for i, x in enumerate(choose) if x.solution_value() > 0.5)
    limit = int(objective.BestBound()) + 1
    # Cutting digits lost less than one unit for each bid that can be chosen.
    bound = (limit + (limit >> MARGIN_BITS) + min(max_winners, len(bids))) << shift
    return Proposal(chosen, bound if limit > 0 else None)
