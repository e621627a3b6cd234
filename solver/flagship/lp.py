"""A thin layer over OR-Tools' linear solver: build by rows, solve, read values and duals.

GLOP for linear programs (its duals are right), SCIP where something must be whole or not at all.
Budgets are counted in iterations and nodes, so that the same input gives the same answer.
"""

from __future__ import annotations

from typing import Any, Final

from ortools.linear_solver import pywraplp

INFINITY: Final = float("inf")
#: Balances are of the order of one: this much may be missing at an optimum.
TOLERANCE: Final = 1e-10


class Program:
    """A maximisation over variables with bounds and rows with bounds."""

    def __init__(self, *, whole: bool = False) -> None:
        self._solver: Any = pywraplp.Solver.CreateSolver("SCIP" if whole else "GLOP")
        self._whole = whole
        self._objective = self._solver.Objective()
        self._objective.SetMaximization()

    def variable(self, low: float, high: float, gain: float = 0.0) -> Any:
        made = self._solver.NumVar(low, high, "")
        if gain:
            self._objective.SetCoefficient(made, gain)
        return made

    def switch(self, gain: float = 0.0) -> Any:
        """A variable that is 0 or 1 (relaxed to between in a linear program)."""
        made = self._solver.BoolVar("") if self._whole else self._solver.NumVar(0.0, 1.0, "")
        if gain:
            self._objective.SetCoefficient(made, gain)
        return made

    def row(self, low: float, high: float) -> Any:
        return self._solver.Constraint(low, high)

    def solve(
        self, *, seconds: float, nodes: int = 2_000, gap: float = 1e-4, tolerance: float = TOLERANCE
    ) -> bool:
        """Whether a feasible point was found. ``seconds`` is only a guard behind the node budget."""
        self._solver.SetTimeLimit(max(1, int(seconds * 1000)))
        if self._whole:
            settings = {
                "limits/nodes": nodes,
                "randomization/randomseedshift": 1,
                "numerics/feastol": 1e-9,
            }
            self._solver.SetSolverSpecificParametersAsString("".join(f"{k} = {v}\n" for k, v in settings.items()))
        exactly = pywraplp.MPSolverParameters()
        exactly.SetDoubleParam(exactly.PRIMAL_TOLERANCE, tolerance)
        if not self._whole:
            exactly.SetDoubleParam(exactly.DUAL_TOLERANCE, tolerance)
            # GLOP has called programs infeasible in presolve that zero solves.
            exactly.SetIntegerParam(exactly.PRESOLVE, exactly.PRESOLVE_OFF)
        exactly.SetDoubleParam(exactly.RELATIVE_MIP_GAP, gap)
        status = self._solver.Solve(exactly)
        return bool(status in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE))

    @property
    def value(self) -> float:
        return float(self._objective.Value())
