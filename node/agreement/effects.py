"""What the agreement asks of whoever drives it, in the order in which it must happen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from node.agreement.messages import Certificate, Message, Proposal, Vote


class Timeout(IntEnum):
    """What a timer is for. OVERDUE and SILENT are for a proposal, too: since a quorum has closed its windows, and
    of a proposer of whom nothing was heard for long."""

    WINDOW = 0
    PROPOSE = 1
    PREVOTE = 2
    PRECOMMIT = 3
    OVERDUE = 4
    SILENT = 5


@dataclass(frozen=True, slots=True)
class Timer:
    kind: Timeout
    height: int
    round: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A record of the write-ahead log: this message was, or may have been, sent."""

    message: Message


@dataclass(frozen=True, slots=True)
class Locked:
    """A record: precommitted to ``block`` in the polka's round."""

    block: bytes
    polka: Certificate


@dataclass(frozen=True, slots=True)
class Validated:
    """A record: ``block`` has a polka, so it is what to propose from now on."""

    block: bytes
    polka: Certificate


Record = Sent | Locked | Validated


@dataclass(frozen=True, slots=True)
class Persist:
    """Append the records and synchronise the disk, in one commit, before any effect that follows."""

    height: int
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Broadcast:
    """To every other validator."""

    message: Message


@dataclass(frozen=True, slots=True)
class Send:
    """To one validator, or to the peer the last event came from."""

    to: int
    message: Message


@dataclass(frozen=True, slots=True)
class Pull:
    """The body of ``block`` is wanted; the validators with the keys ``holders`` have voted for it."""

    height: int
    block: bytes
    holders: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SetTimer:
    timer: Timer
    after_ms: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Apply the block, store it with its certificate, then start the next height."""

    height: int
    block: bytes
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Accuse:
    """Two messages for one place, both signed by validator ``key``: no honest one does. Without polkas."""

    key: bytes
    first: Vote | Proposal
    second: Vote | Proposal


@dataclass(frozen=True, slots=True)
class FallenBehind:
    """A peer is at ``height``, beyond what is buffered: fetch decisions."""

    height: int


Effect = Persist | Broadcast | Send | Pull | SetTimer | Decide | Accuse | FallenBehind
