"""What the write-ahead log says of a height that was begun before a crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.agreement.effects import Locked, Record, Sent
from node.agreement.messages import Ballot, Body, Certificate, Message, Proposal, Seen, Step, Vote


@dataclass
class Past:
    """Who we were: what was said in order, blocks and polkas it rests on, the locks and the step it implies."""

    said: list[Message] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    polkas: list[Certificate] = field(default_factory=list)
    locked: tuple[int, bytes] | None = None
    valid: tuple[int, bytes] | None = None
    round: int = 0
    step: Step = Step.WAIT

    def reach(self, round: int, step: Step) -> None:
        """Steps only go forward."""
        self.round, self.step = max((self.round, self.step), (round, step))


def recall(records: Sequence[Record]) -> Past:
    """Read the log: each lock replaces the one before it, each message moves the step to where it was said."""
    past = Past()
    for record in records:
        if isinstance(record, Sent):
            past.said.append(record.message)
            _reach(past, record.message)
            continue
        place = (record.polka.round, record.polka.block)
        past.bodies.append(record.block)
        past.polkas.append(record.polka)
        past.valid = place
        if isinstance(record, Locked):
            past.locked = place
    return past


def _reach(past: Past, message: Message) -> None:
    match message:
        case Seen():
            past.reach(0, Step.PROPOSE)
        case Proposal():
            past.reach(message.round, Step.PROPOSE)
        case Vote():
            past.reach(message.round, Step.PREVOTE if message.ballot is Ballot.PREVOTE else Step.PRECOMMIT)
        case Body():
            past.bodies.append(message.block)
        case _:
            pass
