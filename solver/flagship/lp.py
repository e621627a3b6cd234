"""Programs that are put together piece by piece: collect rows, columns and entries, solve, read values and duals.

GLOP for linear programs, handed over as arrays (``solver.linear``). SCIP where something must be whole or not at
all, built call by call because only so does it tell how many nodes it took. Effort is counted in iterations and
nodes, so that the same input gives the same answer; time is only a guard, and none at all where the deadline
counts work.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix

from solver.linear import Linear, maximum
from solver.protocol import Deadline

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

INFINITY: Final = float("inf")
#: Balances are of the order of one: this much may be missing at an optimum.
TOLERANCE: Final = 1e-10
#: Simplex iterations of one linear program, behind everything else.
MAX_ITERATIONS: Final = 100_000
#: No call is given less time than this.
LEAST_S: Final = 0.05
#: What solving costs in units of work, as measured: per program, entry, simplex iteration in a tree, and node.
PER_PROGRAM: Final = 250
PER_ENTRY: Final = 0.35
PER_ITERATION: Final = 12.0
PER_NODE: Final = 400.0
#: From so many columns to a row on the dual simplex is several times quicker: the primal moves one column a time.
FLAT: Final = 50
#: GLOP has called programs infeasible in presolve that zero solves.
_GLOP: Final = (
    "use_preprocessing: false initial_basis: NONE use_dual_simplex: {2} "
    "primal_feasibility_tolerance: {0:.1e} dual_feasibility_tolerance: {0:.1e} max_number_of_iterations: {1}"
)


class Program:
    """A maximisation over variables with bounds and rows with bounds; both are named by number."""

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._gain: list[Floats] = []
        self._count = 0
        self._row_low: list[float] = []
        self._row_high: list[float] = []
        self._entries: list[tuple[Places, Places, Floats]] = []
        self._single: tuple[list[int], list[int], list[float]] = ([], [], [])
        self._more: list[tuple[Places, Floats]] = []
        self._switches: list[int] = []
        self._matrix_made: Any = None
        self._matrix_state: tuple[int, ...] = ()
        self.value = 0.0
        self.values: Floats = np.zeros(0)
        self.duals: Floats = np.zeros(0)

    def variable(self, low: float, high: float, gain: float = 0.0) -> int:
        return self.variables(np.array([low]), np.array([high]), np.array([gain]))

    def variables(self, low: Floats, high: Floats, gain: Floats) -> int:
        """A block of variables; the number of the first."""
        first = self._count
        self._low.append(low)
        self._high.append(high)
        self._gain.append(gain)
        self._count += len(low)
        return first

    def switch(self, gain: float = 0.0) -> int:
        """A variable that is 0 or 1 (relaxed to between in a linear program)."""
        made = self.variable(0.0, 1.0, gain)
        self._switches.append(made)
        return made

    def make_whole(self, variables: Places) -> None:
        """These are 0 or 1, given that their bounds are."""
        self._switches += [int(v) for v in variables]

    def row(self, low: float, high: float) -> int:
        self._row_low.append(low)
        self._row_high.append(high)
        return len(self._row_low) - 1

    def rows(self, low: Floats, high: Floats) -> int:
        """A block of rows; the number of the first."""
        first = len(self._row_low)
        self._row_low += low.tolist()
        self._row_high += high.tolist()
        return first

    def add(self, row: int, variable: int, value: float) -> None:
        """``value`` more of ``variable`` in ``row``."""
        rows, columns, values = self._single
        rows.append(row)
        columns.append(variable)
        values.append(value)

    def add_all(self, rows: Places, variables: Places, values: Floats) -> None:
        """As ``add``, a block at a time."""
        self._entries.append((rows, variables, values))

    def add_gain(self, variable: int, gain: float) -> None:
        """``gain`` more of ``variable`` in the objective."""
        self._more.append((np.array([variable]), np.array([gain])))

    def add_gains(self, variables: Places, gains: Floats) -> None:
        """As ``add_gain``, a block at a time."""
        self._more.append((variables, gains))

    def raise_row(self, row: int, amount: float) -> None:
        """``amount`` more above the row."""
        self._row_high[row] += amount

    def fix(self, variables: Places, values: Floats) -> None:
        """These variables have these values from the next solve on."""
        low, high = np.concatenate(self._low), np.concatenate(self._high)
        low[variables] = high[variables] = values
        self._low, self._high = [low], [high]

    def set_gains(self, variables: Places, gains: Floats) -> None:
        """These variables have these gains from the next solve on."""
        gain = self._gains()
        gain[variables] = gains
        self._gain, self._more = [gain], []

    def solve(
        self,
        deadline: Deadline,
        *,
        share: float = 1.0,
        nodes: int = 2_000,
        gap: float = 1e-4,
        tolerance: float = TOLERANCE,
    ) -> bool:
        """Whether a feasible point was found; ``share`` of the time that is left is the guard.

        In a program without variables there is nothing to find.
        """
        if not self._count:
            return False
        guard = deadline.guard_s
        limit = None if guard is None else max(LEAST_S, guard * share)
        matrix, gain = self._matrix(), self._gains()
        deadline.spend(PER_PROGRAM + PER_ENTRY * (matrix.nnz + len(gain)))
        if self._whole:
            return self._solve_whole(matrix, gain, deadline, limit, nodes, gap)
        return self._solve_linear(matrix, gain, limit, tolerance)

    def _matrix(self) -> Any:
        rows, columns, values = self._single
        state = len(self._entries), len(rows), len(self._row_low), self._count
        if state == self._matrix_state:  # only bounds and gains have changed
            return self._matrix_made
        blocks = [
            *self._entries,
            (np.array(rows, np.intp), np.array(columns, np.intp), np.array(values, np.float64)),
        ]
        r, c, v = (np.concatenate(part) for part in zip(*blocks, strict=True))
        self._matrix_made = coo_matrix((v, (r, c)), shape=(len(self._row_low), self._count)).tocsr()
        self._matrix_state = state
        return self._matrix_made

    def _gains(self) -> Floats:
        gain = np.concatenate(self._gain)
        for variables, gains in self._more:
            np.add.at(gain, variables, gains)
        return gain

    def _solve_linear(self, matrix: Any, gain: Floats, limit: float | None, tolerance: float) -> bool:
        program = Linear(
            gain,
            np.concatenate(self._low),
            np.concatenate(self._high),
            matrix,
            np.array(self._row_low),
            np.array(self._row_high),
        )
        rows, columns = matrix.shape
        flat = "true" if columns >= FLAT * rows else "false"
        found = maximum(program, _GLOP.format(tolerance, MAX_ITERATIONS, flat), seconds=limit)
        if found is None:
            return False
        self.value, self.values, self.duals = found.value, found.x, found.duals
        return True

    def _solve_whole(
        self, matrix: Any, gain: Floats, deadline: Deadline, limit: float | None, nodes: int, gap: float
    ) -> bool:
        from ortools.linear_solver import pywraplp  # 150 ms, and seldom needed

        solver: Any = pywraplp.Solver.CreateSolver("SCIP")
        switches = set(self._switches)
        low, high = np.concatenate(self._low).tolist(), np.concatenate(self._high).tolist()
        objective = solver.Objective()
        objective.SetMaximization()
        variables = []
        for place, (least, most, worth) in enumerate(zip(low, high, gain.tolist(), strict=True)):
            made = solver.Var(least, most, place in switches, "")
            if worth:
                objective.SetCoefficient(made, worth)
            variables.append(made)
        starts, columns, values = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
        for place, bounds in enumerate(zip(self._row_low, self._row_high, strict=True)):
            row = solver.Constraint(*bounds)
            for entry in range(starts[place], starts[place + 1]):
                row.SetCoefficient(variables[columns[entry]], values[entry])
        if limit is not None:
            solver.SetTimeLimit(max(1, int(limit * 1000)))
        settings = {"limits/nodes": nodes, "randomization/randomseedshift": 1, "numerics/feastol": 1e-9}
        solver.SetSolverSpecificParametersAsString("".join(f"{k} = {v}\n" for k, v in settings.items()))
        exactly = pywraplp.MPSolverParameters()
        exactly.SetDoubleParam(exactly.PRIMAL_TOLERANCE, TOLERANCE)
        exactly.SetDoubleParam(exactly.RELATIVE_MIP_GAP, gap)
        status = solver.Solve(exactly)
        deadline.spend(PER_ITERATION * max(0, solver.iterations()) + PER_NODE * max(0, solver.nodes()))
        if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
            return False
        self.value = float(objective.Value())
        self.values = np.array([variable.solution_value() for variable in variables])
        return True
