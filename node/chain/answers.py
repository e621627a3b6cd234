"""Solvers' answers that wait, seals and their openings. To sign one costs nothing: few are taken of each solver,
none of those without a bond, and of openings, once it can be told, only what opens a seal."""

from __future__ import annotations

from collections import Counter
from typing import Final

from node.chain.blocks import Phase
from node.chain.items import Commit, Reveal
from node.chain.tables import SEALS, chain_of
from settlement.ledger.bonds import SOLVERS
from settlement.ledger.rules import rules_of
from settlement.ledger.state import State

#: Of one solver in one auction. Two seals prove that it made two.
MAX_SEALS: Final = 2
MAX_REVEALS: Final = 1


class Answers:
    """How many were taken, of whom."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[type[Commit | Reveal], int, bytes]] = Counter()

    def welcome(self, item: Commit | Reveal, state: State, coming: Phase) -> bool:
        """Whether there is room for one more of its solver; ``coming`` is the phase that follows the state."""
        if state.get(SOLVERS, b"\0" + item.solver) is None or item.auction > chain_of(state).auction + 1:
            return False
        most = MAX_SEALS if isinstance(item, Commit) else MAX_REVEALS
        if self._taken[type(item), item.auction, item.solver] >= most:
            return False
        return not isinstance(item, Reveal) or coming is not Phase.SETTLE or opens(item, state)

    def take(self, item: Commit | Reveal) -> None:
        self._taken[type(item), item.auction, item.solver] += 1

    def clear(self) -> None:
        self._taken.clear()


def opens(item: Reveal, state: State) -> bool:
    """Whether it opens a seal of its solver in the auction under way."""
    found = state.get(SEALS, item.solver)
    return found is not None and item.opens(rules_of(state).network) in found.seals
