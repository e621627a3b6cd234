"""Linear and mixed-integer programs over arrays: GLOP for relaxations and duals, SCIP where a variable is all or
none.

Built in one call from sparse rows (OR-Tools ``ModelBuilderHelper``): for thousands of columns that is several
times quicker than one call per coefficient. HiGHS is not used: through this interface its duals are wrong and its
incumbents are lost at a time limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: How far a row may be missed; programs here are scaled so that a typical order is about one.
TOLERANCE: Final = 1e-9
#: GLOP ends in a few thousand pivots on every program posed here; this only bounds a run gone astray.
GLOP_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Program:
    """Maximise ``gain``·x with ``low`` ≤ x ≤ ``high``, ``row_low`` ≤ rows·x ≤ ``row_high``, x whole where said."""

    gain: Floats
    low: Floats
    high: Floats
    whole: Bools
    rows: csr_matrix
    row_low: Floats
    row_high: Floats


@dataclass(frozen=True, slots=True)
class Answer:
    """A point of a program, its value, a bound on any point's value, and (relaxed only) the rows' duals."""

    x: Floats
    value: float
    bound: float
    duals: Floats


def relax(program: Program) -> Answer | None:
    """The optimum when nothing need be whole; None when there is none or GLOP gave up."""
    solver, _ = _solve(program, "GLOP", "use_dual_simplex: true", GLOP_SECONDS)
    if solver is None:
        return None
    return Answer(
        np.array(solver.variable_values()),
        float(solver.objective_value()),
        float(solver.objective_value()),
        np.array(solver.dual_values()),
    )


def choose(program: Program, *, seconds: float, nodes: int = 100_000, loss: float = 0.0) -> Answer | None:
    """The best point SCIP finds with the whole variables whole, or one that is within ``loss`` of it; None when it
    finds none.

    One thread and a fixed seed: with the node limit reached before the clock the same input gives the same answer.
    """
    settings = (
        f"limits/nodes = {nodes}\nlimits/absgap = {loss}\nrandomization/randomseedshift = 1\n"
        f"numerics/feastol = {TOLERANCE}\nnumerics/dualfeastol = 1e-7\n"
    )
    solver, bound = _solve(program, "SCIP", settings, seconds)
    if solver is None:
        return None
    x = np.array(solver.variable_values())
    x[program.whole] = np.round(x[program.whole])
    return Answer(x, float(program.gain @ x), bound, np.zeros(0))


def _solve(program: Program, name: str, settings: str, seconds: float) -> tuple[Any, float]:
    # Imported where used: a solver that never comes here should not wait for it.
    from ortools.linear_solver.python import model_builder_helper as helper

    model: Any = helper.ModelBuilderHelper()
    model.fill_model_from_sparse_data(
        program.low, program.high, program.gain, program.row_low, program.row_high, program.rows
    )
    model.set_maximize(True)
    for column in np.flatnonzero(program.whole) if name == "SCIP" else ():
        model.set_var_integrality(int(column), True)
    solver = helper.ModelSolverHelper(name)
    solver.set_solver_specific_parameters(settings)
    solver.set_time_limit_in_seconds(max(1e-3, seconds))
    solver.solve(model)
    if not solver.has_solution():
        return None, np.inf
    return solver, float(solver.best_objective_bound())
