"""The linear relaxation of a packing, kept in GLOP: bids may win in part, of every clique one at most.

It works in doubles and is believed nowhere: what it says where to look is decided in integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from settlement.packing_problem import places

#: The largest worth GLOP sees is below 2^10.
HIGH_BITS: Final = 10
#: Prices keep so many bits after the point on their way back to integers.
KEPT_BITS: Final = 40
PARAMETERS: Final = "use_dual_simplex: true use_preprocessing: false"


@dataclass(frozen=True, slots=True)
class Relaxed:
    """``value`` and ``parts`` of bids, prices of cliques and ``place`` of a winner's place, in GLOP's unit."""

    value: float
    parts: list[float]
    prices: list[float]
    place: float

    def whole(self, bits: int) -> tuple[list[int], int]:
        """The prices in units of worths that have ``bits`` bits."""
        shift = bits - HIGH_BITS - KEPT_BITS

        def whole(price: float) -> int:
            kept = int(max(0.0, price) * 2**KEPT_BITS)
            return kept << shift if shift >= 0 else kept >> -shift

        return [whole(price) for price in self.prices], whole(self.place)


class Relaxation:
    """Cliques can be added and bids ruled out between solves; each starts where the last one ended."""

    def __init__(self, worths: Sequence[int], most: int) -> None:
        from ortools.linear_solver import pywraplp

        self.bits = max(worths, default=1).bit_length()
        #: Worths as GLOP sees them.
        self.worths = [worth / (1 << self.bits) * 2.0**HIGH_BITS for worth in worths]
        self._done = pywraplp.Solver.OPTIMAL
        self._solver: Any = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString(PARAMETERS)
        self._parts = [self._solver.NumVar(0.0, 1.0, "") for _ in worths]
        self._winners = self._solver.Constraint(0.0, float(most))
        objective = self._solver.Objective()
        for part, worth in zip(self._parts, self.worths, strict=True):
            objective.SetCoefficient(part, worth)
            self._winners.SetCoefficient(part, 1.0)
        objective.SetMaximization()
        self._cliques: list[Any] = []
        self._allowed, self._winning = (1 << len(worths)) - 1, 0

    def add(self, clique: int) -> None:
        row = self._solver.Constraint(-self._solver.infinity(), 1.0)
        for i in places(clique):
            row.SetCoefficient(self._parts[i], 1.0)
        self._cliques.append(row)

    def restrict(self, allowed: int, winning: int) -> None:
        """Only bids in ``allowed`` may win, those of them in ``winning`` must."""
        for i in places(allowed ^ self._allowed | winning ^ self._winning):
            self._parts[i].SetBounds(float(winning >> i & 1), float(allowed >> i & 1))
        self._allowed, self._winning = allowed, winning

    def solve(self) -> Relaxed | None:
        if self._solver.Solve() != self._done:
            return None
        return Relaxed(
            self._solver.Objective().Value(),
            [part.solution_value() for part in self._parts],
            [row.dual_value() for row in self._cliques],
            self._winners.dual_value(),
        )
