"""Linear and mixed-integer programs over arrays: GLOP for relaxations and duals, SCIP where a variable is all or
none (``solver.linear``).

What ends a run is counted work alone, pivots and nodes, never a clock: the same program has the same answer on a
loaded machine. Who poses programs refuses those too large for that to be quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from solver.linear import Linear, maximum

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: How far a row may be missed; programs here are scaled so that a typical order is about one.
TOLERANCE: Final = 1e-9
#: GLOP's own tolerance.
GLOP_TOLERANCE: Final = 1e-8
#: GLOP ends in a few thousand pivots on every program posed here; this only bounds a run gone astray: in GLOP's
#: count of its own operations, of which it does about one unit's worth a second.
GLOP_WORK: Final = 20.0
#: Alike for each linear program within SCIP, in pivots.
SCIP_PIVOTS: Final = 50_000


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


def relax(program: Program, *, tolerance: float = GLOP_TOLERANCE) -> Answer | None:
    """The optimum when nothing need be whole, rows missed by ``tolerance`` at most; None when there is none or
    GLOP gave up."""
    settings = (
        f"use_dual_simplex: true\nprimal_feasibility_tolerance: {tolerance}\nmax_deterministic_time: {GLOP_WORK}\n"
    )
    found = maximum(_linear(program), settings)
    if found is None or found.bound == np.inf:
        return None
    return Answer(found.x, found.value, found.bound, found.duals)


def choose(program: Program, *, nodes: int = 100_000, loss: float = 0.0, settings: str = "") -> Answer | None:
    """The best point SCIP finds with the whole variables whole, or one that is within ``loss`` of it; None when it
    finds none. ``settings``: more of them, in SCIP's words.

    One thread, a fixed seed, so many nodes and pivots: the same input gives the same answer.
    """
    every = (
        f"{settings}limits/nodes = {nodes}\nlimits/totalnodes = {nodes}\nlimits/absgap = {loss}\n"
        f"lp/iterlim = {SCIP_PIVOTS}\nlp/rootiterlim = {SCIP_PIVOTS}\nrandomization/randomseedshift = 1\n"
        f"numerics/feastol = {TOLERANCE}\nnumerics/dualfeastol = 1e-7\n"
    )
    found = maximum(_linear(program), every, solver="SCIP")
    if found is None:
        return None
    x = found.x.copy()
    x[program.whole] = np.round(x[program.whole])
    return Answer(x, float(program.gain @ x), found.bound, found.duals)


def _linear(program: Program) -> Linear:
    return Linear(
        program.gain, program.low, program.high, program.rows, program.row_low, program.row_high,
        np.flatnonzero(program.whole),
    )  # fmt: skip
