"""What a node's user can meet: a node that is away, busy, or refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError
from node.errors import Unreachable

__all__ = ["NodeBusy", "NodeRefused", "NotEnough", "NotKnown", "StrangeAnswer", "Unreachable"]


@dataclass(eq=False)
class NodeRefused(WalrasError):
    """The node says no; ``reason`` and ``kind`` are its own words."""

    code: ClassVar[str] = "node.refused"
    text: ClassVar[str] = "{reason} ({kind})"
    exit_code: ClassVar[int] = 3

    reason: str
    kind: str


@dataclass(eq=False)
class NotKnown(NodeRefused):
    """There is no such thing at that node."""

    code: ClassVar[str] = "node.not-known"
    exit_code: ClassVar[int] = 1


@dataclass(eq=False)
class NodeBusy(NodeRefused):
    """Not now: try again."""

    code: ClassVar[str] = "node.busy"
    exit_code: ClassVar[int] = 4


@dataclass(eq=False)
class NotEnough(WalrasError):
    """An account is to give what it does not hold; ``needed`` and ``held`` as people write amounts."""

    code: ClassVar[str] = "client.not-enough"
    text: ClassVar[str] = "the account holds {held}, not {needed}"
    exit_code: ClassVar[int] = 3

    needed: str
    held: str


@dataclass(eq=False)
class StrangeAnswer(WalrasError):
    """What answers there is no node, or speaks another version."""

    code: ClassVar[str] = "node.strange-answer"
    text: ClassVar[str] = "{reason}"
    exit_code: ClassVar[int] = 4

    reason: str
