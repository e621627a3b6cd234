"""A validator that has its key and not its log: it may have voted, and must not vote again in other words.

It observes until two heights after the highest at which it can have voted. Which that is, the others tell: asked
with a number never used before, each signs at which height it works. To vote at height v it had decided v − 1,
so a quorum precommitted v − 1, and of the honest ones in it, more than a third of all power, each but itself
works at v − 1 or later. Any quorum of others contains one of them. So where M is the least height that a quorum
of others says it has not gone beyond, v is at most M + 1.
"""

from __future__ import annotations

from node.agreement.application import Verify
from node.agreement.validators import ValidatorSet
from node.catchup.messages import Now

#: Validators whose word is kept.
MAX_HEARD = 256
#: Heights after the one that a quorum is at or before.
MARGIN = 2


class Amnesia:
    """``key`` is the validator's own, ``nonce`` the question's."""

    def __init__(self, network: bytes, verify: Verify, key: bytes, nonce: bytes) -> None:
        self.network, self.verify, self.key, self.nonce = network, verify, key, nonce
        self._heights: dict[bytes, int] = {}

    def heard(self, now: Now) -> None:
        """The first word of each counts: it was given after the question, and so after the loss."""
        if now.nonce != self.nonce or now.key == self.key or now.key in self._heights:
            return
        if len(self._heights) < MAX_HEARD and self.verify(now.key, now.signed(self.network), now.signature):
            self._heights[now.key] = now.height

    def over(self, height: int, validators: ValidatorSet) -> bool:
        """Whether it may vote at ``height``, where ``validators`` decide."""
        power = 0
        heights = sorted(
            (self._heights[member.key], member.power)
            for member in validators.members
            if member.key in self._heights
        )
        for found, votes in heights:
            power += votes
            if power >= validators.quorum:
                return height >= found + MARGIN
        return False
