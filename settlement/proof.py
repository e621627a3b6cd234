"""How far a settled batch can be from the best there is: the least bound that any certificate proves.

A certificate comes with a solution, but what it proves is about the auction: it counts whoever brought it, whether
or not its solution won or was even lawful. One that bounds single solutions only says nothing about a batch of
several winners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intents.amounts import MAX_BPS
from settlement.certificate.kinds import Proof, Verdict

if TYPE_CHECKING:
    from settlement.settle import Settlement


@dataclass(frozen=True, slots=True)
class BatchProof:
    """No lawful batch scores more than ``bound``, as bid ``by``'s certificate proves; this one has ``score``."""

    bound: int
    by: str
    kind: str
    score: int

    @property
    def gap_bps(self) -> int:
        """What is open between score and bound, in basis points of the bound, rounded up."""
        return gap_bps(self.score, self.bound)

    def to_json(self) -> dict[str, Any]:
        return {
            "bound": str(self.bound),
            "by": self.by,
            "kind": self.kind,
            "score": str(self.score),
            "gap_bps": self.gap_bps,
        }


def gap_bps(score: int, bound: int) -> int:
    """How much of ``bound`` is missing, in basis points, rounded up; 0 where there is nothing to gain."""
    return -(-(bound - score) * MAX_BPS // bound) if bound > 0 else 0


def batch_proof(
    settlement: Settlement, found: Mapping[tuple[str, int], Verdict], *, at_least: int = 0
) -> BatchProof | None:
    """The least bound among ``found``, by solver and id; ties to the first of them. ``None`` where none holds.

    Bounds below ``at_least`` are left out: of solutions that nobody settled together, some may score more.
    """
    score = settlement.score
    best: BatchProof | None = None
    for (solver, number), proof in sorted(found.items(), key=lambda item: item[0]):
        if not isinstance(proof, Proof) or not (proof.joint or len(settlement.settled) <= 1):
            continue
        if at_least <= proof.bound and (best is None or proof.bound < best.bound):
            best = BatchProof(proof.bound, f"{solver}/{number}", proof.kind, score)
    return best
