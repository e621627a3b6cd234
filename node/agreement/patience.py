"""Whom to wait for, and how long: what a validator has seen of the others decides, and nobody has to agree.

A wrong guess costs a round, never safety. Waiting grows with each round lost though its proposer was heard at this
height, so it passes any delay there is. Of such rounds those of which a proposal came, if too late, make the next
height begin with more patience: who speaks and proposes nothing costs a wait, and slows down no later height. Nor
does who proposes late on purpose: a height is given no more patience than proposers with more than a third of the
power have lately needed, for of so many one at least is honest. Rounds of proposers that are not heard tell
nothing about delays: they are short, and lengthen no other.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from node.agreement.ear import Ear
from node.agreement.effects import Timeout
from node.agreement.timeouts import Timeouts

#: Most rounds' worth of waiting with which a height begins.
MAX_SLACK: Final = 6
#: Heights on end that did not ask for more after which it is one less.
CALM_HEIGHTS: Final = 3
#: How often everybody's turn comes, about, before a late proposal is forgotten.
TURNS_REMEMBERED: Final = 4


class Patience:
    """Of one validator, from height to height."""

    __slots__ = ("_calm", "_ear", "_needed", "_silent", "_slack")

    _ear: Ear

    def __init__(self) -> None:
        self._slack = self._calm = 0
        self._silent: frozenset[bytes] = frozenset()
        #: Of proposers by key: the height of their last late round, and the slack that it asked for.
        self._needed: dict[bytes, tuple[int, int]] = {}

    def begin(self, ear: Ear, silent: Set[bytes]) -> None:
        """A height begins; nothing was heard of the validators with the keys ``silent`` at the last ones."""
        self._ear, self._silent = ear, frozenset(silent)

    def end(self, round: int) -> None:
        """The height was decided when this validator was in ``round``."""
        late = self._late(round)
        self._remember(late)
        enough = min(MAX_SLACK, self._slack + len(late), self._needed_by_many()) if late else 0
        if enough > self._slack:
            self._slack, self._calm = enough, 0
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

    def _late(self, round: int) -> list[int]:
        """Rounds before ``round`` of which there is a proposal by now."""
        rounds = self._ear.tally.rounds
        return sorted(earlier for earlier, at in rounds.items() if earlier < round and at.proposals)

    def _remember(self, late: list[int]) -> None:
        """A round that was lost asked for one round's worth more than was waited in it."""
        ear = self._ear
        for round in late:
            key = ear.validators.members[self._proposer(round)].key
            self._needed[key] = (ear.height, self._slack + self._lost(round) + 1)
        oldest = ear.height - TURNS_REMEMBERED * len(ear.validators)
        self._needed = {
            member.key: self._needed[member.key]
            for member in ear.validators.members
            if member.key in self._needed and self._needed[member.key][0] > oldest
        }

    def _needed_by_many(self) -> int:
        """The most slack that proposers with more than a third of the power have lately needed."""
        validators, power = self._ear.validators, 0
        asked = [(self._needed.get(member.key, (0, 0))[1], member.power) for member in validators.members]
        for slack, votes in sorted(asked, reverse=True):
            power += votes
            if power >= validators.witnesses:
                return slack
        return 0

    def _proposer(self, round: int) -> int:
        return self._ear.validators.proposer(self._ear.height, round)
