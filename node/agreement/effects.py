"""What the agreement asks of whoever drives it, in the order in which it must happen.

Effects and records are made at every step and looked at once, so they are structs: made at a fraction of the price
of a frozen dataclass.
"""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct

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


class Timer(Struct, frozen=True):
    kind: Timeout
    height: int
    round: int


class Sent(Struct, frozen=True):
    """A record of the write-ahead log: this message was, or may have been, sent."""

    message: Message


class Locked(Struct, frozen=True):
    """A record: precommitted to ``block`` in the polka's round."""

    block: bytes
    polka: Certificate


class Validated(Struct, frozen=True):
    """A record: ``block`` has a polka, so it is what to propose from now on."""

    block: bytes
    polka: Certificate


Record = Sent | Locked | Validated


class Persist(Struct, frozen=True):
    """Append the records and synchronise the disk, in one commit, before any effect that follows."""

    height: int
    records: tuple[Record, ...]


class Broadcast(Struct, frozen=True):
    """To every other validator."""

    message: Message


class Send(Struct, frozen=True):
    """To one validator, or to the peer the last event came from."""

    to: int
    message: Message


class Pull(Struct, frozen=True):
    """The body of ``block`` is wanted; the validators with the keys ``holders`` have voted for it."""

    height: int
    block: bytes
    holders: tuple[bytes, ...]


class SetTimer(Struct, frozen=True):
    timer: Timer
    after_ms: int


class Decide(Struct, frozen=True):
    """Apply the block, store it with its certificate, then start the next height."""

    height: int
    block: bytes
    certificate: Certificate


class Accuse(Struct, frozen=True):
    """Two messages for one place, both signed by validator ``key``: no honest one does. Without polkas."""

    key: bytes
    first: Vote | Proposal
    second: Vote | Proposal


class FallenBehind(Struct, frozen=True):
    """A peer is at ``height``, beyond what is buffered: fetch decisions."""

    height: int


Effect = Persist | Broadcast | Send | Pull | SetTimer | Decide | Accuse | FallenBehind
