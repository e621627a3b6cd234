"""Solvers' penalties worked out anew from the decided blocks alone, to hold the ledger's against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from intents.amounts import mul_div_ceil
from node.chain.app import Applied
from node.chain.blocks import Phase, phase_of
from node.chain.items import SITTING_OUT, Commit, Reveal
from node.chain.reading import read_item
from node.chain.transition import IDLE_AUCTIONS
from settlement.ledger.accounts import bond_of
from settlement.penalties import Fault
from sim.cluster import Cluster


@dataclass
class _Solver:
    """A solver as blocks tell: its bond, the auction until which it sits out, its seals of the one under way."""

    name: str
    bond: int
    idle_until: int = 0
    seals: set[bytes] = field(default_factory=set)


def wrong_penalties(cluster: Cluster, applied: Mapping[int, Applied]) -> Iterator[str]:
    """Where what solvers lost is not what their seals and reveals cost them, for all heights from the first on."""
    genesis, auction = cluster.genesis, 1
    known = {holder: _Solver(name, bond) for holder, (name, bond) in genesis.bonds.items()}
    network = cluster.members[0].machine.app.network
    for height in range(len(applied)):
        if height not in applied:
            return
        items = [read_item(item, network) for item in applied[height].block.items]
        match phase_of(height):
            case Phase.SEAL:
                for item in items:
                    if isinstance(item, Commit) and item.auction == auction and item.seal not in SITTING_OUT:
                        solver = known[b"\0" + item.solver]
                        if solver.idle_until <= auction and solver.bond >= genesis.rules.min_bond:
                            solver.seals.add(item.seal)
            case Phase.SETTLE:
                reveals = {}
                for item in items:
                    if isinstance(item, Reveal) and item.auction == auction:
                        holder = b"\0" + item.solver
                        if item.opens(network) in known[holder].seals:
                            reveals[holder] = known[holder].name
                yield from _compare(cluster, known, reveals, applied[height], auction)
                auction += 1


def _compare(
    cluster: Cluster, known: dict[bytes, _Solver], reveals: dict[bytes, str], applied: Applied, auction: int
) -> Iterator[str]:
    settlement, rates = applied.effects.settlement, cluster.genesis.rules.penalties
    assert settlement is not None
    passed = {verified.solution.solver for verified in settlement.verified}
    _pay_negative_rewards(known, applied)
    for holder, solver in known.items():
        fault = None
        if len(solver.seals) > 1:
            fault = Fault.EQUIVOCATION
        elif solver.seals and holder not in reveals:
            fault = Fault.NO_REVEAL
        elif solver.seals and solver.name not in passed:
            fault = Fault.INVALID_REVEAL
        told = applied.effects.slashed.get(solver.name)
        lost = 0
        if fault is not None:
            rate = rates.of(fault)
            lost = mul_div_ceil(solver.bond, rate.numerator, rate.denominator)
            solver.idle_until = auction + IDLE_AUCTIONS
        if (told.faults if told else (), told.amount if told else 0) != ((fault,) if fault else (), lost):
            yield f"auction {auction}: {solver.name} owes {lost} for {fault}, lost {told}"
        solver.bond -= lost
        solver.seals = set()


def _pay_negative_rewards(known: dict[bytes, _Solver], applied: Applied) -> None:
    for entry in applied.effects.entries:
        for holder, solver in known.items():
            if entry.source == bond_of(holder) and entry.why == "negative reward":
                solver.bond -= entry.amount
