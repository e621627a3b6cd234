"""What must hold at the end of any simulation in which no more than a third of the validators lied."""

from __future__ import annotations

from collections.abc import Sequence

from settlement.ledger.books import check_all
from settlement.ledger.errors import Unbalanced
from sim.cluster import Cluster


def violations(cluster: Cluster, liars: Sequence[int], last: int) -> list[str]:
    """Forks, books that do not balance, false accusations, and a chain that did not reach height ``last``."""
    found: list[str] = []
    decided: dict[int, bytes] = {}
    honest = [member for member in cluster.members if member.index not in liars]
    for member in honest:
        found += [
            f"fork at height {decision.height}"
            for decision in member.disk.decisions
            if decided.setdefault(decision.height, decision.block) != decision.block
        ]
        try:
            check_all(member.machine.app.state)
        except Unbalanced as error:
            found.append(f"node {member.index}: {error}")
    for index, accused in cluster.accused:
        if index not in liars and cluster.index[accused.key] not in liars:
            found.append(f"node {index} accuses node {cluster.index[accused.key]}, which did not lie")
    reached = max((len(member.disk.decisions) for member in honest), default=0) - 1
    if reached < last:
        found.append(f"stopped at height {reached} of {last}")
    return found
