"""The votes of one height, counted.

Votes are kept per round, ballot and sender up to two distinct ones, and an equivocator counts once for each:
keeping only the first would let it stall those who saw the other (the hidden-lock stall).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from node.agreement.messages import Ballot, Certificate, Proposal, Vote
from node.agreement.validators import ValidatorSet

#: Distinct votes or proposals kept of one sender; two prove that it equivocates.
KEPT: Final = 2


@dataclass(slots=True)
class Count:
    """One ballot of one round. ``power`` counts each sender once; ``support`` once for each value it voted for.

    ``senders`` is a bit mask.
    """

    votes: dict[int, list[Vote]] = field(default_factory=dict)
    support: dict[bytes | None, int] = field(default_factory=dict)
    power: int = 0
    senders: int = 0


@dataclass(slots=True)
class Round:
    """All that was received for one round. ``senders`` is a bit mask, ``heard`` their power."""

    prevotes: Count = field(default_factory=Count)
    precommits: Count = field(default_factory=Count)
    proposals: list[Proposal] = field(default_factory=list)
    senders: int = 0
    heard: int = 0

    def count(self, ballot: Ballot) -> Count:
        # PREVOTE is 0.
        return self.precommits if ballot else self.prevotes


class Tally:
    """Everything received for one height, by round; empty rounds are not kept."""

    __slots__ = ("committed", "latest", "reached", "rounds", "validators")

    def __init__(self, validators: ValidatorSet) -> None:
        self.validators = validators
        self.rounds: dict[int, Round] = {}
        self.latest = -1
        #: How often votes came to be as many as a rule asks for: until they do again, votes move nobody.
        self.reached = 0
        #: Blocks with a quorum of precommits, by round: at most one in all while fewer than a third are faulty.
        self.committed: dict[int, bytes] = {}

    def at(self, round: int) -> Round:
        found = self.rounds.get(round)
        if found is None:
            found = self.rounds[round] = Round()
            self.latest = max(self.latest, round)
        return found

    def knows(self, vote: Vote) -> bool:
        """Whether this very vote is counted already, or its sender's count is full."""
        found = self.rounds.get(vote.round)
        if found is None:
            return False
        kept = found.count(vote.ballot).votes.get(vote.sender)
        # The first answers nearly always: nobody honest says a second thing.
        return kept is not None and (kept[0].block == vote.block or len(kept) == KEPT)

    def add(self, vote: Vote) -> Vote | None:
        """Counts a verified vote that is not known; returns an earlier one that contradicts it, if any."""
        at = self.at(vote.round)
        count = at.count(vote.ballot)
        sender, block, quorum = vote.sender, vote.block, self.validators.quorum
        power = self.validators.members[sender].power
        kept = count.votes.setdefault(sender, [])
        earlier = kept[0] if kept else None
        kept.append(vote)
        if earlier is None:
            count.senders |= 1 << sender
            count.power += power
            if count.power - power < quorum <= count.power:
                self.reached += 1
        count.support[block] = support = count.support.get(block, 0) + power
        if support - power < quorum <= support:
            self.reached += 1
            if vote.ballot is Ballot.PRECOMMIT and block is not None:
                self.committed.setdefault(vote.round, block)
        self._hear(at, sender, power)
        return earlier

    def propose(self, proposal: Proposal) -> Proposal | None:
        """Keeps a verified proposal; returns an earlier one that contradicts it, if any."""
        at = self.at(proposal.round)
        earlier = at.proposals[0] if at.proposals else None
        at.proposals.append(proposal)
        self._hear(at, proposal.sender, self.validators.members[proposal.sender].power)
        return earlier

    def knows_proposal(self, proposal: Proposal) -> bool:
        found = self.rounds.get(proposal.round)
        if found is None:
            return False
        return len(found.proposals) == KEPT or any(
            known.block == proposal.block and known.valid_round == proposal.valid_round
            for known in found.proposals
        )

    def keep(self, message: Vote | Proposal) -> None:
        if isinstance(message, Vote):
            self.add(message)
        else:
            self.propose(message)

    def contradicted(self, message: Vote | Proposal) -> Vote | Proposal | None:
        """What the sender said before that ``message`` contradicts, where that is not known yet."""
        found = self.rounds.get(message.round)
        if found is None:
            return None
        if isinstance(message, Vote):
            kept = found.count(message.ballot).votes.get(message.sender)
            return kept[0] if kept and not self.knows(message) else None
        same = [proposal for proposal in found.proposals if proposal.sender == message.sender]
        return same[0] if same and not self.knows_proposal(message) else None

    def backed(self, block: bytes) -> bool:
        """Whether more than a third voted for ``block`` at once, so that one who is honest has found it valid."""
        witnesses = self.validators.witnesses
        return any(
            count.support.get(block, 0) >= witnesses
            for at in self.rounds.values()
            for count in (at.prevotes, at.precommits)
        )

    def certificate(self, ballot: Ballot, height: int, round: int, block: bytes) -> Certificate:
        """The votes for ``block``, just as many as make a quorum, by position."""
        votes: list[tuple[int, bytes]] = []
        power, quorum, members = 0, self.validators.quorum, self.validators.members
        kept = self.rounds[round].count(ballot).votes
        for sender in sorted(kept):
            if power >= quorum:
                break
            for vote in kept[sender]:
                if vote.block == block:
                    votes.append((sender, vote.signature))
                    power += members[sender].power
        return Certificate(ballot, height, round, block, tuple(votes))

    def holders(self, block: bytes) -> tuple[int, ...]:
        """Who voted for ``block``, and so has it."""
        found = set()
        for at in self.rounds.values():
            for count in (at.prevotes, at.precommits):
                for sender, votes in count.votes.items():
                    if any(vote.block == block for vote in votes):
                        found.add(sender)
            found.update(proposal.sender for proposal in at.proposals if proposal.block == block)
        return tuple(sorted(found))

    def _hear(self, at: Round, sender: int, power: int) -> None:
        if not at.senders >> sender & 1:
            at.senders |= 1 << sender
            at.heard += power
            if at.heard - power < self.validators.witnesses <= at.heard:
                self.reached += 1
