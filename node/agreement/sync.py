"""Helping peers along: each says now and then where it is, and is sent what it lacks.

With this every message that one honest validator holds reaches all, whatever the network lost.
"""

from __future__ import annotations

from node.agreement.core import Agreement
from node.agreement.messages import Body, Message, Status


def status_of(agreement: Agreement) -> Status:
    """Where this validator is, and what it holds of its round."""
    at = agreement.tally.rounds.get(agreement.round)
    proposals = at.proposals if at is not None else []
    return Status(
        height=agreement.height,
        round=agreement.round,
        step=agreement.step,
        proposed=bool(proposals),
        bodied=all(proposal.block in agreement.bodies for proposal in proposals),
        prevotes=at.prevotes.senders if at is not None else 0,
        precommits=at.precommits.senders if at is not None else 0,
        seen=sum(1 << sender for sender in agreement.seen),
    )


def answers(agreement: Agreement, status: Status) -> list[Message]:
    """What a peer at the same height lacks of its round, and of ours where that is later: bounded by the votes
    of two rounds. A peer at an earlier height needs decisions, which whoever stores them can send."""
    if status.height != agreement.height:
        return []
    found: list[Message] = [seen for sender, seen in agreement.seen.items() if not status.seen >> sender & 1]
    found += _of_round(agreement, status.round, status)
    if agreement.round > status.round:
        found += _of_round(agreement, agreement.round, None)
    for round in agreement.tally.committed:
        if round not in (status.round, agreement.round):
            found += _of_round(agreement, round, None)
    return found


def _of_round(agreement: Agreement, round: int, status: Status | None) -> list[Message]:
    at = agreement.tally.rounds.get(round)
    if at is None:
        return []
    found: list[Message] = []
    if status is None or not status.proposed:
        found += at.proposals
    if status is None or not status.proposed or not status.bodied:
        blocks = {proposal.block for proposal in at.proposals} | set(agreement.tally.committed.values())
        held = agreement.bodies
        found += [Body(agreement.height, held[block]) for block in sorted(blocks) if block in held]
    had = (0, 0) if status is None else (status.prevotes, status.precommits)
    for count, mask in zip((at.prevotes, at.precommits), had, strict=True):
        lacking = count.senders & ~mask
        for sender, votes in count.votes.items() if lacking else ():
            if lacking >> sender & 1:
                found += votes
    return found
