"""Upper bounds on what an auction can be worth, from solvers' certificates that were checked."""

from __future__ import annotations

from collections.abc import Iterable

from settlement.certificate.kinds import verdicts
from settlement.proof import batch_proof
from settlement.settle import Settlement
from settlement.solution import Solution


def best_bound(settlement: Settlement, solutions: Iterable[Solution], *, at_least: int) -> int | None:
    """The least bound any certificate proves, or ``None``.

    A certificate is a claim like any other: it is evaluated anew from the auction. A bound below ``at_least``, the
    best score seen of any bids together, is about single solutions only and disregarded.
    """
    proof = batch_proof(settlement, verdicts(settlement.auction, solutions), at_least=at_least)
    return None if proof is None else proof.bound
