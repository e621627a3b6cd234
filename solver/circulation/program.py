"""Linear programs over entries at places, solved by GLOP in whichever way ends (``solver.linear``).

Rows and columns come scaled by the caller to about one; answers carry the duals, of which GLOP's are right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.circulation.book import Floats, Places
from solver.linear import Linear, maximum

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
    from scipy.sparse import csr_matrix

    least = np.zeros(len(gain)) if lower is None else lower
    felt = np.abs(entries.values) > NEGLIGIBLE
    places = entries.rows[felt], entries.columns[felt]
    matrix = csr_matrix((entries.values[felt], places), shape=(len(low), len(gain)))
    most = np.minimum(upper, MOST)
    for way in WAYS:
        found = maximum(
            Linear(gain, least, most, matrix, low, high),
            f"{way} primal_feasibility_tolerance: {TOLERANCE} dual_feasibility_tolerance: {TOLERANCE} "
            f"max_number_of_iterations: {MAX_ITERATIONS} random_seed: 1",
        )
        if found is not None:
            return Answer(found.value, np.clip(found.x, least, most), found.duals)
    return None
