"""Solvers' answers that wait, seals and their openings: how many to have, and who still owes one.

To sign one costs nothing: few are taken of each solver, none of those without a bond, and of openings, once it can
be told, only what opens a seal. A height that seals or settles takes one word of each of a known few, so a node
that has those words need not wait for the clock; where one keeps silent the window runs whole. One that has kept
silent for auctions on end is waited for in every few of them alone: then it has its whole window again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from node.chain.blocks import Phase
from node.chain.items import Commit, Item, Reveal
from node.chain.reading import read_item
from node.chain.tables import SEALS, chain_of
from settlement.ledger.bonds import SOLVERS, may_commit
from settlement.ledger.books import Books
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State

#: Of one solver in one auction. Two seals prove that it made two.
MAX_SEALS: Final = 2
MAX_REVEALS: Final = 1
#: Auctions with orders, one after the other, in whose SEAL blocks nothing is of a solver that is then silent.
SILENT_AUCTIONS: Final = 3
#: In auctions whose numbers this divides everybody is waited for: who is slow but back is heard there at last.
ALL_AWAITED_EVERY: Final = 8
#: What stands before an Ed25519 key in the name of its account.
_ED25519: Final = b"\0"


class Answers:
    """How many were taken, of whom."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[type[Commit | Reveal], int, bytes]] = Counter()
        #: Of solvers, auctions on end that they left unanswered.
        self._silent: dict[bytes, int] = {}

    def welcome(self, item: Commit | Reveal, state: State, coming: Phase) -> bool:
        """Whether there is room for one more of its solver; ``coming`` is the phase that follows the state."""
        if state.get(SOLVERS, _ED25519 + item.solver) is None or item.auction > chain_of(state).auction + 1:
            return False
        most = MAX_SEALS if isinstance(item, Commit) else MAX_REVEALS
        if self._taken[type(item), item.auction, item.solver] >= most:
            return False
        return not isinstance(item, Reveal) or coming is not Phase.SETTLE or opens(item, state)

    def take(self, item: Commit | Reveal) -> None:
        self._taken[type(item), item.auction, item.solver] += 1

    def drop(self, item: Commit | Reveal) -> None:
        """One that was taken and is of no use."""
        self._taken[type(item), item.auction, item.solver] -= 1

    def all_of(self, solvers: Iterable[bytes], phase: Phase, auction: int) -> bool:
        """Whether each has given its word that a block of this phase takes."""
        kind = Commit if phase is Phase.SEAL else Reveal
        return all(self._taken[kind, auction, solver] for solver in solvers)

    def sealed(self, items: Iterable[Item], asked: Iterable[bytes]) -> None:
        """The SEAL block of an auction with orders was decided: which of the solvers ``asked`` are in it."""
        answered = {item.solver for item in items if isinstance(item, Commit)}
        self._silent = {solver: self._silent.get(solver, 0) + 1 for solver in asked if solver not in answered}

    def patient(self, solvers: frozenset[bytes], auction: int) -> frozenset[bytes]:
        """Those of ``solvers`` whose seals are waited for."""
        if auction % ALL_AWAITED_EVERY == 0:
            return solvers
        return frozenset(solver for solver in solvers if self._silent.get(solver, 0) < SILENT_AUCTIONS)

    def settled(self, auction: int) -> None:
        """Auctions before ``auction`` are over."""
        for key in [key for key in self._taken if key[1] < auction]:
            del self._taken[key]


def unsettled(waiting: Mapping[bytes, bytes], network: bytes, auction: int) -> dict[bytes, bytes]:
    """Of answers that wait, by id, those for ``auction`` or later: to a node that is behind they come early."""
    read = {number: read_item(data, network) for number, data in waiting.items()}
    return {
        number: waiting[number]
        for number, item in read.items()
        if isinstance(item, Commit | Reveal) and item.auction >= auction
    }


def awaited(state: State, phase: Phase) -> frozenset[bytes]:
    """Keys of the solvers whose word the next block takes, if it is of this phase: in SEAL those that may commit,
    in SETTLE those with a seal to open. Two seals are void whatever opens them. BATCH takes anybody's word."""
    match phase:
        case Phase.SEAL:
            draft, rules, now = state.draft(), rules_of(state), chain_of(state).auction
            books = Books(draft)
            holders = (holder for holder in draft.rows(SOLVERS) if holder.startswith(_ED25519))
            return frozenset(holder[1:] for holder in holders if may_commit(draft, books, rules, holder, now))
        case Phase.SETTLE:
            return frozenset(solver for solver, found in state.rows(SEALS).items() if len(found.seals) == 1)
        case Phase.BATCH:
            return frozenset()


def opens(item: Reveal, state: State) -> bool:
    """Whether it opens a seal of its solver in the auction under way."""
    found = state.get(SEALS, item.solver)
    return found is not None and item.opens(rules_of(state).network) in found.seals
