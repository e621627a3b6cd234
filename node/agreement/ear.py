"""The hearing half of a validator: what was received at one height and found to be signed by whom it names.

Nothing here votes. What contradicts something heard before accuses its sender; what a vote is for and is not
here is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from node.agreement.application import Verify
from node.agreement.bodies import Bodies
from node.agreement.checks import certified, proven, signed
from node.agreement.effects import Accuse, Effect, Pull
from node.agreement.messages import (
    MAX_ROUND,
    Ballot,
    Certificate,
    Decision,
    Proposal,
    Seen,
    Vote,
    block_id,
)
from node.agreement.tally import Tally
from node.agreement.validators import ValidatorSet

#: Rounds ahead that anybody can make us look at.
MAX_SKIP: Final = 1000


class Ear:
    """All that was heard of one height; ``out`` is where accusations and requests go.

    What hears a message returns whether a rule may apply now that did not before.
    """

    def __init__(
        self, network: bytes, verify: Verify, height: int, validators: ValidatorSet, out: list[Effect]
    ) -> None:
        self.network, self.verify, self.height, self.validators = network, verify, height, validators
        self.tally = Tally(validators)
        self.seen: dict[int, Seen] = {}
        #: Who has signed anything that was heard of this height, and the power behind the statements.
        self.heard: set[int] = set()
        self.stated = 0
        self._bodies = Bodies()
        self.bodies = self._bodies.held
        self._out = out

    def vote(self, vote: Vote, round: int) -> bool:
        """``round`` is where the listener is: far ahead of it nobody is listened to."""
        if not self._plausible(vote.sender, vote.round, round) or self.tally.knows(vote) or not self._signed(vote):
            return False
        reached, first = self.tally.reached, vote.sender not in self.heard
        self._add(vote)
        # Whoever's turn it is may have more time once it is heard.
        return first or self.tally.reached > reached

    def proposal(self, proposal: Proposal, round: int) -> bool:
        """From whose turn it is, and if of an earlier round's block, with the polka that proves it."""
        if not self._plausible(proposal.sender, proposal.round, round) or self.tally.knows_proposal(proposal):
            return False
        if proposal.sender != self.validators.proposer(self.height, proposal.round):
            return False
        if not -1 <= proposal.valid_round < proposal.round or not self._signed(proposal):
            return False
        if proposal.valid_round >= 0 and not self._proven(proposal):
            return False
        self.heard.add(proposal.sender)
        earlier = self.tally.propose(proposal)
        if earlier is not None:
            self._accuse(earlier, proposal)
        self.want(proposal.block)
        return True

    def statement(self, seen: Seen) -> bool:
        if not 0 <= seen.sender < len(self.validators) or seen.sender in self.seen or not self._signed(seen):
            return False
        self.heard.add(seen.sender)
        self.seen[seen.sender] = seen
        self.stated += self.validators.members[seen.sender].power
        return True

    def decision(self, decision: Decision) -> bool:
        """Whether a quorum precommitted the block: then it is decided, whatever we saw of it."""
        certificate = decision.certificate
        sound = (
            certificate.ballot is Ballot.PRECOMMIT
            and certificate.height == self.height
            and certificate.block == block_id(decision.block)
            and self.checks(certificate)
        )
        if sound:
            self.heard.update(sender for sender, _ in certificate.votes)
            self.hold(decision.block)
        return sound

    def late(self, message: Vote | Proposal | Seen) -> None:
        """A message of this height after it was decided: of interest is whether it contradicts another, and that
        its sender is there."""
        if not 0 <= message.sender < len(self.validators):
            return
        earlier = None if isinstance(message, Seen) else self.tally.contradicted(message)
        if (earlier is None and message.sender in self.heard) or not self._signed(message):
            return
        self.heard.add(message.sender)
        if earlier is not None and not isinstance(message, Seen):
            self.tally.keep(message)
            self._accuse(earlier, message)

    def body(self, block: bytes, round: int) -> bool:
        """Anybody can say any body: those that nobody signed for do not take the place of one that is awaited.
        Needed are those proposed in ``round``, and those that an honest validator must have voted for."""
        at = self.tally.rounds.get(round)
        proposed = {proposal.block for proposal in at.proposals} if at is not None else set()
        return self._bodies.offer(
            block_id(block), block, lambda number: number in proposed or self.tally.backed(number)
        )

    def hold(self, block: bytes) -> None:
        """A body that is needed, whoever else sent whatever."""
        self._bodies.put(block_id(block), block)

    def close(self) -> None:
        """The height is decided: only votes and proposals may still tell anything."""
        self._bodies.clear()
        self.seen.clear()

    def count(self, certificate: Certificate) -> None:
        """The votes in a certificate, found to be signed, are votes heard."""
        for sender, signature in certificate.votes:
            vote = Vote(
                certificate.ballot, certificate.height, certificate.round, certificate.block, sender, signature
            )
            if not self.tally.knows(vote):
                self._add(vote)

    def want(self, block: bytes) -> None:
        """Ask for a body that is not here, once."""
        if self._bodies.ask(block):
            holders = tuple(self.validators.members[sender].key for sender in self.tally.holders(block))
            self._out.append(Pull(self.height, block, holders))

    def checks(self, certificate: Certificate) -> bool:
        """Whether distinct validators of this height with a quorum's power signed it."""
        return certified(certificate, self.network, self.validators, self.verify)

    def vouched(self, message: Vote | Proposal | Seen) -> bool:
        """Whether a validator of this height signed a message of any height, and what it carries is proven."""
        if not 0 <= message.sender < len(self.validators) or not self._signed(message):
            return False
        if isinstance(message, Proposal) and message.valid_round >= 0:
            return proven(message, self.network, self.validators, self.verify)
        return True

    def _proven(self, proposal: Proposal) -> bool:
        """Whether its polka is one of its own block at its valid round; the prevotes in it then count as heard."""
        if proposal.polka is None or not proven(proposal, self.network, self.validators, self.verify):
            return False
        self.count(proposal.polka)
        return True

    def _add(self, vote: Vote) -> None:
        self.heard.add(vote.sender)
        earlier = self.tally.add(vote)
        if earlier is not None:
            self._accuse(earlier, vote)

    def _accuse(self, first: Vote | Proposal, second: Vote | Proposal) -> None:
        key = self.validators.members[second.sender].key
        self._out.append(Accuse(key, _bare(first), _bare(second)))

    def _plausible(self, sender: int, round: int, now: int) -> bool:
        return 0 <= sender < len(self.validators.members) and 0 <= round <= now + MAX_SKIP and round <= MAX_ROUND

    def _signed(self, message: Vote | Proposal | Seen) -> bool:
        return signed(message, self.network, self.validators, self.verify)


def _bare(message: Vote | Proposal) -> Vote | Proposal:
    """Without the polka, which its sender did not sign."""
    return replace(message, polka=None) if isinstance(message, Proposal) else message
