"""What can be wrong with a node's folder, or with a call to the node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class NodeError(WalrasError):
    code: ClassVar[str] = "node"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class BadKeyFile(NodeError):
    """A private key that others can read, or that is none."""

    code: ClassVar[str] = "node.key-file"
    text: ClassVar[str] = "{why}"

    why: str


@dataclass(eq=False)
class FolderInUse(NodeError):
    """A folder has one node: two with one key would contradict each other."""

    code: ClassVar[str] = "node.in-use"
    text: ClassVar[str] = "{why}"

    why: str


@dataclass(eq=False)
class FolderNotWritable(NodeError):
    """Not there, read-only, or another's: nothing can be kept in it."""

    code: ClassVar[str] = "node.folder"
    text: ClassVar[str] = "cannot be written: {why}"
    exit_code: ClassVar[int] = 3

    why: str


@dataclass(eq=False)
class TooBusy(NodeError):
    """As much waits for a block as may; try again after the next."""

    code: ClassVar[str] = "node.busy"
    text: ClassVar[str] = "{waiting} items wait already"
    exit_code: ClassVar[int] = 4

    waiting: int


@dataclass(eq=False)
class Stopped(NodeError):
    """The node ended before the item was durable: it may or may not be kept."""

    code: ClassVar[str] = "node.stopped"
    text: ClassVar[str] = "the node has stopped"
    exit_code: ClassVar[int] = 4


@dataclass(eq=False)
class BadFrame(NodeError):
    code: ClassVar[str] = "node.frame"
    text: ClassVar[str] = "{why}"
    exit_code: ClassVar[int] = 3

    why: str
