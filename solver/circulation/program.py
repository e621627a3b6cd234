"""A linear program in arrays, solved by GLOP: the thinnest way into it (13 ms for 10,000 columns, solve included).

Rows and columns come scaled by the caller to about one; answers carry the duals, of which GLOP's are right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from solver.circulation.book import Floats, Places

#: Ways to solve, tried in turn. Preprocessing calls programs abnormal that solve without it.
WAYS: Final = (
    "use_preprocessing: false use_dual_simplex: true",
    "use_preprocessing: false",
    "use_dual_simplex: true",
)
#: What may be missing in a row at an optimum, of rows of the order of one.
TOLERANCE: Final = 1e-9
#: The quantile that amounts are scaled by: nearly all orders are smaller, and the rest are cut short by others.
LARGE: Final = 0.99
#: Coefficients beside others of one: no column is large enough for smaller ones to be felt.
NEGLIGIBLE: Final = 1e-13
#: Iterations before a program is given up.
MAX_ITERATIONS: Final = 200_000
#: Bounds beyond this are none: GLOP calls programs abnormal that mix them with ordinary ones.
MOST: Final = 1e6


@dataclass(frozen=True)
class Entries:
    """Coefficients of a sparse matrix; those at the same place add up."""

    rows: Places
    columns: Places
    values: Floats


@dataclass(frozen=True)
class Answer:
    """``duals[row]`` is what one more unit of the row's bound is worth."""

    value: float
    columns: Floats
    duals: Floats


def maximise(
    gain: Floats, upper: Floats, entries: Entries, low: Floats, high: Floats, *, lower: Floats | None = None
) -> Answer | None:
    """The optimum of gain·x for lower ≤ x ≤ upper (lower is 0 if not given) and low ≤ A·x ≤ high.

    ``None`` when GLOP finds none. Values of columns are brought inside their bounds.
    """
    from ortools.linear_solver.python import model_builder_helper
    from scipy.sparse import csr_matrix

    least = np.zeros(len(gain)) if lower is None else lower
    felt = np.abs(entries.values) > NEGLIGIBLE
    places = entries.rows[felt], entries.columns[felt]
    matrix: Any = csr_matrix((entries.values[felt], places), shape=(len(low), len(gain)))
    helper: Any = model_builder_helper.ModelBuilderHelper()
    most = np.minimum(upper, MOST)
    helper.fill_model_from_sparse_data(least, most, gain, low, high, matrix)
    helper.set_maximize(True)
    for way in WAYS:
        solver: Any = model_builder_helper.ModelSolverHelper("glop")
        solver.set_solver_specific_parameters(
            f"{way} primal_feasibility_tolerance: {TOLERANCE} dual_feasibility_tolerance: {TOLERANCE} "
            f"max_number_of_iterations: {MAX_ITERATIONS} random_seed: 1"
        )
        solver.solve(helper)
        if solver.has_solution():
            return _answer(solver, least, most)
    return None


def _answer(solver: Any, least: Floats, most: Floats) -> Answer:
    found = np.clip(np.array(solver.variable_values(), dtype=np.float64), least, most)
    return Answer(float(solver.objective_value()), found, np.array(solver.dual_values(), dtype=np.float64))
