"""Programs handed to GLOP and SCIP: optima, and what is said where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from solver.linear import Linear, maximum
from solver.selection.program import Program, choose, relax

#: Most of x + y with x + 2y ≤ 2, both between 0 and 1.
SMALL = Program(
    np.ones(2), np.zeros(2), np.ones(2), np.zeros(2, bool), csr_matrix([[1.0, 2.0]]), np.array([-np.inf]),
    np.array([2.0]),
)  # fmt: skip


def test_relaxed_and_whole() -> None:
    """The relaxed optimum with what the row is worth, and the whole one below it."""
    relaxed, whole = relax(SMALL), choose(replace(SMALL, whole=np.ones(2, bool)))
    assert relaxed is not None
    assert whole is not None
    assert relaxed.x == pytest.approx([1.0, 0.5])
    assert relaxed.duals == pytest.approx([0.5])
    assert whole.value == 1.0
    assert whole.bound == pytest.approx(1.0)


def test_what_cannot_be_is_none() -> None:
    """Rows that contradict the bounds: neither solver answers."""
    never = replace(SMALL, row_low=np.array([9.0]), row_high=np.array([9.0]))
    assert relax(never) is None
    assert choose(replace(never, whole=np.ones(2, bool))) is None


def test_a_run_cut_short_claims_no_bound() -> None:
    """GLOP stopped at a point that is not optimal: its value is no bound on any other's."""
    rng = np.random.default_rng(0)
    size = 60
    rows = csr_matrix(rng.uniform(0, 1, (size, size)))
    program = Linear(
        rng.uniform(1, 2, size), np.zeros(size), np.full(size, np.inf), rows, np.full(size, -np.inf), np.ones(size)
    )
    whole = maximum(program, "")
    short = maximum(program, "use_dual_simplex: false\nmax_number_of_iterations: 3\n")
    assert whole is not None
    assert short is not None
    assert short.value < whole.value == whole.bound
    assert short.bound == np.inf
