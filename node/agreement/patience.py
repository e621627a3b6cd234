"""Whom to wait for, and how long: what a validator has seen of the others decides, and nobody has to agree.

A wrong guess costs a round, never safety. Waiting grows with each round lost though its proposer was heard at this
height, so it passes any delay there is. Of such rounds those of which a proposal came, if too late, make the next
height begin with more patience: who speaks and proposes nothing costs a wait, and slows down no later height.
Rounds of proposers that are not heard tell nothing about delays: they are short, and lengthen no other.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from node.agreement.ear import Ear
from node.agreement.effects import Timeout
from node.agreement.timeouts import Timeouts

#: Most rounds' worth of waiting with which a height begins.
MAX_SLACK: Final = 6
#: Heights on end without such a round after which it is one less.
CALM_HEIGHTS: Final = 3


class Patience:
    """Of one validator, from height to height."""

    __slots__ = ("_calm", "_ear", "_silent", "_slack")

    _ear: Ear

    def __init__(self) -> None:
        self._slack = self._calm = 0
        self._silent: frozenset[bytes] = frozenset()

    def begin(self, ear: Ear, silent: Set[bytes]) -> None:
        """A height begins; nothing was heard of the validators with the keys ``silent`` at the last ones."""
        self._ear, self._silent = ear, frozenset(silent)

    def end(self, round: int) -> None:
        """The height was decided when this validator was in ``round``."""
        late = self._late(round)
        if late:
            self._slack, self._calm = min(MAX_SLACK, self._slack + late), 0
            return
        self._calm += 1
        if self._calm == CALM_HEIGHTS:
            self._slack, self._calm = max(0, self._slack - 1), 0

    def silent(self, round: int) -> bool:
        """Whether nothing was heard of the proposer of ``round``: at this height, though a whole round of it is
        over, or neither at this nor at the last ones."""
        proposer = self._proposer(round)
        known = self._ear.validators.members[proposer].key in self._silent
        return proposer not in self._ear.heard and (known or round > 0)

    def after_ms(self, timeouts: Timeouts, kind: Timeout, round: int) -> int:
        slack = 0 if kind is Timeout.SILENT else self._slack
        return timeouts.after_ms(kind, self._ear.height, slack + self._lost(round))

    def _lost(self, round: int) -> int:
        """Rounds before ``round`` whose proposers have been heard by now."""
        return sum(self._proposer(earlier) in self._ear.heard for earlier in range(round)) if round else 0

    def _late(self, round: int) -> int:
        """Rounds before ``round`` of which there is a proposal by now."""
        rounds = self._ear.tally.rounds
        return sum(earlier < round and bool(at.proposals) for earlier, at in rounds.items())

    def _proposer(self, round: int) -> int:
        return self._ear.validators.proposer(self._ear.height, round)
